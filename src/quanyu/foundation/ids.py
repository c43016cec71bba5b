"""Identifiers: UUID version 7 inside (RFC 9562), with a prefix that names the noun outside."""

import re
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from uuid_utils import uuid7

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

PREFIXES = {"customer": "cus", "import": "imp", "audience": "aud", "run": "run", "token": "tok", "fact": "fct"}

_HEXADECIMAL = re.compile(r"[0-9a-f]{32}")


def new_id() -> UUID:
    return UUID(int=uuid7().int)


def outside(noun: str, value: UUID) -> str:
    """Return the form that leaves the system, such as `cus_01890a5d…` (32 hexadecimal digits)."""
    return f"{PREFIXES[noun]}_{value.hex}"


def inside(noun: str, text: str) -> UUID:
    prefix, _, digits = text.partition("_")
    # UUID(hex=…) also takes signs, underscores and digits of other scripts: one id would have many forms.
    if prefix != PREFIXES[noun] or not _HEXADECIMAL.fullmatch(digits):
        raise Invalid(
            Text(f"This is not the id of a {noun}.", "这不是有效的编号。"),
            received=text[:60],
            allowed=[f"{PREFIXES[noun]}_ and 32 hexadecimal digits in lower case"],
        )
    return UUID(hex=digits)


def new_ids(count: int) -> list[str]:
    """Return `count` new ids as text, in the order of their time."""
    return [str(uuid7()) for _ in range(count)]


def outside_all(noun: str, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the outside form of many ids given as text."""
    plain = pc.call_function("replace_substring", [ids], pc.ReplaceSubstringOptions("-", ""))
    return pc.call_function("binary_join_element_wise", [pa.scalar(PREFIXES[noun]), plain, pa.scalar("_")])
