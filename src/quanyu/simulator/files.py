"""Turns the integers of a company into its systems' files: each file is a query over one part, told by its heading."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from isal import igzip

from quanyu.simulator.campaigns import plan
from quanyu.simulator.phones import staff_number
from quanyu.simulator.places import addresses
from quanyu.simulator.world import World

FORMS = ("csv", "csv bom", "csv gb18030", "csv gz", "tsv", "jsonl", "jsonl gz")
_HEADING = re.compile(r"^-- (file|from|form|stores): (.+)$", re.MULTILINE)
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Shape:
    """One file of one system. `{month}` in its path and part stands for each month.

    A query that serves several online stores alike names them, finds its own in the variable `store`, and says
    `{store}` in its heading.
    """

    path: str  # below the output folder
    part: str  # which integers it is made of, `none` for the fixed parts of the world
    form: str
    query: str
    store: str = ""


@cache
def shapes() -> tuple[Shape, ...]:
    """Return every file that the company's systems write."""
    folder = files("quanyu.simulator.sources")
    found = [
        (source.name, query) for source in folder.iterdir() if source.is_dir() for query in source.iterdir()
        if query.name.endswith(".sql")
    ]  # fmt: skip
    texts = [query.read_text(encoding="utf-8") for _, query in sorted(found, key=lambda f: (f[0], f[1].name))]
    return tuple(shape for text in texts for shape in _shapes_of(text))


def _shapes_of(text: str) -> list[Shape]:
    told = dict(_HEADING.findall(text))
    return [
        Shape(told["file"].replace("{store}", store), told["from"].replace("{store}", store), told["form"], text, store)
        for store in told.get("stores", "").split(", ")
    ]


def open_writer(world: World) -> duckdb.DuckDBPyConnection:
    """Return a connection that knows the fixed parts of the world and the words of the files."""
    connection = duckdb.connect()
    connection.execute(
        "set enable_progress_bar = false; set threads = 1; set memory_limit = '2500MB';"
        "set preserve_insertion_order = true"
    )
    # Joins stay as they are written, part first: events are sorted before small tables are joined to them.
    connection.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
    for name, table in _fixed(world).items():
        connection.register("given", table)
        connection.execute(f"create table {name} as select * from given")
        connection.unregister("given")
    prelude = files("quanyu.simulator.sources").joinpath("prelude.sql").read_text(encoding="utf-8")
    connection.execute(prelude)
    return connection


def _fixed(world: World) -> dict[str, pa.Table]:
    goods, names, places, company = world.catalogue, world.names, addresses(), world.organisation
    sends = plan(world)
    phones = staff_number(world.arguments.seed, np.arange(company.staff.num_rows))
    campaigns = pa.table(
        {
            "campaign": pa.array(range(len(sends))),
            "day": pa.array(world.first + sends.day),
            "channel": sends.channel,
            "category": sends.category,
            "offer": (sends.offer * 100).astype(int),
            "share": sends.share,
        }
    )
    arguments = pa.table(
        {"first": [world.arguments.first], "last": [world.arguments.until], "seed": [world.arguments.seed]}
    )
    return {
        "skus": goods.skus,
        "categories": goods.categories,
        "bundles": goods.bundles,
        "platform_codes": goods.platform_codes,
        "surnames": names.surnames,
        "given_characters": names.given_characters,
        "nicknames": names.nicknames,
        "homophones": names.homophones,
        "cities": world.cities.table,
        "districts": world.cities.districts,
        "roads": places.roads,
        "estates": places.estates,
        "stations": places.stations,
        "stores": company.stores,
        "staff": company.staff.append_column("phone", [phones]),
        "units": company.units,
        "campaigns": campaigns,
        "company": arguments,
    }


def write_file(connection: duckdb.DuckDBPyConnection, shape: Shape, parts: list[Path], target: Path) -> int:
    """Write one file from its parts, in the order of its query, and return its size in bytes."""
    connection.execute(f"set variable store = '{shape.store}'")
    if shape.part != "none":
        connection.read_parquet([str(part) for part in parts]).create_view("part", replace=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if shape.form.startswith("jsonl"):
        _write_lines(connection, shape, target)
    else:
        _write_delimited(connection, shape, target)
    return target.stat().st_size


def _write_lines(connection: duckdb.DuckDBPyConnection, shape: Shape, target: Path) -> None:
    """Write a query of one text column that ends its lines itself; the buffers of the texts are the file."""
    # Larger batches are slower: their memory comes fresh from the system each time.
    reader = connection.sql(shape.query).to_arrow_reader(1 << 12)
    with target.open("wb") as raw:
        out = igzip.IGzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0) if shape.form == "jsonl gz" else raw
        for batch in reader:
            out.write(_text(batch.column(0)))
        if out is not raw:
            out.close()


def _text(lines: pa.Array) -> memoryview:
    """Return the bytes of all texts, one after the other."""
    whole = lines.cast(pa.large_string())
    _, offsets, data = whole.buffers()
    if data is None or offsets is None:
        return memoryview(b"")
    edges = memoryview(offsets).cast("q")
    return memoryview(data)[edges[whole.offset] : edges[whole.offset + len(whole)]]


def _write_delimited(connection: duckdb.DuckDBPyConnection, shape: Shape, target: Path) -> None:
    encoding = shape.form.partition(" ")[2]
    recoded = encoding in ("gb18030", "gz")
    plain = target.with_suffix(".utf8") if recoded else target
    separator = "\t" if shape.form.startswith("tsv") else ","
    query = shape.query.rstrip().rstrip(";")
    if encoding == "bom":
        query = _marked(connection, query)
    connection.execute(f"copy ({query}\n) to '{plain}' (format csv, header true, delimiter '{separator}')")
    if recoded:
        with target.open("wb") as raw:
            out = igzip.IGzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0) if encoding == "gz" else raw
            for lines in _chunks(plain):
                out.write(lines if encoding == "gz" else lines.decode().encode("gb18030"))
            if out is not raw:
                out.close()
        plain.unlink()


def _marked(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """Let the name of the first column begin with a byte order mark: a second pass over the file would cost as much."""
    first, *others = connection.sql(query).columns
    return "select * from ({}\n) as marked({})".format(query, ", ".join(f'"{n}"' for n in ("\ufeff" + first, *others)))


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield whole lines, some megabytes at a time."""
    with path.open("rb") as opened:
        rest = b""
        while read := opened.read(_CHUNK):
            end = read.rfind(b"\n") + 1
            yield rest + read[:end]
            rest = read[end:]
        yield rest
