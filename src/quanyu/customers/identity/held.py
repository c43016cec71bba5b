"""The identifiers that a customer's records have, masked, or in clear for who may see them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from quanyu.customers.identity.identifiers import EMAIL, PHONE, PROPOSED, RECEIVER_PHONE
from quanyu.customers.identity.private import Opened, open_of
from quanyu.foundation.workspace import Workspace

_CHINESE = re.compile(r"\+86(1\d{10})")
_SHOWN = 2  # characters at either end
_HIDDEN = 3  # characters at least that are not shown


@dataclass(frozen=True)
class Held:
    """A value that points at a record (an ordinal)."""

    record: int
    type: str
    scope: str
    value: str


def held_by(
    workspace: Workspace, records: Sequence[int], opened: Opened | None = None, *, clear: bool = False
) -> list[Held]:
    """Return the identifiers of these records, phones and addresses first; `clear` is for who may see them."""
    if not records:
        return []
    rows = (opened or open_of(workspace, records)).identifiers.to_pylist()
    found = {
        Held(row["record"], row["type"], row["scope"], row["value"] if clear else cloaked(row["type"], row["value"]))
        for row in rows
        if row["type"] not in PROPOSED
    }
    return sorted(found, key=lambda each: (_place(each.type), each.type, each.scope, each.record, each.value))


def _place(type_: str) -> int:
    first = (PHONE, EMAIL)
    return first.index(type_) if type_ in first else len(first)


def cloaked(type_: str, value: str) -> str:
    """Return an identifier as it may be shown: 138****8000, w***@example.com, M1***23."""
    if type_ in (PHONE, RECEIVER_PHONE):
        bare = _CHINESE.fullmatch(value)
        digits = bare[1] if bare else value.partition(";")[0]
        return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 9 else f"{digits[:1]}****{digits[-2:]}"
    if type_ == EMAIL:
        mailbox, _, domain = value.partition("@")
        return f"{mailbox[:1]}***@{domain}"
    if len(value) < 2 * _SHOWN + _HIDDEN:
        return f"{value[:1]}***"
    return f"{value[:_SHOWN]}***{value[-_SHOWN:]}"
