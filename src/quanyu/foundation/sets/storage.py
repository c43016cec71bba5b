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
_WITHOUT_RUNS = 12346
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


def _containers(data: bytes) -> list[tuple[int, bool, npt.NDArray[np.uint8]]] | None:
    """Return key, whether it is a bitmap, and bytes of each container; None where there are runs, or damage."""
    if len(data) < 8 or int.from_bytes(data[:4], "little") != _WITHOUT_RUNS:
        return None
    many = int.from_bytes(data[4:8], "little")
    begin = 8 + 8 * many
    if not 0 < many <= 1 << 16 or len(data) < begin:
        return None
    octets = np.frombuffer(data, np.uint8)
    described = np.frombuffer(data, "<u2", 2 * many, 8).astype(np.int64).reshape(-1, 2)
    starts = np.frombuffer(data, "<u4", many, 8 + 4 * many).astype(np.int64)
    cards = described[:, 1] + 1
    sizes = np.where(cards > _DENSE, _BITMAP, 2 * cards)
    ends = begin + np.cumsum(sizes)
    if ends[-1] != len(data) or (starts != ends - sizes).any() or (np.diff(described[:, 0]) <= 0).any():
        return None
    parts = zip(described[:, 0].tolist(), (cards > _DENSE).tolist(), starts.tolist(), ends.tolist(), strict=True)
    return [(key, dense, octets[start:end]) for key, dense, start, end in parts]


def _opened(containers: list[tuple[int, bool, npt.NDArray[np.uint8]]]) -> OrdinalSet:
    words = np.zeros((containers[-1][0] + 1, _WORDS), np.uint64)
    for key, dense, octets in containers:
        if dense:
            words[key] = octets.view("<u8")
    sparse = OrdinalSet.of(np.concatenate([np.zeros(0, np.int64), *_listed(containers)]))
    return OrdinalSet(words.reshape(-1)) | sparse


def _listed(containers: list[tuple[int, bool, npt.NDArray[np.uint8]]]) -> Iterator[npt.NDArray[np.int64]]:
    for key, dense, octets in containers:
        if not dense:
            yield octets.view("<u2").astype(np.int64) + (key << 16)


def _not_roaring(data: bytes) -> Invalid:
    return Invalid(
        Text("These bytes are not a stored set of customers.", "这些字节不是已保存的客户集合。"),
        remedy=Text("Compute the set again; the stored form is damaged.", "请重新计算该集合：保存的内容已损坏。"),
        received=f"{len(data)} bytes",
        allowed=["portable 32-bit Roaring"],
    )
