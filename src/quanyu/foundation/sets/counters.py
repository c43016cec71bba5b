"""Counters: in how many of the sets that were added each ordinal is, kept bit by bit and counted up in place."""

import numpy as np

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.bits import Words, by_word


class Counter:
    """Numbers by ordinal; those in the i-th of `bits` have 2**i in theirs.

    To add a set costs a pass over its words, or over its members where they are few among many: nothing is copied.
    """

    def __init__(self) -> None:
        self._planes: list[Words] = []

    def add(self, members: OrdinalSet) -> None:
        """Count one more for these."""
        if members.is_framed:
            places, carry = by_word(members.ordinals())
            end = int(places[-1]) + 1 if places.size else 0
        else:
            places, carry, end = slice(0, members.words.size), members.words, members.words.size
        bit = 0
        while carry.any():
            plane = self._plane(bit, end)
            had = plane[places]
            left = had & carry
            plane[places] = had ^ carry
            carry, bit = left, bit + 1

    def bits(self) -> list[OrdinalSet]:
        return [OrdinalSet(plane.copy()) for plane in self._planes]

    def bits_of(self, members: OrdinalSet) -> list[OrdinalSet]:
        """Return the numbers of these alone."""
        return [members.having(plane) for plane in self._planes]

    def _plane(self, bit: int, words: int) -> Words:
        if bit == len(self._planes):
            self._planes.append(np.zeros(words, np.uint64))
        plane = self._planes[bit]
        if plane.size < words:
            self._planes[bit] = plane = np.concatenate((plane, np.zeros(words - plane.size, np.uint64)))
        return plane
