"""Exact recognition at scale, from lake to lake: twenty million records, thirty million identifiers, beside Splink.

    python benchmarks/bench_identity.py [--records 20000000] [--links 30000000] [--seed 7] [--folder FOLDER]

The roll lies in the lake in random order, as imports have written it. The time ends when the mapping of record to
customer is committed in the lake; what is left open is asked after that, and PostgreSQL's copy of the mapping comes
later (bench_streaming.py). Each contestant is a process of its own. First a policy under which everything proves:
Splink joins the same edges, made in DuckDB from the same files, and both have to find the same partition. Its edges
lead from each record of a value to the first one, the fewest that do; values of more than a thousand records are left
out, as we do. Then the policy for retail with its guards, which Splink has nothing like; there alone are devices and
partings. Compiling is not counted: it is kept. Processor seconds are those of all threads.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import ibis
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from quanyu.customers.identity import reading, resolving
from quanyu.customers.identity.assigning import assign
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.policy import MOST, Policy, TypeRule, default_policy
from quanyu.customers.identity.resolving import Links, Resolution
from quanyu.customers.identity.tables import (
    CUSTOMER_OF_RECORD,
    GIVEN_IDENTIFIERS,
    OPENED_RECORDS,
    RECORDS,
    identifier,
    identity_act,
    identity_decision,
    population,
)
from quanyu.foundation import home as homes
from quanyu.foundation.database.copying import insert_rows
from quanyu.foundation.home import Home
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.tables import lake_table
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

KINDS = (
    ("phone", "global"),
    ("openid", "app:mini"),
    ("unionid", "brand:main"),
    ("member_card", "brand:main"),
    ("email", "global"),
    ("device", "app:mini"),
    ("user_id", "app:shop"),
    ("receiver_phone", "global"),
)
WEIGHTS = (0.4, 0.12, 0.12, 0.1, 0.06, 0.08, 0.08, 0.04)
Words, Integers = NDArray[np.uint64], NDArray[np.int64]
Measured = dict[str, dict[str, float]]
BARE = Policy("bare", Text("Everything proves", "一律证明"), {}, TypeRule("proves"), "")
PHASES = {
    ("read_lake", "_given"): "reading identifiers",
    ("read_lake", "_known"): "reading records, numbering",
    ("read_lake", "_waiting"): "links",
    ("resolve", "_refused"): "limits",
    ("resolve", "join"): "cores",
    ("resolve", "_guard"): "guards",
    ("resolve", "_cut", "join"): "union",
    ("resolve", "_cut"): "conflicts",
    ("resolve", "_owned"): "owners",
    ("resolve",): "the rest",
    ("assign",): "assigning",
    ("land",): "writing the mapping",
}
PARTS = [
    *((reading, part) for part in ("_given", "_known", "_waiting")),
    *((resolving, part) for part in ("_refused", "_guard", "_cut", "_owned", "join")),
]
_NONE = np.zeros(0, np.int64)
NOBODY_YET = pa.table({"customer": _NONE, "founder": _NONE})
NO_LINKS = Links(_NONE, _NONE, _NONE, (), _NONE.astype(np.bool_))
SMALL = 1000  # records in the workspace in which everything is compiled
SECONDS, BYTES = 30, 8 << 30  # the bar at 20 million records


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--records", type=int, default=20_000_000)
    arguments.add_argument("--links", type=int, help="half as many again as records, if not given; at most twice")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--folder", type=Path, help="where some gigabytes have room for a while")
    arguments.add_argument("--contestant", choices=("bare", "retail", "splink", "data"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    links = given.links or given.records * 3 // 2
    if given.contestant == "data":
        make(given.folder, "small", SMALL, SMALL * 3 // 2, given.seed)
        make(given.folder, "main", given.records, links, given.seed)
    elif given.contestant == "splink":
        print(json.dumps(by_splink(given.folder)))
    elif given.contestant:
        print(json.dumps(by_us(given.folder, given.contestant)))
    else:
        with tempfile.TemporaryDirectory(dir=given.folder, prefix="quanyu-identity-") as folder:
            compare(Path(folder), given.records, links, given.seed)


def compare(folder: Path, records: int, links: int, seed: int) -> None:
    sizes = ["--records", records, "--links", links, "--seed", seed]
    run(folder, "data", *sizes)
    bare, splink = run(folder, "bare"), run(folder, "splink")
    ours, theirs = (np.load(folder / f"{name}-result.npy") for name in ("bare", "splink"))
    assert np.array_equal(ours, theirs), "the partitions differ"
    describe(folder, records, links, ours)
    retail = run(folder, "retail")
    report(bare, retail, splink)


def run(folder: Path, contestant: str, *arguments: object) -> Measured:
    command = [sys.executable, __file__, "--contestant", contestant, "--folder", str(folder), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{contestant} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}


def describe(folder: Path, records: int, links: int, first: Integers) -> None:
    shared, largest = np.load(folder / "shared.npy"), int(np.bincount(first).max())
    parts = [f"{times}: {np.mean(shared == times):.1%}" for times in (1, 2, 3)]
    print(f"{records:,} records, {links:,} identifiers, {len(shared):,} values; records of a value {', '.join(parts)},")
    print(f"more than {MOST:,}: {np.sum(shared > MOST):,} values with {shared[shared > MOST].sum():,} records")
    print(f"equal partitions where everything proves: {len(np.unique(first)):,} customers, the largest {largest:,}\n")


def report(bare: Measured, retail: Measured, splink: Measured) -> None:
    names = ("everything proves", "retail", "Splink")
    print(f"{'seconds (of processors)':<26}" + "".join(f"{name:>22}" for name in names))
    for row in [*dict.fromkeys(PHASES.values()), "edges", "clustering", "total"]:
        cells = [each["wall"].get(row) for each in (bare, retail, splink)]
        used = [each["processors"].get(row) for each in (bare, retail, splink)]
        shown = ["" if a is None else f"{a:.2f} ({b:.2f})" for a, b in zip(cells, used, strict=True)]
        print(f"{row:<26}" + "".join(f"{cell:>22}" for cell in shown))
    peak = [each["memory"]["peak"] for each in (bare, retail, splink)]
    print(f"{'peak memory, GB':<26}" + "".join(f"{each / 1e9:>22.2f}" for each in peak))
    total, theirs = bare["wall"]["total"], splink["wall"]["total"]
    print(f"Splink takes {theirs / total:.1f} times as long, {peak[2] / peak[0]:.1f} times the memory")
    print(f"retail with its guards against Splink without any: {theirs / retail['wall']['total']:.1f} times as long")
    print(f"bar for retail at 20 million records: {SECONDS} s, {BYTES / 1e9:.1f} GB")


# What is measured -----------------------------------------------------------------------------------------------------


class Watch:
    """Wall and processor seconds by phase, each without the phases within it."""

    def __init__(self) -> None:
        self._open: list[tuple[str, float, float]] = []
        self.reset()

    def reset(self) -> None:
        self.wall: Counter[str] = Counter()
        self.used: Counter[str] = Counter()

    def watched(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **named: Any) -> Any:
            outer = tuple(each[0] for each in self._open)
            self._open.append((name, 0.0, 0.0))
            began, used = time.perf_counter(), time.process_time()
            result = call(*args, **named)
            wall, processors = time.perf_counter() - began, time.process_time() - used
            _, inner, inner_used = self._open.pop()
            phase = PHASES.get((*outer, name), "the rest")
            self.wall[phase] += wall - inner
            self.used[phase] += processors - inner_used
            if self._open:
                above, spent, spent_used = self._open[-1]
                self._open[-1] = (above, spent + wall, spent_used + processors)
            return result

        return timed


def by_us(folder: Path, name: str) -> Measured:
    policy = BARE if name == "bare" else default_policy()
    watch = Watch()
    with closing(opened(folder, "small")) as home:
        resolved(home.workspace("small"), policy, watch)  # compiles
    for module, part in PARTS:
        setattr(module, part, watch.watched(part, getattr(module, part)))
    with closing(opened(folder, "main")) as home:
        with home.workspace("main").begin() as connection:  # nobody has been recognised
            connection.execute(sa.delete(lake_table).where(lake_table.c.name == CUSTOMER_OF_RECORD.name))
        watch.reset()
        found, shared = resolved(home.workspace("main"), policy, watch)
    np.save(folder / f"{name}-result.npy", first_records(found))
    if name == "bare":
        np.save(folder / "shared.npy", shared)
    return measured(watch.wall, watch.used)


def opened(folder: Path, workspace: str) -> Home:
    return homes.create(Settings.load(folder / "home"), workspace, "Asia/Shanghai", "CNY")


def resolved(ws: Workspace, policy: Policy, watch: "Watch") -> tuple[Resolution, Integers]:
    """Do what recognition does with everything, but for the database's copy of it: read, resolve, assign, land."""
    with ws.lake.landing("recognise", [CUSTOMER_OF_RECORD]) as landing, ws.begin() as connection:
        people, bare = lock_people(ws, connection), policy is BARE
        waiting = watch.watched("read_lake", reading.read_lake)(ws, connection, people, policy)
        known, links = waiting.known, waiting.links
        if bare:  # everybody is a person of his own
            known.follows[:], links.parted[:] = False, False
        shared = np.bincount(links.key) if bare else links.key[:0]
        found = watch.watched("resolve", resolving.resolve)(known, links, policy)
        waiting, links = replace(waiting, links=NO_LINKS, high=_NONE, low=_NONE), None
        given = watch.watched("assign", assign)(waiting, found.component, NOBODY_YET, people.customers)
        del waiting

        def land() -> None:
            moved = ibis.memtable(pa.table({"record": given.records, "customer": given.customers}))
            landing.replace(CUSTOMER_OF_RECORD, moved)
            landing.publish(connection)

        watch.watched("land", land)()
    return found, shared


def first_records(found: Resolution) -> Integers:
    """Return the first record of each record's customer, -1 for nobody's."""
    first = np.full(len(found.component), -1)
    mine = np.flatnonzero(found.component >= 0)[::-1]
    first[found.component[mine]] = mine
    return np.where(found.component >= 0, first[found.component], -1)


def by_splink(folder: Path) -> Measured:
    import duckdb
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    connection = duckdb.connect(config={"threads": 2, "memory_limit": "14GB", "preserve_insertion_order": False})
    connection.execute(f"set enable_progress_bar = false; set temp_directory = '{folder}/spill'")
    with closing(opened(folder, "main")) as home:
        ws = home.workspace("main")
        version = ws.lake.vector([GIVEN_IDENTIFIERS])[GIVEN_IDENTIFIERS.name].version
        files = ws.lake.files(GIVEN_IDENTIFIERS, version)
        with ws.begin() as begun:
            records = lock_people(ws, begun).records
    connection.execute(f"create view links as select record, high, low from read_parquet({files})")
    began, used = time.perf_counter(), time.process_time()
    connection.execute(f"""
        create table edges as
        select first as record_l, record as record_r from links
        join (select high, low, min(record) as first from links group by high, low
              having count(*) between 2 and {MOST}) using (high, low) where record <> first""")
    connection.execute(f"create table nodes as select range as record from range({records})")
    wall, processors = {"edges": time.perf_counter() - began}, {"edges": time.process_time() - used}
    began, used = time.perf_counter(), time.process_time()
    api = DuckDBAPI(connection)
    found = cluster_pairwise_predictions_at_threshold("nodes", "edges", api, "record")
    wall["clustering"], processors["clustering"] = time.perf_counter() - began, time.process_time() - used
    began, used = time.perf_counter(), time.process_time()
    connection.execute(f"copy (select record, cluster_id from {found.physical_name}) to '{folder}/mapping.parquet'")
    wall["writing the mapping"] = time.perf_counter() - began
    processors["writing the mapping"] = time.process_time() - used
    result = measured(wall, processors)
    rows = connection.execute(f"select record, cluster_id from {found.physical_name}").fetchnumpy()
    first = np.full(records, -1)
    first[rows["record"]] = rows["cluster_id"]
    np.save(folder / "splink-result.npy", first)
    return result


def measured(wall: dict[str, float], processors: dict[str, float]) -> Measured:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "wall": {**wall, "total": sum(wall.values())},
        "processors": {**processors, "total": sum(processors.values())},
        "memory": {"peak": peak},
    }


# What is recognised ---------------------------------------------------------------------------------------------------


def make(folder: Path, name: str, records: int, links: int, seed: int) -> None:
    """Fill a workspace with records of persons who have four of them on average, and what identifies them.

    Seven of ten records name nobody. Some values belong to a household, and few of each type to very many.
    """
    rng, persons = np.random.default_rng(seed), max(records // 4, 1)
    person = rng.integers(0, persons, records)
    assert records <= links <= 2 * records
    kind = rng.choice(len(KINDS), records, p=WEIGHTS).astype(np.int8)
    twice = rng.permutation(records)[: links - records]
    other = rng.choice(len(KINDS), len(twice), p=WEIGHTS).astype(np.int8)
    other = np.where(other == kind[twice], (other + 1) % len(KINDS), other).astype(np.int8)
    record, kind = np.r_[np.arange(records), twice], np.r_[kind, other]
    order = rng.permutation(links)
    record, kind = record[order], kind[order]
    value = values_of(rng, person[record], kind, persons)
    high, low = (mixed(value, kind, salt).view(np.int64) for salt in (1, 2))
    parted = np.flatnonzero(rng.random(links) < 0.0001)
    with closing(opened(folder, name)) as home:
        ws = home.workspace(name)
        tables = (RECORDS, OPENED_RECORDS, GIVEN_IDENTIFIERS)
        with ws.lake.landing("made", tables) as landing, ws.begin() as connection:
            lock_people(ws, connection)
            connection.execute(sa.update(population).values(records=records))
            make_partings(ws, connection, kind[parted], high[parted], low[parted], record[parted])
            types, scopes = (pa.array([pair[side] for pair in KINDS]) for side in (0, 1))
            told = {"record": record, "type": types.take(pa.array(kind)), "scope": scopes.take(pa.array(kind))}
            landing.append(GIVEN_IDENTIFIERS, pa.table({**told, "high": high, "low": low}))
            del record, kind, value, high, low, told
            make_known(landing, rng, person)
            landing.publish(connection)


def make_partings(
    ws: Workspace, connection: sa.Connection, kind: NDArray[np.int8], high: Integers, low: Integers, record: Integers
) -> None:
    """Write what somebody has parted, and an identifier of each kind: of these the database tells what there are."""
    words = zip(high.view(np.uint64).tolist(), low.view(np.uint64).tolist(), strict=True)
    told = {"verdict": "unlinked", "reason": "bench", "author": "bench", "decided_at": ws.clock.now()}
    act = sa.insert(identity_act).values(workspace=ws.number, **told).returning(identity_act.c.number)
    parted = {
        "workspace": np.full(len(kind), ws.number),
        "act": np.full(len(kind), connection.execute(act).scalar_one()),
        "place": np.arange(len(kind)),
        "type": [KINDS[each][0] for each in kind.tolist()],
        "scope": [KINDS[each][1] for each in kind.tolist()],
        "value_hash": pa.array([str(UUID(int=(first << 64) + last)) for first, last in words], pa.string()),
        "record": record,
    }
    insert_rows(connection, identity_decision, pa.table(parted))
    one_of_each = {
        "workspace": np.full(len(KINDS), ws.number),
        "type": [type_ for type_, _ in KINDS],
        "scope": [scope for _, scope in KINDS],
        "value_hash": [str(UUID(int=number)) for number in range(len(KINDS))],
        "record": np.zeros(len(KINDS), np.int64),
    }
    insert_rows(connection, identifier, pa.table(one_of_each))


def values_of(rng: np.random.Generator, person: Integers, kind: NDArray[np.int8], persons: int) -> Integers:
    """Return a value for each link: the person's own or his second one, a household's, or one of very many people."""
    single = kind == [name for name, _ in KINDS].index("unionid")
    value = person * 2 + (rng.random(len(person)) < np.where(single, 0.02, 0.2))
    drawn = rng.random(len(person))
    household = (drawn < 0.05) & ~single
    value[household] = 2 * persons + person[household] // 3
    crowd = drawn < np.where(single, 0.0002, 0.02)
    few = max(persons // 800, 2)
    value[crowd] = 3 * persons + np.power(few, rng.random(int(crowd.sum()))).astype(np.int64)
    return value


def make_known(landing: Landing, rng: np.random.Generator, person: Integers) -> None:
    """Write what records say: of seven in ten no name, of the others here and there another one than the person's."""
    records = len(person)
    wrong = rng.random(records) < 0.03
    bearer = np.where(wrong, rng.integers(0, records, records), person)
    name = bearer * 2654435761 % max(records // 10, 10)
    drawn, ordinal = rng.random(records), np.arange(records)
    source, follows = (8 * rng.random(records) ** 2).astype(np.int8), rng.random(records) < 0.05
    sources = pa.array([f"source-{n}" for n in range(8)]).take(pa.array(source))
    landing.append(OPENED_RECORDS, pa.table({"record": ordinal, "opened_by": sources, "follows": follows}))
    days = pa.array([f"{1 + n % 12:02}-{1 + n % 28:02}" for n in range(84)])
    columns = {
        "name_key": pa.array(mixed(name, np.int8(0), 3).view(np.int64), mask=drawn >= 0.3),
        "family_key": pa.array(mixed(name // 200, np.int8(0), 4).view(np.int64), mask=drawn >= 0.35),
        "birthday": days.take(pa.array(bearer % 84, mask=rng.random(records) >= 0.2)),
        "gender": pa.array(["f", "m"]).take(pa.array(bearer % 2, mask=rng.random(records) >= 0.4)),
    }
    now = pa.repeat(pa.scalar(0, pa.timestamp("us", "UTC")), records)
    landing.append(RECORDS, pa.table({"record": ordinal, "source": sources, **columns, "observed_at": now}))


def mixed(value: Integers, kind: NDArray[np.int8] | np.int8, salt: int) -> Words:
    """Return a word of a hash (the finisher of splitmix64)."""
    word = value.astype(np.uint64) + (np.asarray(kind).astype(np.uint64) << np.uint64(48)) + np.uint64(salt << 56)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor)
    return word ^ (word >> np.uint64(31))


if __name__ == "__main__":
    main()
