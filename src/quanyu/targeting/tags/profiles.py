"""Keeps a compact profile of how the values of each tag lie after a run, and says how far two of them lie apart.

Numbers and days are counted between edges, which are the deciles of the first run that had enough customers and stay
from then on, so that runs can be compared; days since and until are measured from each run's own day. Of codes the most
frequent values are kept. What fewer than a handful have is not kept by itself: it could be one person's.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any, cast

import numpy as np
import sqlalchemy as sa

from quanyu.customers.quality.drifting import LEAST_ROWS, stability_index
from quanyu.foundation import failpoints
from quanyu.foundation.sets.ranking import place
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.listing import COUNTED
from quanyu.targeting.tags.model import Tag
from quanyu.targeting.tags.ranked import Counted, Ranked, cuts, each_ranked
from quanyu.targeting.tags.runs import current
from quanyu.targeting.tags.tables import tag_profile
from quanyu.targeting.tags.usage import see

FAILPOINTS = ("tags.profiled",)
KEPT = 400
"""Runs whose profiles are kept."""
MOST_VALUES = 20
LEAST = 20
"""Customers who have a value: one that fewer have is counted with the rest."""
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Profile:
    """How many customers have a tag, and how its values lie; `kind` is the type as asked, which edges are of.

    `counts` has one more part than there are `edges`: up to the first, above it up to the second … above the last.
    """

    kind: str
    known: int
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    values: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class RunProfile:
    """The profiles of one run; `customers` are those who lived when it was taken."""

    run: int
    day: date
    customers: int
    tags: Mapping[str, Profile]


def take_profile(ws: Workspace) -> RunProfile:
    """Return the profile of the last run; it is taken, in one pass over the tags, unless that has been done."""
    with ws.locked("tag profiles"):
        now = current(ws)
        kept = read_profiles(ws, last=1)
        if kept and kept[0].run == now.run.number:
            return kept[0]
        before = kept[0].tags if kept else {}

        def make(tag: Tag, ranked: Ranked) -> tuple[str, Profile]:
            return tag.name, _profile(tag, ranked, now.run.day, before.get(tag.name))

        with ws.heavy():
            found = dict(each_ranked(ws, now, [now.people.alive], now.pack.tags, make))
        failpoints.reach("tags.profiled")
        taken = RunProfile(now.run.number, now.run.day, now.people.alive.count(), found)
        _keep(ws, taken)
        return taken


def read_profiles(ws: Workspace, last: int = KEPT) -> list[RunProfile]:
    """Return the profiles of the last runs, the newest first."""
    query = sa.select(tag_profile).where(tag_profile.c.workspace == ws.number).order_by(tag_profile.c.run.desc())
    with ws.begin() as connection:
        return [_read(row) for row in connection.execute(query.limit(last))]


def find_profile(ws: Workspace, run: int, day: date) -> RunProfile | None:
    """Return the profile of the newest run before `run` that is of this day or an earlier one, else of the oldest."""
    mine = (tag_profile.c.workspace == ws.number, tag_profile.c.run < run)
    order = (
        (tag_profile.c.day <= day).desc(),
        sa.case((tag_profile.c.day <= day, -tag_profile.c.run), else_=tag_profile.c.run),
    )
    query = sa.select(tag_profile).where(*mine).order_by(*order).limit(1)
    with ws.begin() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _read(row)


def drift(before: Profile | None, now: Profile) -> float | None:
    """Return the population stability index of the values, of those who have one; None where that cannot be said."""
    if before is None or before.kind != now.kind:
        return None
    if now.counts:
        return stability_index(before.counts, now.counts) if before.edges == now.edges else None
    both = [name for name in before.values if name in now.values]
    if not before.values and not now.values:
        return None
    old, new = ([*(each.values[name] for name in both), _rest(each, both)] for each in (before, now))
    return stability_index(old, new)


def _rest(each: Profile, both: list[str]) -> int:
    return each.known - sum(each.values[name] for name in both)


def _profile(tag: Tag, ranked: Ranked, day: date, before: Profile | None) -> Profile:
    known, kind = int(ranked.known().sum()), f"{tag.type}, {tag.askable.form}"
    if known < LEAST_ROWS:
        return Profile(kind, known)
    if tag.type in COUNTED:
        return Profile(kind, known, values=_frequent(cast("Counted", ranked)))
    stays = before is not None and before.kind == kind and bool(before.counts)
    edges = before.edges if before is not None and stays else _edges(tag, ranked, day, known)
    ranks = [_rank(tag, ranked, day, edge) for edge in edges]
    below = [0, *(ranked.up_to(ranks).sum(axis=0).tolist() if ranks else []), known]
    return Profile(kind, known, edges, tuple(np.diff(below).tolist()))


def _frequent(ranked: Counted) -> dict[str, int]:
    totals = ranked.counts[:, 1:].sum(axis=0)
    order = [int(i) for i in np.argsort(-totals, kind="stable")[:MOST_VALUES] if totals[i] >= LEAST]
    return {str(ranked.values[i].as_py()): int(totals[i]) for i in order}


def _edges(tag: Tag, ranked: Ranked, day: date, known: int) -> tuple[float, ...]:
    origin = _origin(tag, day)
    stored = [ranked.values[rank - 1].as_py() for rank in cuts(ranked, known)]
    return tuple((value - origin).days if isinstance(value, date) else value for value in stored)


def _rank(tag: Tag, ranked: Ranked, day: date, edge: float) -> int:
    """Return the rank of the greatest value up to an edge."""
    days = tag.type == "date" or tag.askable.form != "plain"
    smaller, there = place(ranked.values, _origin(tag, day) + timedelta(days=edge) if days else edge)
    return smaller + there


def _origin(tag: Tag, day: date) -> date:
    """Return the day from which days are counted: a day that is asked as such lies where it lies."""
    return EPOCH if tag.askable.form == "plain" else day


def _keep(ws: Workspace, taken: RunProfile) -> None:
    profiles = {name: asdict(profile) for name, profile in taken.tags.items()}
    mine = tag_profile.c.workspace == ws.number
    kept = sa.select(tag_profile.c.run).where(mine).order_by(tag_profile.c.run.desc()).limit(KEPT)
    values = {"run": taken.run, "day": taken.day, "customers": taken.customers, "profiles": profiles}
    with ws.begin() as connection:
        connection.execute(sa.insert(tag_profile).values(workspace=ws.number, **values))
        connection.execute(sa.delete(tag_profile).where(mine, tag_profile.c.run.not_in(kept)))
        see(ws, connection, taken.tags)


def _read(row: sa.Row[Any]) -> RunProfile:
    return RunProfile(row.run, row.day, row.customers, {name: _of(told) for name, told in row.profiles.items()})


def _of(told: Mapping[str, Any]) -> Profile:
    return Profile(told["kind"], told["known"], tuple(told["edges"]), tuple(told["counts"]), told["values"])
