"""Says which connected systems fill what may be asked, how much of it, and how fresh their newest data are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.quality.columns import moment_of
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.entries import EVERY, KINDS, Entry

_INSTANT = "timestamp('UTC', 6)"
_SEALED = "_hash"  # the lake holds no more of a sealed value


@dataclass(frozen=True)
class Arrived:
    """What one source has delivered of one kind: rows, in how many each input is filled, and the newest instant."""

    kind: str
    source: str
    rows: int
    newest: datetime | None
    filled: Mapping[str, int] = field(default_factory=dict[str, int])

    def has(self, name: str) -> int:
        """Return in how many rows an input (`EVERY`: any) is filled."""
        return self.rows if name == EVERY else self.filled.get(name, 0)


@dataclass(frozen=True)
class Arrivals:
    """What has arrived of all kinds asked about, at one version of the tables."""

    all: tuple[Arrived, ...]

    def of(self, kind: str) -> list[Arrived]:
        return [each for each in self.all if each.kind == kind]

    def filling(self, given: str) -> list[tuple[Arrived, int]]:
        """Return the sources that fill an input (`<kind>.<input>`), each with the rows in which it does."""
        kind, _dot, name = given.partition(".")
        return [(each, each.has(name)) for each in self.of(kind) if each.has(name)]

    def fills(self, inputs: Iterable[str]) -> bool:
        """Say whether anybody fills any of these inputs."""
        return any(self.filling(given) for given in inputs)


@dataclass(frozen=True)
class Origin:
    """One source that fills an entry: rows with a value, of how many, and its newest data."""

    source: str
    input: str
    filled: int
    rows: int
    newest: datetime | None


def survey_inputs(
    ws: Workspace, inputs: Iterable[str], vector: Vector | None = None, as_of: datetime | None = None
) -> Arrivals:
    """Count what has arrived of these inputs (`<kind>.<input>`), in one scan of each table that holds any of them.

    Tables that `vector` has are read as it pins them, others as they are now. What is dated after
    `as_of` (now if None) is not the newest.
    """
    wanted: dict[str, list[str]] = {}
    for given in dict.fromkeys(inputs):
        kind, _dot, name = given.partition(".")
        wanted.setdefault(kind, []).append(name)
    tables = [KINDS[kind].tables[0] for kind in wanted]
    pinned = {**ws.lake.vector(tables), **(vector or {})}
    found = [
        arrived
        for kind, names in wanted.items()
        if KINDS[kind].tables[0].name in pinned
        for arrived in _arrived(ws, KINDS[kind], names, pinned, as_of or ws.clock.now())
    ]
    return Arrivals(tuple(found))


def origins(entry: Entry, arrivals: Arrivals) -> list[Origin]:
    """Return who fills an entry, input by input, the fullest first."""
    found = [
        Origin(arrived.source, given, filled, arrived.rows, arrived.newest)
        for given in entry.inputs
        for arrived, filled in arrivals.filling(given)
    ]
    return sorted(found, key=lambda each: (-each.filled, each.source))


def column_of(kind: Kind, name: str) -> str | None:
    """Return the column of the kind's first table that tells whether an input is filled; None where none does."""
    names = kind.tables[0].schema.names
    if name in names:
        return name
    if name == "customer":
        return "record"
    return f"{name}{_SEALED}" if f"{name}{_SEALED}" in names else None


def _arrived(ws: Workspace, kind: Kind, names: Iterable[str], vector: Vector, as_of: datetime) -> list[Arrived]:
    table = kind.tables[0]
    columns = {name: column for name in names if (column := column_of(kind, name)) is not None}
    rows = ws.lake.to_arrow(_counted(ws.lake.table(table, vector), columns, kind, as_of).order_by("source"))
    return [
        Arrived(kind.name, row["source"], row["rows"], row["newest"], {name: row[f"filled_{name}"] for name in columns})
        for row in rows.to_pylist()
    ]


def _counted(rows: ir.Table, columns: Mapping[str, str], kind: Kind, as_of: datetime) -> ir.Table:
    """Columns source, rows, newest and, of each input, filled_<input>."""
    moment = moment_of(kind)
    newest: Value = ibis.null(_INSTANT)
    if moment is not None:
        told: Value = rows[moment]
        seen = told.cast(_INSTANT)
        newest = seen.max(where=seen <= ibis.literal(as_of, _INSTANT))
    filled = {f"filled_{name}": rows[column].count() for name, column in columns.items()}
    return rows.group_by("source").agg(rows=_.count(), newest=newest, **filled)
