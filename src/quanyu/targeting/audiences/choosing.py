"""Says whom a name stands for, an audience with its last snapshot or a pasted list, and by which definition."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import sqlalchemy as sa

from quanyu.customers.identity.people import read_people
from quanyu.foundation.definitions import near
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.audiences.lists import list_members, lists, survivors_of
from quanyu.targeting.audiences.snapshots import members_of, named, taken
from quanyu.targeting.audiences.tables import audience


@dataclass(frozen=True)
class Chosen:
    """Living customers under a name. `definition_hash` and `snapshot` are None for a list."""

    name: str
    title: Text
    rule: str
    version: int
    as_of: datetime
    members: OrdinalSet
    definition_hash: str | None = None
    snapshot: int | None = None


def chosen(ws: Workspace, name: str) -> Chosen:
    """Return the members of an audience's last snapshot, with the definition that chose them, or of a list.

    `vip@12` are those of snapshot 12; in the place of who was merged away since stands his survivor.
    """
    pasted, defined = lists(ws), stored(ws)
    audience_name, number = named(name)
    if name in pasted and name not in defined:
        kept = pasted[name]
        said = f"{kept.counts['read']} values of kind {kept.kind}, pasted by {kept.who}"
        return Chosen(name, Text(name, name), said, kept.version, kept.pasted_at, list_members(ws, name))
    if audience_name not in defined:
        problem = Text("There is no such audience.", "没有这个人群。")
        raise NotFound(problem, received=name[:60], allowed=near(name, [*defined, *pasted]))
    snapshot, people = taken(ws, [name]).get(name), read_people(ws)
    if snapshot is None or snapshot.epoch != people.epoch:
        raise Conflict(
            Text("The audience has no snapshot that can be used.", "该人群尚无可用快照。"),
            remedy=Text("Refresh it: quanyu audience refresh", "请先刷新：quanyu audience refresh"),
            received=name,
        )
    version, written = definition_of(ws, audience_name, snapshot.definition_hash)
    members = members_of(ws, snapshot)
    return Chosen(
        name,
        Text(**cast("Mapping[str, str]", written["title"])),
        json.dumps(written["rule"], ensure_ascii=False, indent=1),
        version,
        snapshot.as_of,
        survivors_of(ws, members) if number is not None else members & people.alive,
        snapshot.definition_hash,
        snapshot.number,
    )


def definition_of(ws: Workspace, name: str, hash_: str) -> tuple[int, Mapping[str, object]]:
    """Return version and text of the definition by which a snapshot was taken."""
    mine = (audience.c.workspace == ws.number, audience.c.name == name, audience.c.hash == hash_)
    query = sa.select(audience.c.version, audience.c.definition).where(*mine)
    with ws.begin() as connection:
        row = connection.execute(query.order_by(audience.c.version.desc()).limit(1)).one()
    return row.version, row.definition
