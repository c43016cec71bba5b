"""New records as they come: batches of a hundred into a home that holds a million, imported and recognised.

    python benchmarks/bench_streaming.py [--records 1000000] [--batches 200] [--large 20000] [--folder FOLDER]
    python benchmarks/bench_streaming.py --first 30000000 [--folder FOLDER]

First the home is filled by one import, each record with one or two identifiers of persons who have four records; what
the database's table of identifiers took of that is told apart. Then batches come in whose records share values with
those: each is imported and resolved, and every tenth time the lake is shown what was. Processor seconds are those of
this process and of the database's processes. In the end the customers are compared with those of a resolution of
everything.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import ibis
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.csv as pa_csv
import sqlalchemy as sa

from quanyu.app.house import House
from quanyu.customers.identity import keeping, recognising
from quanyu.customers.identity.people import lock_people, read_people
from quanyu.customers.identity.policies import policy_of
from quanyu.customers.identity.reading import read_lake
from quanyu.customers.identity.recognising import land, recognise, resolve_new
from quanyu.customers.identity.resolving import resolve
from quanyu.customers.identity.tables import POINTING
from quanyu.customers.ingest.importing import import_files
from quanyu.foundation import home as homes
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

MAPPING = """
source: app
files: {file}
kinds:
  - kind: customer_record
    columns: {{key: id, gender: gender}}
    identifiers:
      - {{type: phone, column: phone}}
      - {{type: unionid, scope: brand, column: unionid}}
"""
BATCH, RATE, P99, FIRST = 100, 5_000, 0.050, 150  # the bars
LANDED = 10  # batches that are shown in the lake at once


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--records", type=int, default=1_000_000)
    arguments.add_argument("--batches", type=int, default=200)
    arguments.add_argument("--large", type=int, default=20_000)
    arguments.add_argument("--first", type=int, help="only load so many identifiers into an empty database")
    arguments.add_argument("--folder", type=Path, help="where some gigabytes have room for a while")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="quanyu-streaming-") as folder:
        settings = Settings.load(Path(folder) / "home")
        with closing(homes.create(settings, "main", "Asia/Shanghai", "CNY")) as home:
            bench = Bench(House(home), home.workspace(), Path(folder), np.random.default_rng(7))
            if given.first:
                bench.load(given.first)
            else:
                bench.run(given)


@dataclass
class Bench:
    house: House
    ws: Workspace
    folder: Path
    rng: np.random.Generator
    taken: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    records: int = 0
    identifiers: int = 0
    postmaster: psutil.Process | None = None
    servers: dict[int, float] = field(default_factory=dict[int, float])

    def run(self, given: argparse.Namespace) -> None:
        keeping._insert_new = self.timed("identifiers into the database", keeping._insert_new)
        recognising._store = self.timed("mapping into the database", recognising._store)
        self.import_new(given.records, "first ")
        self.timed("first recognition", recognise)(self.ws)
        customers = read_people(self.ws).alive.count()
        print(f"{self.records:,} records, {self.identifiers:,} identifiers; {customers:,} customers")
        self.told(*self.taken)
        self.taken.clear()
        self.step(given.large, "large ")
        self.timed("large landing", land)(self.ws)
        print(f"\n{given.large:,} more at once")
        self.told(*self.taken)
        steps = [self.taken[f"large {step}"][0][0] for step in ("import", "resolving", "landing")]
        print(f"resolved: {given.large / steps[1]:,.0f} records/s; with landing: {given.large / sum(steps[1:]):,.0f}")
        print(f"imported and recognised: {given.large / sum(steps):,.0f} records/s; the bar is {RATE:,}")
        for _ in range(LANDED):  # the first ones of a size are slower
            self.step(BATCH, "")
        land(self.ws)
        self.taken.clear()
        for number in range(given.batches):
            self.step(BATCH, "")
            if number % LANDED == LANDED - 1:
                self.timed(f"landing {LANDED} batches", land)(self.ws)
        land(self.ws)
        print(f"\n{given.batches} batches of {BATCH}")
        self.told(*self.taken)
        print(f"bars of resolving: {RATE:,} records/s; p99 of a batch {1000 * P99:.0f} ms")
        self.compare()

    def load(self, rows: int) -> None:
        """Load identifiers in random order as the first import of a home does: new hashes, two of them of a value."""
        words = np.frombuffer(self.rng.bytes(16 * (rows // 2)), np.uint8).reshape(-1, 16)
        digits = np.array([f"{byte:02x}".encode() for byte in range(256)])[words].view("S32").ravel()
        hashes = pa.array(digits.astype("U32"), pa.string()).take(pa.array(self.rng.integers(0, rows // 2, rows)))
        types = pa.array(["phone", "unionid", "openid"]).take(pa.array(self.rng.integers(0, 3, rows)))
        scope = pa.repeat(pa.scalar("brand:main"), rows)
        told = {"record": self.rng.permutation(rows), "type": types, "scope": scope, "value": scope}
        values = pa.table({**told, "value_hash": hashes})
        with self.ws.lake.landing("first", POINTING) as landing, self.ws.begin() as connection:
            lock_people(self.ws, connection)
            delivery = Delivery(self.ws, connection, landing, "app", 1, "CNY", 1, ibis.memtable(values), [])
            server = psutil.Process(connection.execute(sa.text("select pg_backend_pid()")).scalar_one())
            began, used = time.perf_counter(), time.process_time() + sum(server.cpu_times()[:2])
            keeping._insert_new(delivery, values)
            took, used = time.perf_counter() - began, time.process_time() + sum(server.cpu_times()[:2]) - used
        print(f"{rows:,} identifiers into the empty database: {took:.1f} s, {used:.1f} of processors")
        print(f"the bar is {FIRST} s for 30,000,000")

    def told(self, *names: str) -> None:
        print(f"{'':34}{'p50 ms':>10}{'p99 ms':>10}{'cpu ms':>10}{'records/s':>11}")
        for name in names:
            wall, used = np.array(self.taken[name]).T * 1000
            rows = BATCH if len(wall) > 1 and "landing" not in name else 0
            rate = f"{1000 * rows / wall.mean():,.0f}" if rows else ""
            print(f"{name:34}{np.median(wall):>10,.1f}{np.percentile(wall, 99):>10,.1f}{used.mean():>10,.1f}{rate:>11}")

    def step(self, records: int, name: str) -> None:
        """Import so many new records and resolve them."""
        began = time.perf_counter(), self.used()
        self.import_new(records, name)
        self.timed(f"{name}resolving", resolve_new)(self.ws)
        wall, used = time.perf_counter() - began[0], self.used() - began[1]
        self.taken.setdefault(f"{name}import and resolving", []).append((wall, used))

    def import_new(self, records: int, name: str) -> None:
        """Import so many new records of persons who have four on average."""
        ordinals = np.arange(self.records, self.records + records)
        persons = self.rng.integers(0, max((self.records + records) // 4, 1), records)
        phone = pa.array((13_000_000_000 + persons).astype(str), pa.string())
        some = self.rng.random(records) < 0.5
        columns = {
            "id": ordinals,
            "gender": np.where(persons % 2, "f", "m"),
            "phone": phone,
            "unionid": pa.array(np.char.add("u", persons.astype(str)), mask=~some),
        }
        pa_csv.write_csv(pa.table(columns), self.folder / "batch.csv")
        (self.folder / "mapping.yaml").write_text(MAPPING.format(file="batch.csv"))
        mapping = self.house.mapping(self.ws, self.folder / "mapping.yaml")
        self.timed(f"{name}import", import_files)(self.ws, mapping)
        self.records += records
        self.identifiers += records + int(some.sum())

    def timed(self, name: str, work: Callable[..., object]) -> Callable[..., object]:
        def timed(*given: object, **named: object) -> object:
            used, began = self.used(), time.perf_counter()
            result = work(*given, **named)
            wall = time.perf_counter() - began
            self.taken.setdefault(name, []).append((wall, self.used() - used))
            return result

        return timed

    def used(self) -> float:
        """Return processor seconds of this process and of the database's, also of those that have ended."""
        if self.postmaster is None:
            with self.ws.begin() as connection:
                backend = connection.execute(sa.text("select pg_backend_pid()")).scalar_one()
            self.postmaster = psutil.Process(backend).parent()
        assert self.postmaster is not None
        for process in self.postmaster.children():
            with suppress(psutil.NoSuchProcess):
                self.servers[process.pid] = sum(process.cpu_times()[:2])
        return time.process_time() + sum(self.servers.values())

    def compare(self) -> None:
        """Compare the customers with those of a resolution of everything."""
        with self.ws.begin() as connection:
            policy = policy_of(self.ws, connection)
            everything = read_lake(self.ws, connection, read_people(self.ws), policy)
        component = resolve(everything.known, everything.links, policy).component
        first = np.unique(component, return_index=True)[1][component]
        now = np.unique(everything.customer, return_index=True)[1][
            np.unique(everything.customer, return_inverse=True)[1]
        ]
        assert np.array_equal(first, now), "batches end otherwise than everything at once"
        print("the batches have ended in the customers of a resolution of everything")


if __name__ == "__main__":
    main()
