"""The id of a message is derived from its batch and its customer: it is the same whenever the message is sent again.

Both are enciphered under the workspace's key, so that the id itself says to us, and to nobody else, whose message it
is, and cannot be guessed: whoever has it has got the message.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.workspace import Workspace

DIGITS = 32
_HEXADECIMAL = frozenset("0123456789abcdef")
_PAIR = np.dtype([("batch", ">i8"), ("customer", ">i8")])


@dataclass(frozen=True)
class Named:
    """What ids say: int64 each, in the order of the ids; -1 twice where one is no id of this workspace."""

    batch: npt.NDArray[np.int64]
    customer: npt.NDArray[np.int64]


def ids_of(ws: Workspace, batch: int | npt.NDArray[np.int64], customers: npt.NDArray[np.int64]) -> pa.Array:
    """Return the ids of messages of a batch, or of one each, to these customers: texts of 32 hexadecimal digits."""
    pairs = np.empty(len(customers), _PAIR)
    pairs["batch"], pairs["customer"] = batch, customers
    digits = ws.key.name_blocks(pairs.tobytes()).hex().encode()
    return pa.array(np.frombuffer(digits, f"S{DIGITS}")).cast(pa.string())


def read_ids(ws: Workspace, ids: Sequence[str]) -> Named:
    """Return what ids say; whether there is such a batch, and he is in it, is for the caller to find out."""
    good = [len(text) == DIGITS and _HEXADECIMAL.issuperset(text) for text in ids]
    names = bytes.fromhex("".join(text if right else "0" * DIGITS for text, right in zip(ids, good, strict=True)))
    pairs = np.frombuffer(ws.key.read_names(names), _PAIR)
    batch, customer = pairs["batch"].astype(np.int64), pairs["customer"].astype(np.int64)
    sound = np.array(good, np.bool_) & (batch > 0) & (customer >= 0)
    return Named(np.where(sound, batch, -1), np.where(sound, customer, -1))
