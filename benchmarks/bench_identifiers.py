"""The first full load of identifiers into the database, and what comes after it, beside a bare COPY of the same rows.

    python benchmarks/bench_identifiers.py [--identifiers 3000000] [--folder FOLDER]

Two records in three have one identifier, the others two; the keyed hashes come in random order, as an import hands
them over. Measured is what the database does with them: which are new, writing them, whom they name. A bare COPY into
a table without row-level security, whose two keys are made afterwards, is the limit. Processor seconds are those of
this process and of its connection; writing back to the disk is left out of them.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import UUID

import ibis
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity import keeping
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.tables import POINTING, identifier, population, record
from quanyu.foundation import home as homes
from quanyu.foundation.database.copying import copy_in, insert_rows
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

KINDS = (("phone", "global"), ("openid", "app:mini"), ("unionid", "brand:main"), ("member_card", "brand:main"))
FULL, SECONDS = 30_000_000, 150  # the bar
TICK = 100  # of the kernel, a second


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--identifiers", type=int, default=3_000_000)
    arguments.add_argument("--folder", type=Path, help="where some gigabytes have room for a while")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="quanyu-identifiers-") as folder:
        settings = Settings.load(Path(folder) / "home")
        with closing(homes.create(settings, "main", "Asia/Shanghai", "CNY")) as home:
            load(home.workspace(), given.identifiers)


def load(ws: Workspace, size: int) -> None:
    rng = np.random.default_rng(7)
    records = size * 2 // 3
    open_records(ws, rng, records)
    rows = made(rng, size, records)
    print(f"{'':34}{'rows':>12}{'s':>8}{'cpu s':>8}{'rows/s':>12}")
    bare = told("bare COPY, then its keys", size, ws, lambda connection: copy_bare(connection, rows))
    full = told("first full load", size, ws, lambda connection: insert(ws, connection, rows, size))
    print(f"{full / bare:.1f} times the bare COPY; {FULL:,} at this rate: {full * FULL / size:,.0f} s, bar {SECONDS} s")
    for share in (100, 10_000):
        more = made(rng, max(size // share, 1), records)
        told("more", more.num_rows, ws, lambda connection, more=more: insert(ws, connection, more, more.num_rows))
        told("the same again", more.num_rows, ws, lambda connection, more=more: insert(ws, connection, more, 0))


def open_records(ws: Workspace, rng: np.random.Generator, records: int) -> None:
    """Write the records at which the identifiers point."""
    opened = {
        "workspace": np.full(records, ws.number),
        "key_hash": uuids(rng, records),
        "record": np.arange(records),
        "source": pa.repeat(pa.scalar("till"), records),
        "import_number": np.ones(records, np.int64),
    }
    with ws.begin() as connection:
        lock_people(ws, connection)
        insert_rows(connection, record, pa.table(opened))
        connection.execute(sa.update(population).values(records=records))


def made(rng: np.random.Generator, size: int, records: int) -> pa.Table:
    """Return so many identifiers: record, type, scope, value, value_hash."""
    kind = rng.integers(0, len(KINDS), size)
    types, scopes = (pa.array([pair[side] for pair in KINDS]).take(pa.array(kind)) for side in (0, 1))
    held = {"record": rng.permutation(size) % records, "type": types, "scope": scopes}
    return pa.table({**held, "value": pa.nulls(size, pa.string()), "value_hash": uuids(rng, size)})


def uuids(rng: np.random.Generator, size: int) -> pa.Array:
    drawn = rng.bytes(16 * size)
    return pa.array([str(UUID(bytes=drawn[at : at + 16])) for at in range(0, len(drawn), 16)])


def insert(ws: Workspace, connection: sa.Connection, rows: pa.Table, new: int) -> None:
    with ws.lake.landing("bench", POINTING) as landing:
        nothing = ibis.memtable(rows.slice(0, 0))
        delivery = Delivery(ws, connection, landing, "till", 1, "CNY", 1, nothing, [])
        ordered = ws.lake.to_arrow(ibis.memtable(rows).order_by("type", "scope", "value_hash"))  # as they are kept
        assert len(keeping._insert_new(delivery, ordered)) == new


def copy_bare(connection: sa.Connection, rows: pa.Table) -> None:
    columns = "type text, scope text, value_hash uuid, record bigint"
    connection.execute(sa.text(f"create table bare (workspace int default 1, {columns}, import_number bigint)"))
    copy_in(connection, "bare", rows.drop_columns("value"))
    key = ", ".join(column.name for column in identifier.primary_key.columns)
    connection.execute(sa.text(f"alter table bare add primary key ({key})"))
    connection.execute(sa.text("create index on bare (workspace, record)"))


def told(name: str, size: int, ws: Workspace, work: Callable[[sa.Connection], None]) -> float:
    with ws.begin() as connection:
        backend = connection.execute(sa.text("select pg_backend_pid()")).scalar_one()
        began, used = time.perf_counter(), processors(backend)
        work(connection)
        used = processors(backend) - used
    wall = time.perf_counter() - began
    print(f"{name:34}{size:>12,}{wall:>8.2f}{used:>8.2f}{size / wall:>12,.0f}", flush=True)
    return wall


def processors(backend: int) -> float:
    """Return processor seconds of this process and of a connection's."""
    ticks = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[11:13]
    return time.process_time() + sum(map(int, ticks)) / TICK


if __name__ == "__main__":
    main()
