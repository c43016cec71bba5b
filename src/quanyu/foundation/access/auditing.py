"""The audit log: who asked for which change, about what, why, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from quanyu.foundation.access.tables import audit_entry

if TYPE_CHECKING:
    from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Entry:
    number: int
    at: datetime
    who: str
    act: str
    about: str
    reason: str | None
    status: int | None


def note_act(workspace: "Workspace", who: str, act: str, about: str, reason: str | None = None) -> int:
    """Write down that something was asked for, before it is done; return the entry's number."""
    with workspace.begin() as connection:
        return connection.execute(
            sa.insert(audit_entry)
            .values(
                workspace=workspace.number, at=workspace.clock.now(), who=who, act=act, about=about[:500], reason=reason
            )
            .returning(audit_entry.c.number)
        ).scalar_one()


def note_outcome(workspace: "Workspace", number: int, status: int) -> None:
    """Write down how it ended, as an HTTP status."""
    with workspace.begin() as connection:
        connection.execute(
            sa.update(audit_entry)
            .where(audit_entry.c.workspace == workspace.number, audit_entry.c.number == number)
            .values(status=status)
        )


def list_entries(
    workspace: "Workspace",
    *,
    before: int | None = None,
    who: str | None = None,
    act: str | None = None,
    limit: int = 100,
) -> Sequence[Entry]:
    """Return entries, the newest first; `before` is the number of the last one of the page before."""
    query = sa.select(audit_entry).where(audit_entry.c.workspace == workspace.number)
    if before is not None:
        query = query.where(audit_entry.c.number < before)
    if who is not None:
        query = query.where(audit_entry.c.who == who)
    if act is not None:
        query = query.where(audit_entry.c.act == act)
    with workspace.begin() as connection:
        rows = connection.execute(query.order_by(audit_entry.c.number.desc()).limit(limit)).mappings()
        return [Entry(**{key: row[key] for key in Entry.__dataclass_fields__}) for row in rows]
