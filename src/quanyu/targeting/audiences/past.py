"""Says who was in an audience by a past run of tags: by the definition, the values and the people of then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import ibis
import sqlalchemy as sa

from quanyu.customers.identity.tables import CUSTOMERS
from quanyu.foundation.definitions import near
from quanyu.foundation.documents import Document
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import DEEPEST, parse
from quanyu.targeting.audiences.groups import Who
from quanyu.targeting.audiences.model import Count
from quanyu.targeting.audiences.selecting import select
from quanyu.targeting.audiences.tables import audience, audience_snapshot
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.model import Group, InAudience, Negation, Rule, tags_of
from quanyu.targeting.fields.rules import parse as parse_rule
from quanyu.targeting.tags.carrying import table_of
from quanyu.targeting.tags.past import Past, values


@dataclass(frozen=True)
class Then:
    """Who was chosen, and of how many, by a past run."""

    members: OrdinalSet
    count: Count


def chosen_then(ws: Workspace, who: Who, past: Past) -> Then:
    """Return the members of an audience, or of a rule, by a past run.

    Of an audience and of those that it names the definitions of then count. Pasted lists have no history: they are as
    they are today.
    """
    documents = _defined_then(ws, past)
    asked = past.pack.askables
    if isinstance(who, str):
        if who not in documents:
            problem = Text("There was no such audience then.", "当时没有这个人群。")
            raise NotFound(problem, received=who[:60], allowed=near(who, list(documents)))
        rule = parse(documents[who], asked, ws.currency).rule
    else:
        rule = parse_rule(who, asked, ws.currency, LEAVES)
    whole = _inlined(ws, rule, past, documents, ())
    with values(ws, past, tags_of(whole)) as then:
        members = select(ws, then, [whole])[0]
    return Then(members, Count(members.count(), past.alive.count(), past.run.as_of, past.run.number))


def ids_of(ws: Workspace, members: OrdinalSet) -> list[str]:
    """Return the one_ids of customers, those merged away since among them, in the order of their ordinals."""
    people: ibis.Table = ws.lake.table(CUSTOMERS, ws.lake.vector((CUSTOMERS,)))
    found = people.semi_join(table_of(members), "customer").order_by("customer").select("one_id")
    return cast("list[str]", ws.lake.to_arrow(found)["one_id"].to_pylist())


def _defined_then(ws: Workspace, past: Past) -> dict[str, Document]:
    """Return the definitions of then by name: that of the run's snapshot, or which stood when it finished.

    Of an audience that was defined only afterwards, while the run stood, the first; of a day without a run, today's.
    """
    mine = audience_snapshot.c.workspace == ws.number
    taken = sa.select(audience_snapshot.c.audience, audience_snapshot.c.definition_hash)
    query = sa.select(audience).where(audience.c.workspace == ws.number).order_by(audience.c.name, audience.c.version)
    with ws.begin() as connection:
        snapshots = connection.execute(
            taken.where(mine, audience_snapshot.c.tag_run == past.run.number).order_by(audience_snapshot.c.number)
        )
        hashes = {row.audience: row.definition_hash for row in snapshots}
        versions = list(connection.execute(query))
    found: dict[str, sa.Row[Any]] = {}
    for row in versions:
        standing = row.created_at <= past.run.finished_at or past.run.number == 0
        of_snapshot = hashes.get(row.name) == row.hash
        first = row.name not in found and (past.until is None or row.created_at < past.until)
        if of_snapshot or (row.name not in hashes and (standing or first)):
            found[row.name] = row
    return {name: Document(row.definition) for name, row in found.items()}


def _inlined(ws: Workspace, rule: Rule, past: Past, documents: Mapping[str, Document], above: tuple[str, ...]) -> Rule:
    match rule:
        case Negation(inner):
            return Negation(_inlined(ws, inner, past, documents, above))
        case Group(kind, parts):
            return Group(kind, tuple(_inlined(ws, part, past, documents, above) for part in parts))
        case InAudience(name) if name in documents:
            if name in above or len(above) >= DEEPEST:
                problem = Text("An audience cannot be part of itself.", "人群不能引用自身。")
                raise Invalid(problem, received=" ← ".join((*above, name)))
            inner = parse(documents[name], past.pack.askables, ws.currency).rule
            return _inlined(ws, inner, past, documents, (*above, name))
        case _:
            return rule
