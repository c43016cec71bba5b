"""The algebra of sets of customers: dense ordinals as bits in packed 64-bit words."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

Words: TypeAlias = npt.NDArray[np.uint64]
Ordinals: TypeAlias = npt.NDArray[np.int64]

GREATEST = (1 << 32) - 1
"""The greatest ordinal: what the 32-bit portable Roaring form holds."""

_FULL = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


class OrdinalSet:
    """An immutable set of ordinals, 0 to `GREATEST`. Bit b of word w stands for ordinal 64 w + b.

    The words end with the greatest member (the last one is never zero), so that equal sets have equal words and sets
    of different reach combine. A set takes reach / 8 bytes, and an operation one pass over them (about 0.1 ms at
    ten million ordinals), however many members there are.
    """

    __slots__ = ("_count", "_words")

    def __init__(self, words: Words, count: int | None = None) -> None:
        """Take over an array of words: it becomes read-only, and nobody may hold a writable view of it.

        `count` is the number of members where it is known; else it is counted when it is first asked for.
        """
        self._count = count
        self._words = _trim(words)
        self._words.flags.writeable = False

    @staticmethod
    def empty() -> "OrdinalSet":
        return OrdinalSet(np.zeros(0, np.uint64))

    @staticmethod
    def first(n: int) -> "OrdinalSet":
        """Return 0 … n - 1."""
        if not 0 <= n <= GREATEST + 1:
            raise _out_of_range(n)
        words = np.full((n + 63) >> 6, _FULL, np.uint64)
        if n & 63:
            words[-1] = (1 << (n & 63)) - 1
        return OrdinalSet(words)

    @staticmethod
    def of(ordinals: npt.ArrayLike) -> "OrdinalSet":
        """Return the set of these integers (any order, repeats count once): O(n + reach), O(n log n) where sparse."""
        values = _checked(np.asarray(ordinals))
        if not values.size:
            return OrdinalSet.empty()
        reach = int(values.max()) + 1
        # A mask takes one byte for each ordinal up to the greatest: sorting is smaller and faster when few are set.
        if reach > 64 * values.size:
            ascending = values if (values[1:] >= values[:-1]).all() else np.sort(values)
            return OrdinalSet(_scatter(ascending, reach))
        mask = np.zeros(reach, np.bool_)
        mask[values] = True
        return OrdinalSet.from_mask(mask)

    @staticmethod
    def from_mask(mask: npt.NDArray[np.bool_]) -> "OrdinalSet":
        """Return the positions at which a one-dimensional mask is true."""
        if mask.dtype != np.bool_ or mask.ndim != 1:
            raise _not_ordinals(f"{mask.ndim}-dimensional {mask.dtype}", "one-dimensional bool")
        if mask.size > GREATEST + 1:
            raise _out_of_range(mask.size - 1)
        octets = np.zeros(((mask.size + 63) >> 6) * 8, np.uint8)
        octets[: (mask.size + 7) >> 3] = np.packbits(mask, bitorder="little")
        return OrdinalSet(octets.view("<u8").astype(np.uint64, copy=False))

    @property
    def words(self) -> Words:
        """The packed words: uint64, C-contiguous, read-only, the last one not zero."""
        return self._words

    def __and__(self, other: "OrdinalSet") -> "OrdinalSet":
        mine, theirs = _overlap(self, other)
        return OrdinalSet(mine & theirs)

    def __or__(self, other: "OrdinalSet") -> "OrdinalSet":
        if not (self.words.size and other.words.size):
            return self if self.words.size else other
        return OrdinalSet(_combined(np.bitwise_or, self.words, other.words))

    def __xor__(self, other: "OrdinalSet") -> "OrdinalSet":
        if not (self.words.size and other.words.size):
            return self if self.words.size else other
        return OrdinalSet(_combined(np.bitwise_xor, self.words, other.words))

    def __sub__(self, other: "OrdinalSet") -> "OrdinalSet":
        """Return who is here and not there (and-not)."""
        if not (self.words.size and other.words.size):
            return self
        mine, theirs = _overlap(self, other)
        left = np.empty_like(self.words)
        head = np.invert(theirs, out=left[: theirs.size])
        np.bitwise_and(head, mine, out=head)
        left[head.size :] = self.words[head.size :]
        return OrdinalSet(left)

    def complement(self, within: "OrdinalSet") -> "OrdinalSet":
        """Return who is in `within` and not here."""
        return within - self

    def count(self) -> int:
        if self._count is None:
            self._count = int(np.bitwise_count(self._words).sum(dtype=np.int64))
        return self._count

    def __len__(self) -> int:
        return self.count()

    def __bool__(self) -> bool:
        return self._words.size > 0

    def __contains__(self, ordinal: int) -> bool:
        """O(1)."""
        word, bit = divmod(int(ordinal), 64)
        return 0 <= word < self._words.size and bool(int(self._words[word]) >> bit & 1)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OrdinalSet) and np.array_equal(self._words, other._words)

    def __hash__(self) -> int:
        return hash(self._words.tobytes())

    def __repr__(self) -> str:
        return f"OrdinalSet({self.count()} below {self._words.size << 6})"

    def isdisjoint(self, other: "OrdinalSet") -> bool:
        mine, theirs = _overlap(self, other)
        return not (mine & theirs).any()

    def issubset(self, other: "OrdinalSet") -> bool:
        mine, theirs = _overlap(self, other)
        return self._words.size <= other._words.size and np.array_equal(mine & theirs, mine)

    def ordinals(self) -> Ordinals:
        """Return the members, ascending: O(reach / 64) to find the words in use, O(64) for each of those."""
        used = np.flatnonzero(self._words != 0)  # three times as fast as to look for words that are not zero
        if self.count() <= 2 * used.size:
            return _few_bits(self._words[used], used, self.count())
        if 2 * used.size > self._words.size:
            return _bits(self._words)
        positions = _bits(self._words[used])
        return (used[positions >> 6] << 6) | (positions & 63)

    def rank(self, ordinal: int) -> int:
        """Return how many members are smaller than `ordinal`, a member or not."""
        return self._between(0, ordinal - 1).count()

    def after(self, ordinal: int) -> "OrdinalSet":
        """Return the members greater than `ordinal`: what remains of a walk that reached it (-1: nothing yet)."""
        return self._between(ordinal + 1, GREATEST)

    def chunks(self, size: int) -> Iterator["OrdinalSet"]:
        """Walk the set in ordinal order, `size` members at a time, the last time fewer.

        Costs one `ordinals()` (80 MB for ten million members, freed before the walk), then each chunk what it spans.
        """
        if size < 1:
            raise _out_of_range(size)
        lows: list[int] = self.ordinals()[::size].tolist()
        highs = [low - 1 for low in lows[1:]] + [GREATEST]
        return (self._between(low, high) for low, high in zip(lows, highs, strict=False))

    def sample(self, n: int, seed: int) -> "OrdinalSet":
        """Return `n` members, every subset of that size as likely as another; all of them where there are fewer.

        The members with the smallest hashes are taken, so the same seed gives the same people on every machine, and a
        smaller sample lies within a greater one. O(reach / 64 + count), 16 bytes a member.
        """
        if n < 0:
            raise _out_of_range(n)
        members = self.ordinals()
        if n >= members.size:
            return self
        if n == 0:
            return OrdinalSet.empty()
        keys = _mixed(members.astype(np.uint64), seed)
        greatest_key = np.partition(keys, n - 1)[n - 1]
        return OrdinalSet.of(members[keys <= greatest_key])

    def _between(self, low: int, high: int) -> "OrdinalSet":
        """Return the members from `low` to `high`, both included."""
        low, high = max(low, 0), min(high, (self._words.size << 6) - 1)
        if low > high:
            return OrdinalSet.empty()
        first, last = low >> 6, high >> 6
        words = np.zeros(last + 1, np.uint64)
        words[first:] = self._words[first : last + 1]
        words[first] &= np.uint64(_FULL << (low & 63) & _FULL)
        words[last] &= np.uint64(_FULL >> (63 - (high & 63)))
        return OrdinalSet(words)


def _trim(words: Words) -> Words:
    size, span = words.size, 64
    if not size or words[-1]:
        return words
    # The tail of a result is mostly short: looking at twice as much each time reads little and never more than twice.
    while span < size and not words[-span:].any():
        span *= 2
    used = np.flatnonzero(words[-span:] != 0)
    end = max(size - span, 0) + int(used[-1]) + 1 if used.size else 0
    # A short rest is copied, so that a small set does not keep a large array alive.
    return words[:end] if 2 * end > size else words[:end].copy()


def _overlap(one: OrdinalSet, other: OrdinalSet) -> tuple[Words, Words]:
    shared = min(one.words.size, other.words.size)
    return one.words[:shared], other.words[:shared]


def _combined(operation: np.ufunc, one: Words, other: Words) -> Words:
    """Return the words of both by an operation for which what one lacks is zero, in one pass over memory."""
    longer, shorter = (one, other) if one.size >= other.size else (other, one)
    words = np.empty_like(longer)
    operation(longer[: shorter.size], shorter, out=words[: shorter.size])
    words[shorter.size :] = longer[shorter.size :]
    return words


def _octets(words: Words) -> npt.NDArray[np.uint8]:
    return words.astype("<u8", copy=False).view(np.uint8)


def _bits(words: Words) -> Ordinals:
    return np.flatnonzero(np.unpackbits(_octets(words), bitorder="little").view(np.bool_))


def _few_bits(words: Words, places: Ordinals, count: int) -> Ordinals:
    """Return the bits of words of which most have one or two, as ordinals: the lowest of each, the next, and so on."""
    found = np.empty(count, np.int64)
    many = np.bitwise_count(words).astype(np.int64)
    at = np.cumsum(many) - many
    while words.size:
        lowest = words & (np.uint64(0) - words)
        found[at] = (places << 6) | np.bitwise_count(lowest - np.uint64(1))
        words = words ^ lowest
        left = words != 0
        words, places, at = words[left], places[left], at[left] + 1
    return found


def _scatter(ascending: Ordinals, reach: int) -> Words:
    """Return words with the bits of these ascending ordinals set: one reduction for each word in use."""
    word = ascending >> 6
    starts = np.flatnonzero(np.diff(word, prepend=-1))
    bits = np.left_shift(np.uint64(1), (ascending & 63).astype(np.uint64))
    words = np.zeros((reach + 63) >> 6, np.uint64)
    words[word[starts]] = np.bitwise_or.reduceat(bits, starts)
    return words


def _mixed(values: Words, seed: int) -> Words:
    """Return the SplitMix64 output for each value under `seed` (Steele, Lea, Flood 2014); distinct values stay so."""
    start = int(_finalised(np.array([seed % (1 << 64)], np.uint64))[0])
    return _finalised(values * np.uint64(_GOLDEN) + np.uint64(start))


def _finalised(x: Words) -> Words:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _checked(values: npt.NDArray[np.generic]) -> Ordinals:
    if values.ndim != 1:
        raise _not_ordinals(f"{values.ndim}-dimensional {values.dtype}", "one-dimensional integers")
    if values.size and not np.issubdtype(values.dtype, np.integer):
        raise _not_ordinals(str(values.dtype), "one-dimensional integers")
    if values.size:
        low, high = int(values.min()), int(values.max())
        if low < 0 or high > GREATEST:
            raise _out_of_range(low if low < 0 else high)
    return values.astype(np.int64, copy=False)


def _out_of_range(received: int) -> Invalid:
    return Invalid(
        Text("A number lies outside what a set of customers can hold.", "数字超出了客户集合所能容纳的范围。"),
        remedy=Text("Ordinals, ranks and sizes begin at zero.", "序号、名次与数量都从零开始。"),
        received=received,
        allowed=[f"0 … {GREATEST}"],
    )


def _not_ordinals(received: str, allowed: str) -> Invalid:
    return Invalid(
        Text("This is not a list of ordinals.", "这不是序号列表。"),
        received=received,
        allowed=[allowed],
    )
