"""Keeps lists of customers under a name, and moves their members to the survivors of a merge."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from quanyu.customers.identity.people import People, read_people
from quanyu.foundation.bus.model import Fact
from quanyu.foundation.definitions import near
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.tables import audience_list

_TABLE = audience_list.c


@dataclass(frozen=True)
class KeptList:
    """A list as it was pasted; `size` counts its customers then, `counts` how its values came out."""

    name: str
    version: int
    kind: str
    epoch: int
    size: int
    counts: Mapping[str, int]
    who: str
    pasted_at: datetime


_COLUMNS = tuple(_TABLE[name] for name in KeptList.__dataclass_fields__)


def keep(ws: Workspace, connection: sa.Connection, kept: KeptList, members: OrdinalSet) -> KeptList:
    """Store a list in the place of the one of its name; the same customers again keep the version."""
    mine = (_TABLE.workspace == ws.number, _TABLE.name == kept.name)
    stored = to_bytes(members)
    last = connection.execute(sa.select(_TABLE.version, _TABLE.members).where(*mine).with_for_update()).one_or_none()
    version = 1 if last is None else last.version + (last.members != stored)
    values = {**vars(kept), "version": version, "members": stored}
    connection.execute(sa.delete(audience_list).where(*mine))
    connection.execute(sa.insert(audience_list).values(workspace=ws.number, **values))
    return replace(kept, version=version)


def lists(ws: Workspace) -> dict[str, KeptList]:
    """Return the lists of a workspace by name."""
    query = sa.select(*_COLUMNS).where(_TABLE.workspace == ws.number).order_by(_TABLE.name)
    with ws.begin() as connection:
        return {row["name"]: KeptList(**row) for row in connection.execute(query).mappings()}


def refuse_list(ws: Workspace, connection: sa.Connection, name: str) -> None:
    """Refuse the name of a list for an audience: whoever exports by a name must know whom it stands for."""
    query = sa.select(_TABLE.name).where(_TABLE.workspace == ws.number, _TABLE.name == name)
    if connection.execute(query).one_or_none() is not None:
        raise Conflict(
            Text("A pasted list has this name.", "已有同名的粘贴名单。"),
            remedy=Text("Choose another name for the audience.", "请为人群另取名称。"),
            received=name,
        )


def list_members(ws: Workspace, name: str) -> OrdinalSet:
    """Return the living customers of a list; in the place of one who was merged away stands his survivor."""
    people = read_people(ws)
    query = sa.select(_TABLE.members, _TABLE.epoch).where(_TABLE.workspace == ws.number, _TABLE.name == name)
    with ws.begin() as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            problem = Text("There is no such list.", "没有这个名单。")
            remedy = Text("List them: quanyu audience lists", "请查看：quanyu audience lists")
            raise NotFound(problem, remedy=remedy, received=name[:60], allowed=near(name, list(lists(ws))))
        if row.epoch != people.epoch:
            raise Conflict(
                Text("Customers were numbered anew after the list was pasted.", "客户在名单粘贴之后已重新编号。"),
                remedy=Text("Paste it again: quanyu audience paste", "请重新粘贴：quanyu audience paste"),
                received=name,
            )
        return _moved(ws, connection, from_bytes(row.members), people) & people.alive


def survivors_of(ws: Workspace, members: OrdinalSet) -> OrdinalSet:
    """Return the living of these customers; in the place of one who was merged away stands his survivor."""
    people = read_people(ws)
    with ws.begin() as connection:
        return _moved(ws, connection, members, people) & people.alive


def move_to_survivors(ws: Workspace, fact: Fact) -> None:
    """Put survivors in the place of whom they took in; a fact that comes twice changes nothing."""
    people = read_people(ws)
    mine = (_TABLE.workspace == ws.number, _TABLE.epoch == people.epoch)
    query = sa.select(_TABLE.name, _TABLE.members).where(*mine).order_by(_TABLE.name).with_for_update()
    with ws.begin() as connection:
        for row in connection.execute(query).all():
            members = from_bytes(row.members)
            moved = _moved(ws, connection, members, people)
            if moved != members:
                update = sa.update(audience_list).where(*mine, _TABLE.name == row.name)
                connection.execute(update.values(members=to_bytes(moved)))


def _moved(ws: Workspace, connection: sa.Connection, members: OrdinalSet, people: People) -> OrdinalSet:
    gone = members - people.alive
    if not gone:
        return members
    found = connection.execute(_SURVIVORS, {"workspace": ws.number, "gone": gone.ordinals().tolist()}).all()
    away, survivors = [row.gone for row in found], [row.survivor for row in found]
    return (members - OrdinalSet.of(away)) | OrdinalSet.of(survivors) if found else members


_SURVIVORS = sa.text(
    """with recursive line as (
         select customer as gone, merged_into as at from customer
         where workspace = :workspace and customer = any(:gone) and merged_into is not null
         union all
         select l.gone, c.merged_into from line l
         join customer c on c.workspace = :workspace and c.customer = l.at and c.merged_into is not null)
       select l.gone, l.at as survivor from line l
       join customer c on c.workspace = :workspace and c.customer = l.at and c.merged_into is null"""
)
