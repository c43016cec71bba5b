"""How many columns of public files are suggested rightly: with their headers, and with headers that say nothing.

Run: python benchmarks/measure_suggest.py [folder of public data]; the files are described in its README.
What is right stands in the examples' mappings, and below for files that no example has.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.suggesting import drafting
from quanyu.customers.ingest.suggesting.model import Suggestion
from quanyu.foundation.documents import read
from quanyu.foundation.errors import QuanyuError
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings

ROOT = Path(__file__).parents[1]
PUBLIC = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
KINDS = [kind for room in ROOMS for kind in room.kinds]
TRUTH = {
    "complete_journey/transactions_sample.parquet": {
        ("order_line", "order_number"): "basket_id",
        ("order_line", "customer"): "household_id",
        ("order_line", "product"): "product_id",
        ("order_line", "quantity"): "quantity",
        ("order_line", "unit_price"): "sales_value",
        ("order_line", "placed_at"): "transaction_timestamp",
    },
    "complete_journey/products.parquet": {
        ("product", "product"): "product_id",
        ("product", "brand"): "brand",
        ("product", "category_1_name"): "department",
        ("product", "category_2_name"): "product_category",
        ("product", "name"): "product_type",
    },
    "identity/fake_1000.csv": {
        ("customer_record", "key"): "unique_id",
        ("customer_record", "name"): "first_name",
        ("customer_record", "birth_date"): "dob",
        ("customer_record", "city"): "city",
        ("@", "email"): "email",
    },
    "identity/febrl4a.csv": {
        ("customer_record", "key"): "rec_id",
        ("customer_record", "name"): "given_name",
        ("customer_record", "birth_date"): "date_of_birth",
        ("customer_record", "address"): "address_1",
        ("customer_record", "city"): "suburb",
        ("customer_record", "province"): "state",
    },
    "places/stores_cn.csv": {
        ("store", "code"): "Store Number",
        ("store", "name"): "Store Name",
        ("store", "brand"): "Brand",
        ("store", "city"): "City",
        ("store", "province"): "State/Province",
        ("store", "address"): "Street Address",
        ("store", "longitude"): "Longitude",
        ("store", "latitude"): "Latitude",
    },
}
NOT_OURS = ("cdnow/cdnowElog.csv", "hillstrom/hillstrom.csv.gz", "attribution/PathData.csv.gz")
Columns = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Case:
    file: Path
    truth: Columns


def cases() -> Iterator[Case]:
    for mapping in sorted(ROOT.glob("examples/*/*.yaml")):
        told = read(mapping.read_text("utf-8")).value
        for folder in (mapping.parent, PUBLIC / "online_retail", PUBLIC / "complete_journey"):
            file = folder / str(told["files"])
            if file.is_file():
                yield Case(file, columns_of(told["kinds"]))
    for name, truth in TRUTH.items():
        if (PUBLIC / name).is_file():
            yield Case(PUBLIC / name, truth)


def columns_of(kinds: list) -> Columns:
    found: Columns = {}
    for entry in kinds:
        told = {name: first_of(given) for name, given in entry["columns"].items() if name != "observed_at"}
        found |= {(entry["kind"], name): column for name, column in told.items()}
        found |= {("@", each["type"]): each["column"] for each in entry.get("identifiers", ())}
    return found


def first_of(given: object) -> str:
    """Return the first column of an input that several may fill, or that is joined of several."""
    if isinstance(given, dict):
        return first_of(next(iter(given.values())))
    return first_of(given[0]) if isinstance(given, list) else str(given)


def suggested(one: Suggestion) -> Columns:
    found = {(e.kind.name, c.wanted.name): c.column.name for e in one.entries for c in e.chosen if c.column}
    return found | {("@", each.type): each.column.name for e in one.entries for each in e.identifiers}


def renamed(file: Path, folder: Path, place: SimpleNamespace, readers: Registry) -> tuple[Path, dict[str, str]]:
    """Write a file's first 20,000 rows anew with columns c1, c2 …"""
    (shape,) = drafting.find_shapes([file], readers)
    opened = shape.reader.open(place.lake.engine.backend(), [file], {})
    rows: pa.Table = place.lake.engine.backend().to_pyarrow(opened.rows.select(*opened.columns).limit(20_000))
    names = {name: f"c{i}" for i, name in enumerate(opened.columns, start=1)}
    target = folder / f"table_{len(list(folder.iterdir()))}.parquet"
    pq.write_table(rows.rename_columns([names[name] for name in rows.column_names]), target)
    return target, names


def measure(case: Case, place: SimpleNamespace, readers: Registry, folder: Path) -> tuple[int, int, int]:
    (shape,) = drafting.find_shapes([case.file], readers)
    started = time.perf_counter()
    try:
        given = suggested(drafting.suggest(place, KINDS, readers, shape, folder / "mapping.yaml", drafting.Wanted()))
    except QuanyuError as error:
        print(f"    {case.file.name}: {error.problem.en}")
        given = {}
    seconds = time.perf_counter() - started
    wrong = {at: (column, given.get(at)) for at, column in case.truth.items() if given.get(at) != column}
    target, names = renamed(case.file, folder / "renamed", place, readers)
    (shape,) = drafting.find_shapes([target], readers)
    kind = next(iter(case.truth))[0]
    try:
        blind = suggested(drafting.suggest(place, KINDS, readers, shape, folder / "blind.yaml", drafting.Wanted(kind)))
    except QuanyuError:
        blind = {}
    needed = {(each.name, wanted.name) for each in KINDS for wanted in each.inputs if wanted.required}
    core = [at for at in case.truth if at in needed or at == ("order_line", "customer") or at[0] == "@"]
    seen = sum(blind.get(at) == names[case.truth[at]] for at in core)
    name = f"{case.file.parent.name}/{case.file.name}"
    print(
        f"{name:58} {len(case.truth) - len(wrong):>2} of {len(case.truth):>2} by name,"
        f" {seen:>2} of {len(core):>2} needed ones by values alone, {seconds:5.1f} s"
    )
    for at, (column, other) in wrong.items():
        print(f"    {at[0]}.{at[1]}: {column}, suggested {other}")
    return len(case.truth) - len(wrong), len(case.truth), len(core) - seen


def main() -> None:
    readers = Registry("quanyu.sources")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "renamed").mkdir()
        engine = DuckDB(Settings(folder, None, memory=2 << 30, threads=2), folder / "spill")
        place = SimpleNamespace(lake=SimpleNamespace(engine=engine), time_zone="Europe/London", currency="GBP")
        totals = [measure(case, place, readers, folder) for case in cases()]
        right, asked = sum(t[0] for t in totals), sum(t[1] for t in totals)
        print(f"{right} of {asked} columns are right ({right / asked:.0%})")
        for other in NOT_OURS:
            (shape,) = drafting.find_shapes([PUBLIC / other], readers)
            try:
                found = drafting.suggest(place, KINDS, readers, shape, folder / "other.yaml", drafting.Wanted())
                print(f"{other}: {found.entries[0].kind.name}, {found.entries[0].score:.2f}")
            except QuanyuError as error:
                print(f"{other}: {error.problem.en} {error.received}")
        engine.close()


if __name__ == "__main__":
    main()
