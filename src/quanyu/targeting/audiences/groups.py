"""Says who is meant when groups of customers are compared: an audience as it was taken, a rule, or all customers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import cast

from quanyu.foundation.documents import Document
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.checking import asked_rule
from quanyu.targeting.audiences.definitions import inlined, stored
from quanyu.targeting.audiences.lists import survivors_of
from quanyu.targeting.audiences.model import Snapshot
from quanyu.targeting.audiences.selecting import select
from quanyu.targeting.audiences.snapshots import members_of, named, taken
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.model import tags_of
from quanyu.targeting.fields.rules import parse
from quanyu.targeting.tags.indexing import TAGGED, index_of
from quanyu.targeting.tags.runs import Current

EVERYBODY = Text("All customers", "全部客户")
SELECTION = Text("Selection", "所选客户")

Who = str | Mapping[str, object]
"""An audience in force by its name, or a rule (decoded YAML or JSON) that nobody has kept."""


@dataclass(frozen=True)
class Party:
    """One group: living customers with tags. `taken_at` is when its snapshot was taken, None for a rule or all.

    `asks` are the tags by which its people were chosen.
    """

    name: str | None
    title: Text
    members: OrdinalSet
    taken_at: datetime | None = None
    asks: frozenset[str] = frozenset()

    @cached_property
    def size(self) -> int:
        return self.members.count()


def everybody(ws: Workspace, now: Current) -> Party:
    """Return all living customers who have tags."""
    index = index_of(ws, now)
    if index is not None:
        return Party(None, EVERYBODY, index.select([index.known(TAGGED)], now.people.alive)[0])
    tagged = OrdinalSet.of(ws.lake.to_arrow(now.rows.select("customer"))["customer"].to_numpy())
    return Party(None, EVERYBODY, tagged & now.people.alive)


def party(ws: Workspace, now: Current, who: Who, base: Party, title: Text = SELECTION) -> Party:
    """Return the members of an audience's last snapshot, or whom a rule selects today, as far as they are in `base`."""
    if isinstance(who, str):
        return parties(ws, now, [who], base)[0]
    rule = inlined(ws, asked_rule(ws, now, who), now.pack.askables)
    return Party(None, title, select(ws, now, [rule])[0] & base.members, asks=tags_of(rule))


def parties(ws: Workspace, now: Current, names: list[str], base: Party) -> list[Party]:
    """Return the members of these audiences' last snapshots, or of those that are named as `vip@12`.

    Raises `Conflict` naming those that have none.
    """
    whole = stored(ws)
    for unknown in (name for name, _ in map(named, names) if name not in whole):
        stored(ws, unknown)
    documents = {written: whole[named(written)[0]] for written in names}
    snapshots = {n: s for n, s in taken(ws, names).items() if s.epoch == now.people.epoch}
    missing = [name for name in names if name not in snapshots]
    if missing:
        raise Conflict(
            Text("The audience has no snapshot that can be used.", "该人群尚无可用快照。"),
            remedy=Text("Refresh it: quanyu audience refresh", "请先刷新：quanyu audience refresh"),
            received=", ".join(missing),
        )
    return [
        Party(
            name=name,
            title=_title(documents[name], named(name)[1]),
            members=_members(ws, name, snapshots[name]) & base.members,
            taken_at=snapshots[name].taken_at,
            asks=_asks(ws, now, documents[name]),
        )
        for name in names
    ]


def _members(ws: Workspace, written: str, snapshot: Snapshot) -> OrdinalSet:
    """Return who was in a snapshot; of one that was asked for by its number with survivors of merges since."""
    members = members_of(ws, snapshot)
    return members if named(written)[1] is None else survivors_of(ws, members)


def _title(document: Document, number: int | None) -> Text:
    title = Text(**cast("Mapping[str, Mapping[str, str]]", document.value)["title"])
    if number is None:
        return title
    return Text(f"{title.en} (snapshot {number})", f"{title.zh}（快照 {number}）")


def _asks(ws: Workspace, now: Current, document: Document) -> frozenset[str]:
    """Return the tags that a definition asks; none where it can no longer be used, though its snapshot stands."""
    written = cast("Mapping[str, object]", document.value).get("rule")
    try:
        rule = parse(written, now.pack.askables, ws.currency, LEAVES)
        return tags_of(inlined(ws, rule, now.pack.askables))
    except Invalid:
        return frozenset()
