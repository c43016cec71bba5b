"""The stored form of a set: portable Roaring, which any Roaring library reads.

Half of a large set's customers are no list but a bitmap, and our words are one already: such containers are copied,
which is ten times faster than to hand a library every customer. What is regular (everybody, but for a few) is left to
the library, which keeps runs.
"""

from array import array
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import Ordinals, OrdinalSet, Words
from quanyu.foundation.text import Text

# RoaringFormatSpec: https://github.com/RoaringBitmap/RoaringFormatSpec
_WITHOUT_RUNS, _WITH_RUNS = 12346, 12347
_WITHOUT_OFFSETS = 4  # fewer containers than that, of which one has runs, come without offsets
_WORDS = 1 << 10  # of a container of 2^16 ordinals
_DENSE = 4_096  # members above which a container is a bitmap
_BITMAP, _RUN = 8_192, 4  # bytes
_SPARSE = 2  # words of its reach that a sparse set has at least for each member


def to_bytes(members: OrdinalSet) -> bytes:
    """Return the portable 32-bit Roaring serialisation (RoaringFormatSpec), runs used where they are much smaller."""
    # Of few a list is made at once, and bitmaps are mostly out of the question.
    if members.is_framed or members.count() * _SPARSE < members.words.size:
        listed = members.ordinals()
        keys, starts = _containers_of(listed)
        cards = np.diff(starts, append=listed.size)
        if not keys.size or cards.max() <= _DENSE:
            return _of_lists(listed, keys, starts, cards)
    blocks = _blocks(members.words)
    cards = np.bitwise_count(blocks).sum(axis=1, dtype=np.int64)
    keys = np.flatnonzero(cards)
    cards = cards[keys]
    sizes = np.where(cards > _DENSE, _BITMAP, 2 * cards)
    if not (cards > _DENSE).any() or 2 * _RUN * _runs(members.words) < sizes.sum():
        return _by_library(members.ordinals())
    return _serialised(blocks, keys, cards, sizes)


def _containers_of(listed: Ordinals) -> tuple[Ordinals, Ordinals]:
    """Return the containers of ascending ordinals, and where in the list each begins."""
    key = listed >> 16
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    return key[starts], starts


def _of_lists(listed: Ordinals, keys: Ordinals, starts: Ordinals, cards: Ordinals) -> bytes:
    """Return what the library makes of containers that are lists; those with long runs are left to it."""
    if not keys.size or (_RUN * _runs_of(listed, starts) < 2 * cards).any():
        return _by_library(listed)
    begin = 8 + 8 * keys.size
    head = np.array([_WITHOUT_RUNS, keys.size], "<u4").tobytes()
    described = np.stack((keys, cards - 1), axis=1).astype("<u2").tobytes()
    return head + described + (begin + 2 * starts).astype("<u4").tobytes() + listed.astype("<u2").tobytes()


def _runs_of(listed: Ordinals, starts: Ordinals) -> Ordinals:
    """Return how many runs of neighbours each container has."""
    begins = np.empty(listed.size, np.int64)
    begins[0] = 1
    np.not_equal(listed[1:] - listed[:-1], 1, out=begins[1:])
    begins[starts] = 1
    return np.add.reduceat(begins, starts)


def _by_library(listed: Ordinals) -> bytes:
    return BitMap(array("I", listed.astype(np.uint32).tobytes()), optimize=True).serialize()


def _blocks(words: Words) -> npt.NDArray[np.uint64]:
    """Return the words of each container, the last one filled up."""
    padded = np.zeros(-(-words.size // _WORDS) * _WORDS, np.uint64)
    padded[: words.size] = words
    return padded.reshape(-1, _WORDS)


def _runs(words: Words) -> int:
    """Return how many runs of neighbours there are."""
    before = words << np.uint64(1)
    before[1:] |= words[:-1] >> np.uint64(63)
    return int(np.bitwise_count(words & ~before).sum(dtype=np.int64))


def _serialised(
    blocks: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.int64],
    cards: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
) -> bytes:
    begin = 8 + 8 * keys.size
    starts = begin + np.concatenate(([0], np.cumsum(sizes)[:-1]))
    data = np.empty(begin + int(sizes.sum()), np.uint8)
    data[:8] = np.array([_WITHOUT_RUNS, keys.size], "<u4").view(np.uint8)
    described = np.stack((keys, cards - 1), axis=1).astype("<u2")
    data[8 : 8 + 4 * keys.size] = described.reshape(-1).view(np.uint8)
    data[8 + 4 * keys.size : begin] = starts.astype("<u4").view(np.uint8)
    for key, start, card in zip(keys.tolist(), starts.tolist(), cards.tolist(), strict=True):  # 65,536 ordinals each
        octets = blocks[key].astype("<u8", copy=False).view(np.uint8)
        if card <= _DENSE:
            octets = np.flatnonzero(np.unpackbits(octets, bitorder="little")).astype("<u2").view(np.uint8)
        data[start : start + octets.size] = octets
    return data.tobytes()


def from_bytes(data: bytes) -> OrdinalSet:
    """Read a portable 32-bit Roaring serialisation, of ours or of another library."""
    containers = _containers(data)
    if containers is not None:
        return _opened(containers)
    try:
        bitmap = BitMap.deserialize(data)
    except (ValueError, IndexError) as problem:
        raise _not_roaring(data) from problem
    return OrdinalSet.of(np.frombuffer(bitmap.to_array(), np.uint32))


@dataclass(frozen=True)
class _Containers:
    """Keys of containers, what each is, its members where it has no runs, and where in `octets` it begins and ends."""

    octets: npt.NDArray[np.uint8]
    keys: npt.NDArray[np.int64]
    runs: npt.NDArray[np.bool_]
    cards: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]

    @property
    def lists(self) -> npt.NDArray[np.bool_]:
        return ~self.runs & (self.cards <= _DENSE)


def _containers(data: bytes) -> _Containers | None:
    """Return the containers; None where the library had better look: there are none, few with runs, or damage."""
    cookie = int.from_bytes(data[:4], "little")
    runs = cookie & 0xFFFF == _WITH_RUNS
    if len(data) < 8 or not (runs or cookie == _WITHOUT_RUNS):
        return None
    many = (cookie >> 16) + 1 if runs else int.from_bytes(data[4:8], "little")
    head = 4 + (many + 7) // 8 if runs else 8
    offsets = 0 if runs and many < _WITHOUT_OFFSETS else 4 * many
    begin = head + 4 * many + offsets
    if not offsets or many > 1 << 16 or len(data) < begin:
        return None
    octets = np.frombuffer(data, np.uint8)
    in_runs = np.unpackbits(octets[4:head], bitorder="little")[:many].astype(bool) if runs else np.zeros(many, bool)
    described = np.frombuffer(data, "<u2", 2 * many, head).astype(np.int64).reshape(-1, 2)
    starts = np.frombuffer(data, "<u4", many, head + 4 * many).astype(np.int64)
    cards = described[:, 1] + 1
    if starts[-1] + 2 > len(data) or (np.diff(described[:, 0]) <= 0).any():
        return None
    sizes = np.where(cards > _DENSE, _BITMAP, 2 * cards)
    firsts = starts[in_runs]
    sizes[in_runs] = 2 + _RUN * (octets[firsts].astype(np.int64) | octets[firsts + 1].astype(np.int64) << 8)
    ends = begin + np.cumsum(sizes)
    if ends[-1] != len(data) or (starts != ends - sizes).any():
        return None
    return _Containers(octets, described[:, 0], in_runs, cards, starts, ends)


def _opened(found: _Containers) -> OrdinalSet:
    sparse = OrdinalSet.of(_listed(found))
    others = np.flatnonzero(~found.lists)
    if not others.size:
        return sparse
    words = np.zeros((int(found.keys[-1]) + 1, _WORDS), np.uint64)
    for at in others.tolist():  # 65,536 ordinals each
        octets = found.octets[found.starts[at] : found.ends[at]]
        if found.runs[at]:
            words[found.keys[at]] = _of_runs(octets[2:].view("<u2").astype(np.int64).reshape(-1, 2))
        else:
            words[found.keys[at]] = octets.view("<u8")
    return OrdinalSet(words.reshape(-1)) | sparse


def _listed(found: _Containers) -> npt.NDArray[np.int64]:
    """Return the members of all containers that are lists, ascending."""
    lists, body = found.lists, found.octets[found.starts[0] :]
    if not lists.all():
        body = body[np.repeat(lists, found.ends - found.starts)]
    lows = np.frombuffer(body.tobytes(), "<u2").astype(np.int64)
    return np.repeat(found.keys[lists] << 16, found.cards[lists]) | lows


def _of_runs(runs: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64] | int:
    """Return the words of runs, each its first ordinal and how many more there are."""
    if len(runs) == 1 and runs[0, 1] == (1 << 16) - 1:
        return (1 << 64) - 1
    changes = np.zeros((1 << 16) + 1, np.int8)
    changes[runs[:, 0]] += 1
    changes[runs.sum(axis=1) + 1] -= 1
    return np.packbits(np.cumsum(changes[:-1], dtype=np.int8).view(bool), bitorder="little").view("<u8")


def _not_roaring(data: bytes) -> Invalid:
    return Invalid(
        Text("These bytes are not a stored set of customers.", "这些字节不是已保存的客户集合。"),
        remedy=Text("Compute the set again; the stored form is damaged.", "请重新计算该集合：保存的内容已损坏。"),
        received=f"{len(data)} bytes",
        allowed=["portable 32-bit Roaring"],
    )
