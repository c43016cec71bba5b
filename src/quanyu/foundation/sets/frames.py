"""Frames: the ordinals of a set of few among many, so that what is parted from it is bits of those few alone.

Twenty thousand customers among ten million reach over 156,250 words, of which an operation reads and writes every one.
In their own frame they are 313: one look at the words of another set tells who of them is in it, and all that follows
is worked out among them.
"""

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Ordinals = npt.NDArray[np.int64]

LEAST_REACH = 1 << 16
"""Ordinals: sets that reach less far are small as words."""
RARE = 128
"""Of how many ordinals of a set's reach at most one is in it for a frame: it then takes as much memory as words do."""


class Frame:
    """Ascending distinct ordinals, none of which changes; a set of some of them has bit i for the i-th."""

    __slots__ = ("_marks", "_octets", "ordinals")

    def __init__(self, ordinals: Ordinals) -> None:
        """Take over an array of ordinals: it becomes read-only."""
        self.ordinals = ordinals
        self.ordinals.flags.writeable = False
        self._octets: npt.NDArray[np.int64] | None = None
        self._marks: npt.NDArray[np.uint8] | None = None

    @property
    def everybody(self) -> Words:
        return self._packed(np.ones(self.ordinals.size, np.bool_))

    def found_in(self, words: Words) -> Words:
        """Return as bits who has his bit in the packed words of a set."""
        if self._octets is None or self._marks is None:
            self._octets = self.ordinals >> 3
            self._marks = np.left_shift(np.uint8(1), (self.ordinals & 7).astype(np.uint8))
        octets, marks = self._octets, self._marks
        if octets.size and octets[-1] >= words.size * 8:
            within = int(np.searchsorted(self.ordinals, words.size * 64))
            octets, marks = octets[:within], marks[:within]
        found = words.astype("<u8", copy=False).view(np.uint8)[octets]
        found &= marks
        return self._packed(found)

    def found_among(self, ordinals: Ordinals) -> Words:
        """Return as bits who is among these ascending ordinals; they had better be few: each is looked for."""
        places = np.searchsorted(self.ordinals, ordinals)
        there = np.zeros(self.ordinals.size + 1, np.bool_)
        there[places] = self.ordinals[np.minimum(places, self.ordinals.size - 1)] == ordinals
        return self._packed(there[:-1])

    def listed(self, bits: Words) -> Ordinals:
        """Return the ordinals of these bits, in an array of its own."""
        octets = bits.astype("<u8", copy=False).view(np.uint8)
        return self.ordinals[np.unpackbits(octets, count=self.ordinals.size, bitorder="little").view(np.bool_)]

    def _packed(self, mask: npt.NDArray[np.bool_] | npt.NDArray[np.uint8]) -> Words:
        octets = np.zeros(((self.ordinals.size + 63) >> 6) * 8, np.uint8)
        octets[: (mask.size + 7) >> 3] = np.packbits(mask, bitorder="little")
        return octets.view("<u8").astype(np.uint64, copy=False)


def is_rare(many: int, reach: int) -> bool:
    """Say whether so many members of a set that reaches so far are better kept in a frame than as words."""
    return reach > LEAST_REACH and many * RARE <= reach
