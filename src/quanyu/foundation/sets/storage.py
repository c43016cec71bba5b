"""The stored form of a set: portable Roaring, which any Roaring library reads.

Half of a large set's customers are no list but a bitmap, and our words are one already: such containers are copied,
which is ten times faster than to hand a library every customer. What is regular (everybody, but for a few) is left to
the library, which keeps runs.
"""

from array import array
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet, Words
from quanyu.foundation.text import Text

# RoaringFormatSpec: https://github.com/RoaringBitmap/RoaringFormatSpec
_WITHOUT_RUNS, _WITH_RUNS = 12346, 12347
_WITHOUT_OFFSETS = 4  # fewer containers than that, of which one has runs, come without offsets
_WORDS = 1 << 10  # of a container of 2^16 ordinals
_DENSE = 4_096  # members above which a container is a bitmap
_BITMAP, _RUN = 8_192, 4  # bytes


def to_bytes(members: OrdinalSet) -> bytes:
    """Return the portable 32-bit Roaring serialisation (RoaringFormatSpec), runs used where they are much smaller."""
    blocks = _blocks(members.words)
    cards = np.bitwise_count(blocks).sum(axis=1, dtype=np.int64)
    keys = np.flatnonzero(cards)
    cards = cards[keys]
    sizes = np.where(cards > _DENSE, _BITMAP, 2 * cards)
    if not (cards > _DENSE).any() or 2 * _RUN * _runs(members.words) < sizes.sum():
        return BitMap(array("I", members.ordinals().astype(np.uint32).tobytes()), optimize=True).serialize()
    return _serialised(blocks, keys, cards, sizes)


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


_ARRAY, _BITS, _RUNS = "array", "bits", "runs"
_Container = tuple[int, str, npt.NDArray[np.uint8]]
"""Its key, how it is written, and its bytes."""


def _containers(data: bytes) -> list[_Container] | None:
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
    kinds = np.where(in_runs, _RUNS, np.where(cards > _DENSE, _BITS, _ARRAY)).tolist()
    parts = zip(described[:, 0].tolist(), kinds, starts.tolist(), ends.tolist(), strict=True)
    return [(key, kind, octets[start:end]) for key, kind, start, end in parts]


def _opened(containers: list[_Container]) -> OrdinalSet:
    words = np.zeros((containers[-1][0] + 1, _WORDS), np.uint64)
    for key, kind, octets in containers:
        if kind == _BITS:
            words[key] = octets.view("<u8")
        elif kind == _RUNS:
            words[key] = _of_runs(octets[2:].view("<u2").astype(np.int64).reshape(-1, 2))
    sparse = OrdinalSet.of(np.concatenate([np.zeros(0, np.int64), *_listed(containers)]))
    return OrdinalSet(words.reshape(-1)) | sparse


def _of_runs(runs: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64] | int:
    """Return the words of runs, each its first ordinal and how many more there are."""
    if len(runs) == 1 and runs[0, 1] == (1 << 16) - 1:
        return (1 << 64) - 1
    changes = np.zeros((1 << 16) + 1, np.int8)
    changes[runs[:, 0]] += 1
    changes[runs.sum(axis=1) + 1] -= 1
    return np.packbits(np.cumsum(changes[:-1], dtype=np.int8).view(bool), bitorder="little").view("<u8")


def _listed(containers: list[_Container]) -> Iterator[npt.NDArray[np.int64]]:
    for key, kind, octets in containers:
        if kind == _ARRAY:
            yield octets.view("<u2").astype(np.int64) + (key << 16)


def _not_roaring(data: bytes) -> Invalid:
    return Invalid(
        Text("These bytes are not a stored set of customers.", "这些字节不是已保存的客户集合。"),
        remedy=Text("Compute the set again; the stored form is damaged.", "请重新计算该集合：保存的内容已损坏。"),
        received=f"{len(data)} bytes",
        allowed=["portable 32-bit Roaring"],
    )
