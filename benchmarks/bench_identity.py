"""Exact recognition at scale: twenty million records with thirty million identifiers, beside Splink's clustering.

    python benchmarks/bench_identity.py [--records 20000000] [--links 30000000] [--seed 7] [--folder FOLDER]

Identifiers come as 128-bit hashes in random order; numbering them is part of every time. Each contestant is a process
of its own. First a policy under which everything proves: Splink joins the same edges, and both have to find the same
partition. Its edges lead from each record of a value to the first one, the fewest that do, made in DuckDB; values that
more than a thousand records share are left out, as we leave them out. Then the policy for retail with all its guards,
which Splink has nothing like; there alone are devices and
partings. Compiling is not counted: it is done once and kept. Processor seconds are those of all
threads; seconds of a phase do not contain the phases that are named below it.
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
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quanyu.customers.identity import resolving
from quanyu.customers.identity.policy import MOST, Policy, TypeRule, default_policy
from quanyu.customers.identity.resolving import Known, Links, Resolution
from quanyu.customers.identity.waiting import number_hashes
from quanyu.foundation.text import Text

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
Given = tuple[Words, NDArray[np.int8], Integers, NDArray[np.bool_]]
Measured = dict[str, dict[str, float]]
BARE = Policy("bare", Text("Everything proves", "一律证明"), {}, TypeRule("proves"), "")
PHASES = {
    ("number",): "numbering",
    ("resolve", "_refused"): "limits",
    ("resolve", "join"): "cores",
    ("resolve", "_guard"): "guards",
    ("resolve", "_cut", "join"): "union",
    ("resolve", "_cut"): "conflicts",
    ("resolve", "_owned"): "owners",
    ("resolve",): "the rest",
}
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
        make(given.folder, given.records, links, given.seed)
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
    rows = [name for name in PHASES.values() if name != "the rest"] + ["the rest", "edges", "clustering", "total"]
    for row in rows:
        cells = [each["wall"].get(row) for each in (bare, retail, splink)]
        used = [each["processors"].get(row) for each in (bare, retail, splink)]
        shown = ["" if a is None else f"{a:.2f} ({b:.2f})" for a, b in zip(cells, used, strict=True)]
        print(f"{row:<26}" + "".join(f"{cell:>22}" for cell in shown))
    peak = [each["memory"]["peak"] for each in (bare, retail, splink)]
    print(f"{'peak memory, GB':<26}" + "".join(f"{each / 1e9:>22.2f}" for each in peak))
    limit = bare["limit"]
    print(
        f"\nlimit: what is given read once, {limit['bytes'] / 1e9:.2f} GB at {limit['rate'] / 1e9:.1f} GB/s: "
        f"{limit['bytes'] / limit['rate']:.2f} s"
    )
    total, theirs = bare["wall"]["total"], splink["wall"]["total"]
    joined = total - bare["wall"]["numbering"]
    print(f"Splink takes {theirs / total:.1f} times as long, {peak[2] / peak[0]:.1f} times the memory")
    print(f"after numbering and without making edges: {splink['wall']['clustering'] / joined:.1f} times as long")
    print(f"retail with its guards against Splink without any: {theirs / retail['wall']['total']:.1f} times as long")
    print(f"bar for retail at 20 million records: {SECONDS} s, {BYTES / 1e9:.1f} GB")


# What is measured -----------------------------------------------------------------------------------------------------


class Watch:
    """Wall and processor seconds by phase, each without the phases within it."""

    def __init__(self) -> None:
        self.wall: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        self._open: list[tuple[str, float, float]] = []

    def watched(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any) -> Any:
            outer = tuple(each[0] for each in self._open)
            self._open.append((name, 0.0, 0.0))
            began, used = time.perf_counter(), time.process_time()
            result = call(*args)
            wall, processors = time.perf_counter() - began, time.process_time() - used
            _, inner, inner_used = self._open.pop()
            phase = PHASES[(*outer, name)]
            self.wall[phase] += wall - inner
            self.used[phase] += processors - inner_used
            if self._open:
                above, spent, spent_used = self._open[-1]
                self._open[-1] = (above, spent + wall, spent_used + processors)
            return result

        return timed


def by_us(folder: Path, name: str) -> Measured:
    resolving.resolve(read_known(folder, name, 1000), number(*read_links(folder, 1000)), default_policy())  # compiles
    watch = Watch()
    for part in ("_refused", "_guard", "_cut", "_owned", "join"):
        setattr(resolving, part, watch.watched(part, getattr(resolving, part)))
    known, given = read_known(folder, name), read_links(folder)
    told = [getattr(known, column) for column in ("source", "follows", "family", "name", "born", "gender")]
    size = sum(array.nbytes for array in (*given, *told))
    rate = reading(given[0])
    if name == "bare":
        given[-1][:] = False
    links = watch.watched("number", number)(*given)
    del given, told
    found = watch.watched("resolve", resolving.resolve)(known, links, BARE if name == "bare" else default_policy())
    np.save(folder / f"{name}-result.npy", first_records(found))
    if name == "bare":
        np.save(folder / "shared.npy", np.bincount(links.key))
    return {**measured(watch.wall, watch.used), "limit": {"bytes": size, "rate": rate}}


def number(words: Words, kind: NDArray[np.int8], record: Integers, parted: NDArray[np.bool_]) -> Links:
    key = number_hashes(words)
    kinds = np.zeros(int(key.max()) + 1, np.int64)
    kinds[key] = kind
    return Links(record, key, kinds, KINDS, parted)


def first_records(found: Resolution) -> Integers:
    """Return the first record of each record's customer, -1 for nobody's."""
    first = np.full(len(found.component), -1)
    mine = np.flatnonzero(found.component >= 0)[::-1]
    first[found.component[mine]] = mine
    return np.where(found.component >= 0, first[found.component], -1)


def by_splink(folder: Path) -> Measured:
    import duckdb
    import pyarrow as pa
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    connection = duckdb.connect(config={"threads": 2, "memory_limit": "14GB", "preserve_insertion_order": False})
    connection.execute(f"set enable_progress_bar = false; set temp_directory = '{folder}/spill'")
    words, _, record, _ = read_links(folder)
    records = len(np.load(folder / "born.npy", mmap_mode="r"))
    links = pa.table({"record": record, "high": words[:, 0].copy(), "low": words[:, 1].copy()})
    del words, record
    connection.register("links", links)
    began, used = time.perf_counter(), time.process_time()
    connection.execute(f"""
        create table edges as
        select first as record_l, record as record_r from links
        join (select high, low, min(record) as first from links group by high, low
              having count(*) between 2 and {MOST}) using (high, low) where record <> first""")
    connection.unregister("links")
    del links
    connection.execute(f"create table nodes as select range as record from range({records})")
    wall, processors = {"edges": time.perf_counter() - began}, {"edges": time.process_time() - used}
    began, used = time.perf_counter(), time.process_time()
    api = DuckDBAPI(connection)
    found = cluster_pairwise_predictions_at_threshold("nodes", "edges", api, "record")
    wall["clustering"], processors["clustering"] = time.perf_counter() - began, time.process_time() - used
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


def reading(array: Words) -> float:
    """Return the bytes that one core reads in a second."""
    taken: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        array.sum()
        taken.append(time.perf_counter() - began)
    return array.nbytes / min(taken)


# What is recognised ---------------------------------------------------------------------------------------------------


def make(folder: Path, records: int, links: int, seed: int) -> None:
    """Write records of persons who have four of them on average, and what identifies them.

    Seven of ten records name nobody. Some values belong to a household, and few of each type to very many.
    """
    rng = np.random.default_rng(seed)
    persons = max(records // 4, 1)
    person = rng.integers(0, persons, records)
    write_known(folder, rng, person)
    assert records <= links <= 2 * records
    kind = rng.choice(len(KINDS), records, p=WEIGHTS).astype(np.int8)
    twice = rng.permutation(records)[: links - records]
    other = rng.choice(len(KINDS), len(twice), p=WEIGHTS).astype(np.int8)
    other = np.where(other == kind[twice], (other + 1) % len(KINDS), other).astype(np.int8)
    record, kind = np.r_[np.arange(records), twice], np.r_[kind, other]
    order = rng.permutation(links)
    record, kind = record[order], kind[order]
    value = values_of(rng, person[record], kind, persons)
    np.save(folder / "words.npy", np.stack([mixed(value, kind, 1), mixed(value, kind, 2)], axis=1))
    np.save(folder / "kind.npy", kind)
    np.save(folder / "links.npy", record)
    np.save(folder / "parted.npy", rng.random(links) < 0.0001)


def values_of(rng: np.random.Generator, person: Integers, kind: NDArray[np.int8], persons: int) -> Integers:
    """Return a value for each link: the person's own or his second one, a household's, or one of very many people."""
    single = kind == [name for name, _ in KINDS].index("unionid")
    second = rng.random(len(person)) < np.where(single, 0.02, 0.2)
    value = person * 2 + second
    drawn = rng.random(len(person))
    household = (drawn < 0.05) & ~single
    value[household] = 2 * persons + person[household] // 3
    crowd = drawn < np.where(single, 0.0002, 0.02)
    few = max(persons // 800, 2)
    value[crowd] = 3 * persons + np.power(few, rng.random(int(crowd.sum()))).astype(np.int64)
    return value


def write_known(folder: Path, rng: np.random.Generator, person: Integers) -> None:
    """Write what records say: of seven in ten no name, of the others here and there another one than the person's."""
    records = len(person)
    wrong = rng.random(records) < 0.03
    bearer = np.where(wrong, rng.integers(0, records, records), person)
    name = bearer * 2654435761 % max(records // 10, 10)
    drawn = rng.random(records)
    columns = {
        "source": (8 * rng.random(records) ** 2).astype(np.int64),
        "follows": rng.random(records) < 0.05,
        "name": np.where(drawn < 0.3, mixed(name, np.int8(0), 3).view(np.int64), 0),
        "family": np.where(drawn < 0.35, mixed(name // 200, np.int8(0), 4).view(np.int64), 0),
        "born": np.where(rng.random(records) < 0.2, (1 + bearer % 12) * 100 + 1 + bearer % 28, 0),
        "gender": np.where(rng.random(records) < 0.4, 1 + bearer % 2, 0),
    }
    for column, array in columns.items():
        np.save(folder / f"{column}.npy", array)


def mixed(value: Integers, kind: NDArray[np.int8] | np.int8, salt: int) -> Words:
    """Return a word of a hash (the finisher of splitmix64)."""
    word = value.astype(np.uint64) + (np.asarray(kind).astype(np.uint64) << np.uint64(48)) + np.uint64(salt << 56)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor)
    return word ^ (word >> np.uint64(31))


def read_links(folder: Path, most: int | None = None) -> Given:
    """Return hash, kind, record and whether it is parted of links; of a few of them, records among as many."""
    words, kind, record, parted = (
        np.array(np.load(folder / f"{name}.npy", mmap_mode="r")[:most]) for name in ("words", "kind", "links", "parted")
    )
    return words, kind, record if most is None else record % most, parted


def read_known(folder: Path, name: str, most: int | None = None) -> Known:
    """Return what records say; where everything proves, everybody is a person."""
    column = {
        path: np.array(np.load(folder / f"{path}.npy", mmap_mode="r")[:most])
        for path in ("source", "follows", "family", "name", "born", "gender")
    }
    if name == "bare":
        column["follows"][:] = False
    return Known(np.arange(len(column["source"])), **column)


if __name__ == "__main__":
    main()
