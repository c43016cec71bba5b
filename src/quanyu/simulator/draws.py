"""Chance and names: random streams that depend on nothing but their key, and ids that tell nothing of their order."""

from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

Unsigned = NDArray[np.uint64]
Signed = NDArray[np.int64]
Floats = NDArray[np.float64]

_ROUNDS = 4
_AT_A_TIME = 2048
_GOLDEN = 0x9E3779B97F4A7C15
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def stream(seed: int, *names: str | int) -> Generator:
    """Return the random numbers of this name: the same for ever, independent of every other name's."""
    return Generator(Philox(key=_key(seed, names, 16)))


def hashed(seed: int, name: str, index: Signed | Unsigned) -> Unsigned:
    """Map each index to 64 bits, one to one within a name (SplitMix64, Steele et al. 2014)."""
    mixed = index.astype(np.uint64)
    mixed *= np.uint64(_GOLDEN)
    mixed += np.uint64(_key(seed, (name,), 8))
    shifted = np.empty_like(mixed)  # what each step needs is written over: new memory takes longer than to reckon
    for shift, factor in ((30, _MIX[0]), (27, _MIX[1])):
        mixed ^= np.right_shift(mixed, np.uint64(shift), out=shifted)
        mixed *= factor
    mixed ^= np.right_shift(mixed, np.uint64(31), out=shifted)
    return mixed


def unhashed(seed: int, name: str, value: Unsigned) -> Unsigned:
    """Return the index that `hashed` mapped to each value."""
    back = _unshifted(value, 31) * np.uint64(pow(int(_MIX[1]), -1, 1 << 64))
    back = _unshifted(back, 27) * np.uint64(pow(int(_MIX[0]), -1, 1 << 64))
    return (_unshifted(back, 30) - np.uint64(_key(seed, (name,), 8))) * np.uint64(pow(_GOLDEN, -1, 1 << 64))


def _unshifted(value: Unsigned, shift: int) -> Unsigned:
    """Undo value ^= value >> shift."""
    back = value
    for _ in range(64 // shift):
        back = value ^ (back >> np.uint64(shift))
    return back


def permuted(seed: int, name: str, index: Signed, size: int) -> Signed:
    """Map 0 ≤ index < size to the same range, one to one (a Feistel network, walked until it falls inside)."""
    return _walked(index, size, seed, name, range(_ROUNDS))


def restored(seed: int, name: str, value: Signed, size: int) -> Signed:
    """Return the index that `permuted` mapped to each value."""
    return _walked(value, size, seed, name, range(_ROUNDS - 1, -1, -1))


def _walked(index: Signed, size: int, seed: int, name: str, rounds: range) -> Signed:
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    keys = [np.uint64(_key(seed, (name, "round", r), 8)) for r in rounds]
    walked = _once(index, half, keys, backwards=rounds.step < 0)
    while (outside := np.flatnonzero(walked >= size)).size:
        walked[outside] = _once(walked[outside], half, keys, backwards=rounds.step < 0)
    return walked


def _once(index: Signed, half: int, keys: list[np.uint64], *, backwards: bool) -> Signed:
    mask, shift = np.uint64((1 << half) - 1), np.uint64(half)
    left, right = index.astype(np.uint64) >> shift, index.astype(np.uint64) & mask
    for key in keys:
        if backwards:
            left, right = right ^ (_mixed(left, key) & mask), left
        else:
            left, right = right, left ^ (_mixed(right, key) & mask)
    return ((left << shift) | right).astype(np.int64)


def _mixed(value: Unsigned, key: np.uint64) -> Unsigned:
    mixed = (value + key) * _MIX[0]
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX[1]
    return mixed ^ (mixed >> np.uint64(32))


def _key(seed: int, names: tuple[str | int, ...], size: int) -> int:
    words = "\x1f".join((str(seed), *map(str, names)))
    return int.from_bytes(blake2b(words.encode(), digest_size=size).digest(), "little")


def uniform(seed: int, name: str, index: Signed | Unsigned) -> NDArray[np.float64]:
    """Return a number in [0, 1) that belongs to each index under this name, whatever else is drawn."""
    return np.multiply(hashed(seed, name, index) >> np.uint64(11), 2.0**-53, dtype=np.float64)


def draw_by_weight(weights: Floats, chance: Floats) -> Signed:
    """Return for each row of weights the column that its chance falls on."""
    edges = weights.T.copy()
    for before, here in pairwise(edges):  # a column for all rows at once
        np.add(before, here, out=here)
    return (edges < chance * edges[-1]).sum(axis=0)


def portions(rows: int) -> list[slice]:
    """Return rows to work on at a time, once at least: what is made of them on the way stays in memory used again."""
    return [slice(first, first + _AT_A_TIME) for first in range(0, max(rows, 1), _AT_A_TIME)]


def draw_by_edge(edges: Floats, chance: Floats) -> Signed:
    """Return for each row of cumulated weights how many of them its chance has passed."""
    return (edges < chance[:, None]).sum(axis=1)
