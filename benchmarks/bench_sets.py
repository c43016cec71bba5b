"""Sets of ten million ordinals: ns per operation of ours, of numpy's bare words and of Roaring, after equal answers.

Run: python benchmarks/bench_sets.py
"""

import time
from array import array
from collections.abc import Callable

import numpy as np
from pyroaring import BitMap

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes

CUSTOMERS = 10_000_000
READ_GB_PER_SECOND = 34  # memory of the machine that the platform's starting points were measured on


def fastest(call: Callable[[], object], times: int = 15) -> float:
    """Return the least nanoseconds that one call took."""
    taken: list[int] = []
    for _ in range(times):
        start = time.perf_counter_ns()
        call()
        taken.append(time.perf_counter_ns() - start)
    return min(taken)


def row(name: str, ours: Callable[[], object], words: Callable[[], object], roaring: Callable[[], object]) -> None:
    mine, bare, rival = fastest(ours), fastest(words), fastest(roaring)
    print(f"{name:<22}{mine:>14,.0f}{bare:>14,.0f}{rival:>14,.0f}{mine / bare:>12.2f}{mine / rival:>12.2f}")


def compare(share: float) -> None:
    rng = np.random.default_rng(11)
    a, b = (OrdinalSet.from_mask(rng.random(CUSTOMERS) < share) for _ in range(2))
    x, y = (BitMap(array("I", s.ordinals().astype(np.uint32).tobytes())) for s in (a, b))
    for ours, theirs in ((a & b, x & y), (a | b, x | y), (a - b, x - y), (a ^ b, x ^ y)):
        assert np.array_equal(ours.ordinals(), np.frombuffer(theirs.to_array(), np.uint32))
    assert from_bytes(to_bytes(a)) == a
    assert a.count() == len(x)
    n = min(a.words.size, b.words.size)
    p, q = a.words[:n], b.words[:n]
    print(f"\n{share:.2%} of {CUSTOMERS:,}: {len(x):,} members, {len(to_bytes(a)):,} bytes stored")
    print(f"{'ns':<22}{'ours':>14}{'numpy words':>14}{'roaring':>14}{'/ numpy':>12}{'/ roaring':>12}")
    row("and", lambda: a & b, lambda: p & q, lambda: x & y)
    row("or", lambda: a | b, lambda: p | q, lambda: x | y)
    row("and-not", lambda: a - b, lambda: p & ~q, lambda: x - y)
    row("count", a.count, lambda: np.bitwise_count(p).sum(), lambda: len(x))
    row("members", a.ordinals, lambda: np.flatnonzero(np.unpackbits(p.view(np.uint8))), x.to_array)
    calls = (lambda: a.sample(1000, 1), lambda: list(a.chunks(10_000)), lambda: to_bytes(a))
    sample, chunks, stored = (fastest(call, 3) for call in calls)
    print(f"sample 1,000: {sample:,.0f}   chunks of 10,000: {chunks:,.0f}   to bytes: {stored:,.0f}")


if __name__ == "__main__":
    for share in (0.5, 0.01, 0.0001):
        compare(share)
    limit = 3 * CUSTOMERS / 8 / READ_GB_PER_SECOND
    print(f"\nlimit of one binary operation (two sets read, one written at {READ_GB_PER_SECOND} GB/s): {limit:,.0f} ns")
