"""Undoes what joined records wrongly: a value that is not a record's, or no person's, joins no more; until taken back.

What is decided is remembered across every later run. Facts hang on records, so that each goes back with its record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from quanyu.customers.identity.explaining import Explanation, explain_entries
from quanyu.customers.identity.naming import find_entries
from quanyu.customers.identity.tables import identifier, identity_parting
from quanyu.foundation import failpoints
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("parting.decided",)
LINKS_AT_MOST = 50
"""Links that one cut parts: what more of them hold together is better unlinked value by value."""

_TABLE = identity_parting.c


@dataclass(frozen=True)
class Decision:
    """Who and why, for the record of what was decided."""

    author: str
    reason: str


@dataclass(frozen=True)
class Parting:
    """What was decided; `record` (ordinal) is None where the value is no person's."""

    number: int
    type: str
    scope: str
    record: int | None
    reason: str
    author: str
    decided_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


def unlink(
    workspace: Workspace, name: str, type_: str | None, decision: Decision, *, everybody: bool = False
) -> Sequence[int]:
    """Say that the values of one type, or all, are not this record's, or with `everybody` that they are no person's.

    The record is named as in `explain`. Returns the numbers of what was decided; recognition then parts. Raises Invalid
    and NotFound.
    """
    with workspace.begin() as connection:
        (entry,) = find_entries(workspace, connection, [name])
        mine = [identifier.c.workspace == workspace.number, identifier.c.record == entry.record]
        types = sorted(set(connection.execute(sa.select(identifier.c.type).where(*mine)).scalars()))
        if type_ is not None and type_ not in types:
            raise NotFound(
                Text("The record has no identifier of this type.", "该记录没有此类标识。"),
                received=type_,
                allowed=types,
            )
        wanted = types if type_ is None else [type_]
        about = {
            "workspace": workspace.number,
            "record": entry.record,
            "types": wanted,
            "everybody": everybody,
            "reason": decision.reason,
            "author": decision.author,
            "now": workspace.clock.now(),
        }
        numbers = connection.execute(_UNLINK, about).scalars().all()
        _wait(workspace, connection, numbers)
        failpoints.reach("parting.decided")
    return numbers


def cut(workspace: Workspace, one: str, other: str, decision: Decision) -> Sequence[int]:
    """Part two records that are not one person: of each chain that joins them the weakest link goes.

    The weakest is the one of the lowest rank, and of these the one that most records share. All in one transaction.
    Raises Conflict where they are not joined, or by too much.
    """
    numbers: list[int] = []
    with workspace.begin() as connection:
        found = find_entries(workspace, connection, [one, other])
        while (told := explain_entries(workspace, connection, found)).links:
            if len(numbers) == LINKS_AT_MOST:
                raise Conflict(
                    Text("Too much joins these two to be cut link by link.", "两者之间的关联过多，无法逐条断开。"),
                    remedy=Text(
                        "Say which value is no person's: quanyu identity unlink SOURCE:KEY --type T --everybody",
                        "请指明不属于任何人的标识：quanyu identity unlink 来源:主键 --type 类型 --everybody",
                    ),
                )
            numbers += _cut_weakest(workspace, connection, told, decision)
            connection.execute(sa.text("drop table touched, opened"))
        if not numbers:
            raise Conflict(Text("Nothing joins these two records.", "这两条记录之间没有关联。"))
        _wait(workspace, connection, numbers)
        failpoints.reach("parting.decided")
    return numbers


def _cut_weakest(
    workspace: Workspace, connection: sa.Connection, told: Explanation, decision: Decision
) -> Sequence[int]:
    place = max(range(len(told.links)), key=lambda at: (told.links[at].rank, told.links[at].touches, at))
    link = told.links[place]
    about = {
        "workspace": workspace.number,
        "type": link.type,
        "scope": link.scope,
        "here": told.entries[place].record,
        "there": told.entries[place + 1].record,
        "reason": decision.reason,
        "author": decision.author,
        "now": workspace.clock.now(),
    }
    return connection.execute(_CUT, about).scalars().all()


def relink(workspace: Workspace, numbers: Sequence[int], author: str) -> int:
    """Take decisions back; recognition then joins again what belongs together. Returns how many stood.

    Raises NotFound for a number that nobody has decided.
    """
    mine = (_TABLE.workspace == workspace.number, _TABLE.number.in_(numbers))
    with workspace.begin() as connection:
        known = set(connection.execute(sa.select(_TABLE.number).where(*mine)).scalars())
        unknown = sorted(set(numbers) - known)
        if unknown:
            raise NotFound(
                Text("There is no such decision.", "没有该决定。"),
                remedy=Text("The numbers: quanyu identity partings", "编号见：quanyu identity partings"),
                received=", ".join(map(str, unknown)),
            )
        _wait(workspace, connection, numbers)
        back = sa.update(identity_parting).where(*mine, _TABLE.withdrawn_at.is_(None))
        done = connection.execute(back.values(withdrawn_by=author, withdrawn_at=workspace.clock.now())).rowcount
        failpoints.reach("parting.decided")
    return done


def partings(workspace: Workspace) -> Sequence[Parting]:
    """Return what was decided, the last first."""
    names = Parting.__dataclass_fields__
    query = sa.select(*(_TABLE[name] for name in names)).where(_TABLE.workspace == workspace.number)
    with workspace.begin() as connection:
        return [Parting(**row) for row in connection.execute(query.order_by(_TABLE.number.desc())).mappings()]


def _wait(workspace: Workspace, connection: sa.Connection, numbers: Sequence[int]) -> None:
    connection.execute(_WAIT, {"workspace": workspace.number, "numbers": list(numbers)})


_ALREADY = """select 1 from identity_parting p
              where p.workspace = i.workspace and p.type = i.type and p.scope = i.scope
                    and p.value_hash = i.value_hash and p.withdrawn_at is null"""
_UNLINK = sa.text(
    f"""insert into identity_parting (workspace, type, scope, value_hash, record, reason, author, decided_at)
        select i.workspace, i.type, i.scope, i.value_hash,
               case when :everybody then null else i.record end, :reason, :author, :now
        from identifier i
        where i.workspace = :workspace and i.record = :record and i.type = any(:types)
              and not exists ({_ALREADY} and (p.record is null or (p.record = i.record and not :everybody)))
        order by i.type, i.scope, i.value_hash returning number"""
)
_CUT = sa.text(
    """insert into identity_parting (workspace, type, scope, value_hash, record, reason, author, decided_at)
       select theirs.workspace, theirs.type, theirs.scope, theirs.value_hash, theirs.record, :reason, :author, :now
       from identifier mine join identifier theirs using (workspace, type, scope, value_hash)
       where mine.workspace = :workspace and mine.type = :type and mine.scope = :scope
             and mine.record = :here and theirs.record = :there
       order by theirs.value_hash returning number"""
)
_WAIT = sa.text(
    """insert into identity_waiting (workspace, record)
       select distinct p.workspace, i.record from identity_parting p
       join identifier i using (workspace, type, scope, value_hash)
       where p.workspace = :workspace and p.number = any(:numbers) and (p.record is null or p.record = i.record)
       on conflict do nothing"""
)
