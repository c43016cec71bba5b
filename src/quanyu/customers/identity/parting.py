"""Undoes what joined records wrongly: a value that is not a record's, or no person's, joins no more; until taken back.

Facts hang on records, so that each goes back with its record.
"""

import sqlalchemy as sa

from quanyu.customers.identity.deciding import CUT, NOBODYS, UNLINKED, Decision, close_act, open_act
from quanyu.customers.identity.explaining import Explanation, explain_entries
from quanyu.customers.identity.naming import find_entries
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.tables import identifier
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

LINKS_AT_MOST = 50
"""Links that one cut parts: what more of them hold together is better unlinked value by value."""


def unlink(workspace: Workspace, name: str, type_: str | None, decision: Decision, *, everybody: bool = False) -> int:
    """Say that the values of one type, or all, are not this record's, or with `everybody` that they are no person's.

    The record is named as in `explain`. Returns the number of the act; recognition then parts. Raises Invalid and
    NotFound.
    """
    with workspace.begin() as connection:
        lock_people(workspace, connection)
        (entry,) = find_entries(workspace, connection, [name])
        types = _types(workspace, connection, entry.record)
        if type_ is not None and type_ not in types:
            raise NotFound(
                Text("The record has no identifier of this type.", "该记录没有此类标识。"),
                received=type_,
                allowed=types,
            )
        act = open_act(workspace, connection, NOBODYS if everybody else UNLINKED, decision)
        about = {"act": act, "record": entry.record, "types": types if type_ is None else [type_]}
        connection.execute(_UNLINK, {"workspace": workspace.number, "everybody": everybody, **about})
        close_act(workspace, connection, act)
    return act


def _types(workspace: Workspace, connection: sa.Connection, ordinal: int) -> list[str]:
    mine = (identifier.c.workspace == workspace.number, identifier.c.record == ordinal)
    return sorted(set(connection.execute(sa.select(identifier.c.type).where(*mine)).scalars()))


def cut(workspace: Workspace, one: str, other: str, decision: Decision) -> int:
    """Part two records that are not one person: of each chain that joins them the weakest link goes.

    The weakest is the one of the lowest rank, and of these the one that most records share. Whatever joins them later
    is refused, too, for the second one. All in one transaction; returns the number of the act. Raises Conflict where
    they are not joined, or by too much.
    """
    with workspace.begin() as connection:
        lock_people(workspace, connection)
        found = find_entries(workspace, connection, [one, other])
        act, place = open_act(workspace, connection, CUT, decision), 0
        while (told := explain_entries(workspace, connection, found)).links:
            if place == LINKS_AT_MOST:
                raise Conflict(
                    Text("Too much joins these two to be cut link by link.", "两者之间的关联过多，无法逐条断开。"),
                    remedy=Text(
                        "Say which value is no person's: quanyu identity unlink SOURCE:KEY --type T --everybody",
                        "请指明不属于任何人的标识：quanyu identity unlink 来源:主键 --type 类型 --everybody",
                    ),
                )
            place += 1
            _cut_weakest(workspace, connection, told, act, place)
        if not place:
            raise Conflict(Text("Nothing joins these two records.", "这两条记录之间没有关联。"))
        pair = {"one": found[0].record, "other": found[1].record}
        connection.execute(_APART, {"workspace": workspace.number, "act": act, **pair})
        close_act(workspace, connection, act)
    return act


def _cut_weakest(workspace: Workspace, connection: sa.Connection, told: Explanation, act: int, place: int) -> None:
    weakest = max(range(len(told.links)), key=lambda at: (told.links[at].rank, told.links[at].touches, at))
    link = told.links[weakest]
    ends = {"here": told.entries[weakest].record, "there": told.entries[weakest + 1].record}
    about = {"workspace": workspace.number, "act": act, "place": place * _VALUES_AT_MOST}
    connection.execute(_CUT, {**about, "type": link.type, "scope": link.scope, **ends})


_VALUES_AT_MOST = 1_000_000  # of one type that two records share
_UNLINK = sa.text(
    """insert into identity_decision (workspace, act, place, type, scope, value_hash, record)
       select i.workspace, :act, row_number() over (order by i.type, i.scope, i.value_hash), i.type, i.scope,
              i.value_hash, case when :everybody then null else i.record end
       from identifier i where i.workspace = :workspace and i.record = :record and i.type = any(:types)"""
)
_CUT = sa.text(
    """insert into identity_decision (workspace, act, place, type, scope, value_hash, record)
       select theirs.workspace, :act, :place + row_number() over (order by theirs.value_hash), theirs.type,
              theirs.scope, theirs.value_hash, theirs.record
       from identifier mine join identifier theirs using (workspace, type, scope, value_hash)
       where mine.workspace = :workspace and mine.type = :type and mine.scope = :scope
             and mine.record = :here and theirs.record = :there"""
)
_APART = sa.text(
    """insert into identity_decision (workspace, act, place, record, other)
       values (:workspace, :act, 0, :one, :other)"""
)
