"""The algebra of sets of customers: dense ordinals as bits in packed 64-bit words."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.bits import all_bits, by_word, combined, distinct, few_bits, scattered, trim
from quanyu.foundation.sets.frames import Frame, is_rare
from quanyu.foundation.text import Text

Words: TypeAlias = npt.NDArray[np.uint64]
Ordinals: TypeAlias = npt.NDArray[np.int64]

GREATEST = (1 << 32) - 1
"""The greatest ordinal: what the 32-bit portable Roaring form holds."""

_FULL = (1 << 64) - 1
_LOOKED_FOR = 32  # times fewer than a frame has: so few are looked for in it one by one
_GOLDEN = 0x9E3779B97F4A7C15


class OrdinalSet:
    """An immutable set of ordinals, 0 to `GREATEST`. Bit b of word w stands for ordinal 64 w + b.

    The words end with the greatest member (the last one is never zero), so that equal sets have equal words and sets
    of different reach combine. A set takes reach / 8 bytes, and an operation one pass over them (about 0.1 ms at
    ten million ordinals), however many members there are. A set of few among many is kept in a frame instead, and so is
    what is parted from it: words are made of it when somebody asks for them. Nobody but this module sees a difference.
    """

    __slots__ = ("_bits", "_count", "_frame", "_packed")

    def __init__(self, words: Words, count: int | None = None) -> None:
        """Take over an array of words: it becomes read-only, and nobody may hold a writable view of it.

        `count` is the number of members where it is known; else it is counted when it is first asked for.
        """
        self._count = count
        self._packed: Words | None = trim(words)
        self._packed.flags.writeable = False
        self._frame: Frame | None = None
        self._bits = self._packed

    @staticmethod
    def _within(frame: Frame, bits: Words, count: int | None = None) -> "OrdinalSet":
        """Return those of a frame that have a bit."""
        found = OrdinalSet.__new__(OrdinalSet)
        found._count, found._packed, found._frame, found._bits = count, None, frame, bits
        return found

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
            ascending = values if (values[1:] >= values[:-1]).all() else np.sort(values, kind="stable")
            return OrdinalSet._few(distinct(ascending), reach)
        mask = np.zeros(reach, np.bool_)
        mask[values] = True
        return OrdinalSet.from_mask(mask)

    @staticmethod
    def _few(ascending: Ordinals, reach: int) -> "OrdinalSet":
        """Return the set of these distinct ordinals, in a frame where they are rare."""
        if is_rare(ascending.size, reach):
            frame = Frame(ascending)
            return OrdinalSet._within(frame, frame.everybody, ascending.size)
        words = np.zeros((reach + 63) >> 6, np.uint64)
        places, bits = by_word(ascending)
        words[places] = bits
        return OrdinalSet(words, ascending.size)

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
        if self._packed is None:
            self._packed = scattered(self.ordinals())
            self._packed.flags.writeable = False
        return self._packed

    @property
    def is_framed(self) -> bool:
        """Say whether these are few among many, whose ordinals are at hand sooner than their words."""
        return self._frame is not None

    def __and__(self, other: "OrdinalSet") -> "OrdinalSet":
        one, two = self._rarer_first(other)
        if one._frame is not None:
            return OrdinalSet._within(one._frame, one._bits & two._seen_in(one._frame))
        mine, theirs = _overlap(self, other)
        return OrdinalSet(mine & theirs)

    def having(self, words: Words) -> "OrdinalSet":
        """Return the members that have their bit in packed words, which may end with zeros and may be changed later."""
        if self._frame is not None:
            return OrdinalSet._within(self._frame, self._bits & self._frame.found_in(words))
        shared = min(self.words.size, words.size)
        return OrdinalSet(self.words[:shared] & words[:shared])

    def __or__(self, other: "OrdinalSet") -> "OrdinalSet":
        if not (self and other):
            return self if self else other
        if self._frame is not None and self._frame is other._frame:
            return OrdinalSet._within(self._frame, self._bits | other._bits)
        one, two = self._rarer_first(other)
        if one._frame is None:
            return OrdinalSet(combined(np.bitwise_or, self.words, other.words))
        if two._frame is not None:
            return OrdinalSet.of(np.concatenate((self.ordinals(), other.ordinals())))
        places, bits = by_word(one.ordinals())
        words = np.zeros(max(two.words.size, int(places[-1]) + 1), np.uint64)
        words[: two.words.size] = two.words
        words[places] |= bits
        return OrdinalSet(words)

    def __xor__(self, other: "OrdinalSet") -> "OrdinalSet":
        if not (self and other):
            return self if self else other
        if self._frame is not None and self._frame is other._frame:
            return OrdinalSet._within(self._frame, self._bits ^ other._bits)
        if self._frame is not None and other._frame is not None:
            return (self - other) | (other - self)
        return OrdinalSet(combined(np.bitwise_xor, self.words, other.words))

    def __sub__(self, other: "OrdinalSet") -> "OrdinalSet":
        """Return who is here and not there (and-not)."""
        if not (self and other):
            return self
        if self._frame is not None:
            return OrdinalSet._within(self._frame, self._bits & ~other._seen_in(self._frame))
        if other._frame is not None:
            places, bits = by_word(other.ordinals())
            within = int(np.searchsorted(places, self.words.size))
            left = self.words.copy()
            left[places[:within]] &= ~bits[:within]
            return OrdinalSet(left)
        mine, theirs = _overlap(self, other)
        left = np.empty_like(self.words)
        head = np.invert(theirs, out=left[: theirs.size])
        np.bitwise_and(head, mine, out=head)
        left[head.size :] = self.words[head.size :]
        return OrdinalSet(left)

    def _rarer_first(self, other: "OrdinalSet") -> tuple["OrdinalSet", "OrdinalSet"]:
        """Return both, the one in the smaller frame first; one in none is last."""
        if self._frame is None or other._frame is None:
            return (other, self) if self._frame is None else (self, other)
        mine, theirs = self._frame.ordinals.size, other._frame.ordinals.size
        return (self, other) if mine <= theirs else (other, self)

    def _seen_in(self, frame: Frame) -> Words:
        """Return as bits who of a frame is here."""
        if self._frame is frame:
            return self._bits
        if self._frame is not None and self.count() * _LOOKED_FOR < frame.ordinals.size:
            return frame.found_among(self.ordinals())
        return frame.found_in(self.words)

    def complement(self, within: "OrdinalSet") -> "OrdinalSet":
        """Return who is in `within` and not here."""
        return within - self

    def count(self) -> int:
        if self._count is None:
            self._count = int(np.bitwise_count(self._bits).sum(dtype=np.int64))
        return self._count

    def __len__(self) -> int:
        return self.count()

    def __bool__(self) -> bool:
        if self._frame is None:
            return self._bits.size > 0
        return bool(self._bits.any()) if self._count is None else self._count > 0

    def __contains__(self, ordinal: int) -> bool:
        """O(1), or O(log n) where n are few among many."""
        at, words = int(ordinal), self._bits
        if self._frame is not None:
            place = int(np.searchsorted(self._frame.ordinals, at))
            if place == self._frame.ordinals.size or self._frame.ordinals[place] != at:
                return False
            at = place
        word, bit = divmod(at, 64)
        return 0 <= word < words.size and bool(int(words[word]) >> bit & 1)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OrdinalSet):
            return False
        if self._frame is None and other._frame is None:
            return np.array_equal(self.words, other.words)
        return self.count() == other.count() and self.issubset(other)

    def __hash__(self) -> int:
        return hash(self.words.tobytes())

    def __repr__(self) -> str:
        return f"OrdinalSet({self.count()} below {self.words.size << 6})"

    def isdisjoint(self, other: "OrdinalSet") -> bool:
        return not self & other

    def issubset(self, other: "OrdinalSet") -> bool:
        if self._frame is None and other._frame is not None:
            return self.count() <= other.count() and (self & other).count() == self.count()
        return not self - other

    def ordinals(self) -> Ordinals:
        """Return the members, ascending: O(reach / 64) to find the words in use, O(64) for each of those."""
        if self._frame is not None:
            return self._frame.listed(self._bits)
        used = np.flatnonzero(self.words != 0)  # three times as fast as to look for words that are not zero
        if self.count() <= 2 * used.size:
            return few_bits(self.words[used], used, self.count())
        if 2 * used.size > self.words.size:
            return all_bits(self.words)
        positions = all_bits(self.words[used])
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
        if self._frame is not None:
            listed = self.ordinals()
            first, end = np.searchsorted(listed, [low, high + 1])
            return OrdinalSet.of(listed[first:end])
        low, high = max(low, 0), min(high, (self.words.size << 6) - 1)
        if low > high:
            return OrdinalSet.empty()
        first, last = low >> 6, high >> 6
        words = np.zeros(last + 1, np.uint64)
        words[first:] = self.words[first : last + 1]
        words[first] &= np.uint64(_FULL << (low & 63) & _FULL)
        words[last] &= np.uint64(_FULL >> (63 - (high & 63)))
        return OrdinalSet(words)


def _overlap(one: OrdinalSet, other: OrdinalSet) -> tuple[Words, Words]:
    shared = min(one.words.size, other.words.size)
    return one.words[:shared], other.words[:shared]


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
