"""Identifiers: UUID version 7 inside (RFC 9562), with a prefix that names the noun outside."""

from uuid import UUID

from uuid_utils import uuid7

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

PREFIXES = {"customer": "cus", "import": "imp", "audience": "aud", "run": "run", "token": "tok", "fact": "fct"}


def new_id() -> UUID:
    return UUID(int=uuid7().int)


def outside(noun: str, value: UUID) -> str:
    """Return the form that leaves the system, such as `cus_01890a5d…` (32 hexadecimal digits)."""
    return f"{PREFIXES[noun]}_{value.hex}"


def inside(noun: str, text: str) -> UUID:
    prefix, _, digits = text.partition("_")
    if prefix != PREFIXES[noun] or len(digits) != 32:
        raise _not_an_id(noun, text)
    try:
        return UUID(hex=digits)
    except ValueError:
        raise _not_an_id(noun, text) from None


def _not_an_id(noun: str, text: str) -> Invalid:
    return Invalid(
        Text(f"This is not the id of a {noun}.", "这不是有效的编号。"),
        received=text[:60],
        allowed=[f"{PREFIXES[noun]}_ and 32 hexadecimal digits"],
    )
