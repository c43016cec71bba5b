"""Three small tables of a lake, and the ways in which tests write, read and count them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
import sqlalchemy as sa

from quanyu.foundation.lake.model import LakeTable, Vector
from quanyu.foundation.lake.store import Lake
from quanyu.foundation.workspace import Workspace

INSTANT = pa.timestamp("us", tz="UTC")
VISITS = LakeTable(
    name="visits",
    schema=pa.schema([("person", pa.int64()), ("seen", INSTANT), ("note", pa.string()), ("month", pa.string())]),
    partition_by=("month",),
    sort_by=("person", "seen"),
)
CARDS = LakeTable(
    name="cards",
    schema=pa.schema(
        [
            ("card", pa.string()),
            ("points", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
            ("month", pa.string()),
        ]
    ),
    partition_by=("month",),
    sort_by=("points",),
    versioned_by=("card",),
)
NOTES = LakeTable("notes", pa.schema([("n", pa.int64()), ("text", pa.string())]), sort_by=("n",))
DAY = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Bench:
    """A lake on the bench: whole tables in, rows out, and what lies on the disk."""

    ws: Workspace
    visits: LakeTable = VISITS
    cards: LakeTable = CARDS
    notes: LakeTable = NOTES

    @property
    def lake(self) -> Lake:
        return self.ws.lake

    @staticmethod
    def rows(table: LakeTable, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
        return pa.Table.from_pylist([dict(row) for row in rows], schema=table.schema)

    @staticmethod
    def visit(person: int | None, day: int = 0, month: str | None = "2024-01", note: str = "") -> dict[str, Any]:
        return {"person": person, "seen": DAY + timedelta(days=day), "note": note, "month": month}

    @staticmethod
    def card(card: str, points: int, day: int = 0, number: int = 1, month: str | None = "2024-01") -> dict[str, Any]:
        observed = DAY + timedelta(days=day)
        return {"card": card, "points": points, "observed_at": observed, "import_number": number, "month": month}

    def append(self, *batches: tuple[LakeTable, Sequence[Mapping[str, Any]] | pa.Table | ir.Table]) -> int:
        """Append to these tables in one batch, publish it, and return its number."""
        with self.lake.landing("test", list({t.name: t for t, _ in batches}.values())) as landing:
            for table, rows in batches:
                landing.append(table, self.rows(table, rows) if isinstance(rows, list) else rows)
            self.lake.publish(landing)
        return landing.batch

    def vector(self, *tables: LakeTable) -> Vector:
        return self.lake.vector(tables)

    def read(self, table: LakeTable, vector: Vector | None = None, *, all_versions: bool = False) -> list[Any]:
        """Return the rows that a reader sees, as tuples in a fixed order."""
        pinned = self.vector(table) if vector is None else vector
        rows = self.lake.all_versions(table, pinned) if all_versions else self.lake.table(table, pinned)
        return self.plain(self.lake.to_arrow(rows))

    @staticmethod
    def plain(rows: pa.Table) -> list[Any]:
        return sorted((tuple(row.values()) for row in rows.to_pylist()), key=str)

    def on_disk(self, table: LakeTable) -> set[str]:
        return {str(path) for path in (self.lake.folder / table.name).rglob("*.parquet")}

    def published_files(self, table: LakeTable) -> list[Path]:
        version = self.vector(table)[table.name].version
        return [Path(file) for file in self.lake.log(table).files(version)]

    def strays(self, table: LakeTable) -> set[str]:
        """Return the data files that the published version does not need."""
        return self.on_disk(table) - {str(file) for file in self.published_files(table)}

    def published_batch(self, table: LakeTable) -> int:
        return self.ask(f"select batch from lake_table where name = '{table.name}'")[0][0]

    def ask(self, query: str) -> list[Any]:
        with self.ws.begin() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]


@pytest.fixture
def bench(workspace: Workspace) -> Bench:
    return Bench(workspace)
