"""The stored form of a set: portable Roaring, which any Roaring library reads."""

from array import array

import numpy as np
from pyroaring import BitMap

from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text


def to_bytes(members: OrdinalSet) -> bytes:
    """Return the portable 32-bit Roaring serialisation (RoaringFormatSpec), runs used where they are smaller."""
    return BitMap(array("I", members.ordinals().astype(np.uint32).tobytes()), optimize=True).serialize()


def from_bytes(data: bytes) -> OrdinalSet:
    """Read a portable 32-bit Roaring serialisation, of ours or of another library."""
    try:
        bitmap = BitMap.deserialize(data)
    except (ValueError, IndexError) as problem:
        raise _not_roaring(data) from problem
    return OrdinalSet.of(np.frombuffer(bitmap.to_array(), np.uint32))


def _not_roaring(data: bytes) -> Invalid:
    return Invalid(
        Text("These bytes are not a stored set of customers.", "这些字节不是已保存的客户集合。"),
        remedy=Text("Compute the set again; the stored form is damaged.", "请重新计算该集合：保存的内容已损坏。"),
        received=f"{len(data)} bytes",
        allowed=["portable 32-bit Roaring"],
    )
