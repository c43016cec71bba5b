"""The runs that stand in the database, and the values of the last one, ready to be asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import ibis.expr.types as ir
import sqlalchemy as sa

from quanyu import __version__
from quanyu.customers.identity.people import People, read_people
from quanyu.foundation.errors import Conflict
from quanyu.foundation.lake.model import Pinned, Vector
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.model import Pack, TagRun
from quanyu.targeting.tags.packs import as_of_versions
from quanyu.targeting.tags.tables import CUSTOMER_TAGS, customer_tags, tag_run


@dataclass(frozen=True)
class Current:
    """The tags of the last run: `rows` has column customer and one stored column per tag of the pack.

    `read` are the versions that the run read, table by table; with `whole` a table that is not there had no rows.
    `written` is the version in which the run's own table stands.
    """

    run: TagRun
    pack: Pack
    read_rows: Callable[[], ir.Table]
    people: People
    read: Vector
    written: Vector
    whole: bool = False

    @cached_property
    def rows(self) -> ir.Table:
        """The rows; to say how they lie over each other takes longer than to read a few, so it is said when asked."""
        return self.read_rows()


def last_run(ws: Workspace) -> tuple[TagRun, Mapping[str, object]] | None:
    """Return the last run and what it read, in the form of `written_vector`; None before the first."""
    query = sa.select(tag_run).where(tag_run.c.workspace == ws.number).order_by(tag_run.c.number.desc()).limit(1)
    with ws.begin() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return run_of(row), row.vector


def run_of(row: "sa.Row[Any]") -> TagRun:
    """Return the run that a row of the table of runs tells of."""
    return TagRun(
        number=row.number,
        as_of=row.as_of,
        time_zone=row.time_zone,
        definition_hash=row.definition_hash,
        epoch=row.epoch,
        customers=row.customers,
        finished_at=row.finished_at,
        stale=row.stale_since is not None,
        packs=row.packs or {},
        recomputed=row.recomputed,
        whole_because=row.whole_because,
    )


def save_run(ws: Workspace, connection: sa.Connection, run: TagRun, vector: Vector) -> TagRun:
    """Record a finished run and return it with its number."""
    columns = (
        "as_of",
        "time_zone",
        "definition_hash",
        "epoch",
        "customers",
        "finished_at",
        "packs",
        "recomputed",
        "whole_because",
    )
    values = {column: getattr(run, column) for column in columns}
    insert = sa.insert(tag_run).values(
        workspace=ws.number, vector=written_vector(vector), software=__version__, **values
    )
    return replace(run, number=connection.execute(insert.returning(tag_run.c.number)).scalar_one())


def written_vector(vector: Vector) -> dict[str, object]:
    """Return a version vector as JSON: table: [version, superseded]."""
    return {name: [pinned.version, pinned.superseded] for name, pinned in sorted(vector.items())}


def read_vector(written: Mapping[str, object]) -> Vector:
    """Return what `written_vector` wrote."""
    told = cast("Mapping[str, tuple[int, bool]]", written)
    return {name: Pinned(version, superseded) for name, (version, superseded) in told.items()}


def current(ws: Workspace) -> Current:
    """Pin the values of the last run; raises `Conflict` where there is none that can be asked."""
    while True:
        found = last_run(ws)
        vector = ws.lake.vector((CUSTOMER_TAGS,))
        if found == last_run(ws):  # run and values are published together: no other came in between
            break
    if found is None:
        raise _not_ready(Text("Tags have not been computed yet.", "标签尚未计算。"))
    run, people = found[0], read_people(ws)
    pack = as_of_versions(ws, run.packs)  # what has been applied since counts from the next run on
    if run.definition_hash != pack.hash:
        raise _not_ready(Text("Tags were defined anew after they were computed.", "标签定义在计算之后已更改。"))
    if run.epoch != people.epoch:
        raise _not_ready(
            Text("Customers were numbered anew after tags were computed.", "客户在标签计算之后已重新编号。")
        )
    table = customer_tags(pack)

    def rows() -> ir.Table:
        return ws.lake.table(table, vector).select(*table.schema.names)  # without what is kept for the next run

    return Current(run, pack, rows, people, read_vector(found[1]), vector)


def _not_ready(problem: Text) -> Conflict:
    return Conflict(problem, remedy=Text("Compute tags: quanyu tag compute", "请先计算标签：quanyu tag compute"))
