"""Has a past run of tags again, or one of a day that had none, beside the one that stands and without touching it."""

from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from quanyu.customers.identity.people import People, read_people
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.lake.model import Vector
from quanyu.foundation.measuring import pinned_scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.carrying import table_of
from quanyu.targeting.tags.deriving import behaviours_of, derive, measures_of, needed, tables_of
from quanyu.targeting.tags.keeping import holder, others_beside
from quanyu.targeting.tags.model import Pack, TagRun
from quanyu.targeting.tags.packs import as_of_versions, standing
from quanyu.targeting.tags.pinning import pin
from quanyu.targeting.tags.runs import Current, read_vector, run_of
from quanyu.targeting.tags.tables import tag_run

_RUNS = Text("List them: quanyu tag runs", "请查看：quanyu tag runs")


@dataclass(frozen=True)
class Past:
    """A run as it was: its tags, the versions it read, and who lived. Number 0: a day without a run, by today's data.

    `until` is when the next run took its place, None where it stands.
    """

    run: TagRun
    pack: Pack
    vector: Vector
    beside: Vector
    alive: OrdinalSet
    until: datetime | None = None


@dataclass(frozen=True)
class KeptRun:
    """A run of which is known, and whether what it has read is kept."""

    run: TagRun
    kept: bool


def runs(ws: Workspace, limit: int = 100) -> list[KeptRun]:
    """Return the last runs, the newest first."""
    query = sa.select(tag_run).where(tag_run.c.workspace == ws.number).order_by(tag_run.c.number.desc()).limit(limit)
    with ws.begin() as connection:
        holders = ws.lake.holders(connection)
        return [KeptRun(run_of(row), holder(row.number) in holders) for row in connection.execute(query)]


def of_run(ws: Workspace, number: int) -> Past:
    """Return a run by its number; raises `Conflict` where what it has read, or what it meant, is gone."""
    mine = tag_run.c.workspace == ws.number
    next_ = sa.select(sa.func.min(tag_run.c.finished_at)).where(mine, tag_run.c.number > number)
    with ws.begin() as connection:
        row = connection.execute(sa.select(tag_run).where(mine, tag_run.c.number == number)).one_or_none()
        kept, until = holder(number) in ws.lake.holders(connection), connection.execute(next_).scalar_one()
    if row is None:
        raise NotFound(Text("There is no such run of tags.", "没有这次标签计算。"), remedy=_RUNS, received=number)
    run = run_of(row)
    pack = as_of_versions(ws, run.packs)
    _refuse_gone(ws, run, pack, kept=kept)
    alive = _unerased(ws, from_bytes(row.alive))
    return Past(run, pack, read_vector(row.vector), read_vector(row.beside), alive, until)


def of_day(ws: Workspace, day: date) -> Past:
    """Return the last run of a day; where there was none, what a run as of its end gives by today's data and tags."""
    found = next((each.run.number for each in runs(ws, 10_000) if each.run.day == day), None)
    return of_run(ws, found) if found is not None else anew(ws, day)


def anew(ws: Workspace, day: date) -> Past:
    """Return what a run as of the end of a day gives by today's data, people and tags, whether there was one or not."""
    as_of = datetime.combine(day, time.max, ZoneInfo(ws.time_zone)).astimezone(UTC)
    inputs = pin(ws, as_of, standing(ws))
    people = inputs.people
    run = TagRun(0, as_of, ws.time_zone, inputs.pack.hash, people.epoch, people.alive.count(), ws.clock.now())
    return Past(run, inputs.pack, inputs.vector, others_beside(ws, inputs.vector), people.alive)


@contextmanager
def values(ws: Workspace, past: Past, names: Iterable[str] | None = None) -> Generator[Current]:
    """Hold the values of these tags (all of them without names) as the run gave them; nothing that stands is touched.

    Customers who were merged away since are there, with what was theirs; who was erased since is not.
    """
    pack = past.pack if names is None else needed(past.pack, names)
    measures = measures_of(pack, FIELDS)
    tables = tables_of([*measures, *behaviours_of(pack)])
    whole = {**past.beside, **past.vector}
    scope = pinned_scope(ws.lake, tables, whole, past.run.as_of, past.run.time_zone)
    scope = replace(scope, unknown=frozenset(scope.tables.keys() - past.vector.keys()))
    people = People(past.run.epoch, 0, 0, past.alive)
    with ws.heavy(), ExitStack() as stack:
        answers = {m.name: stack.enter_context(ws.lake.held(m.build(scope))) for m in measures}
        rows = stack.enter_context(ws.lake.held(derive(pack, FIELDS, table_of(past.alive), scope, answers)))
        yield Current(past.run, pack, lambda: rows, people, whole, {}, whole=True)


def _refuse_gone(ws: Workspace, run: TagRun, pack: Pack, *, kept: bool) -> None:
    problem = None
    if not kept:
        days = ws.settings.reproduce_days
        problem = Text(
            f"What this run has read is no longer kept: it is for {days} days.",
            f"该次计算所读数据只保留 {days} 天，已清除。",
        )
    elif run.definition_hash != pack.hash:
        problem = Text(
            "The product's own definitions have changed since this run.", "产品自带的定义在该次计算之后已更改。"
        )
    elif run.epoch != read_people(ws).epoch:
        problem = Text("Customers were numbered anew after this run.", "客户在该次计算之后已重新编号。")
    if problem is not None:
        remedy = Text(
            "Snapshots of audiences stand: quanyu audience history. To keep more, set QUANYU_REPRODUCE_DAYS.",
            "人群快照仍在：quanyu audience history。要保留更久，请设置 QUANYU_REPRODUCE_DAYS。",
        )
        raise Conflict(problem, remedy=remedy, received=f"run {run.number} of {run.day}")


def _unerased(ws: Workspace, then: OrdinalSet) -> OrdinalSet:
    """Leave out who has died since without a survivor: he was erased, or all that told of him was taken back."""
    dead = then - read_people(ws).alive
    if not dead:
        return then
    with ws.begin() as connection:
        found = connection.execute(_MERGED, {"workspace": ws.number, "dead": dead.ordinals().tolist()}).scalars()
        return (then - dead) | OrdinalSet.of(list(found))


_MERGED = sa.text(
    """select customer from customer
       where workspace = :workspace and customer = any(:dead) and merged_into is not null order by customer"""
)
