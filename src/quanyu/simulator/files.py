"""Which files the company's systems write: each is a query over one part, told by its heading, and their words."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from quanyu.simulator.campaigns import plan
from quanyu.simulator.formats import Shape
from quanyu.simulator.phones import staff_number
from quanyu.simulator.places import addresses
from quanyu.simulator.world import World

# What the queries of several systems say alike; each topic uses those before it.
_WORDS = ("numbers", "ids", "part", "people", "orders", "campaigns", "screens", "devices", "events")
_HEADING = re.compile(r"^-- (file|from|form|stores): (.+)$", re.MULTILINE)
# By what the rows of each table are sorted before small tables are joined to them; events are by their own query.
_IN_ORDER = {
    "records": "moment, key",
    "lines": "moment, number, position",
    "messages": "moment, number",
    "returns": 'opened_at, "case"',
    "coupons": "issued_at, coupon",
}


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


def open_writer(world: World, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Return a connection that knows the fixed parts of the world and the words of the files.

    What does not fit into its memory goes to the folder `spill`.
    """
    connection = duckdb.connect()
    if spill:
        connection.execute(f"set temp_directory = '{spill}'")
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
    for topic in _WORDS:
        connection.execute(files("quanyu.simulator.sources").joinpath(f"{topic}.sql").read_text(encoding="utf-8"))
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


def show_part(
    connection: duckdb.DuckDBPyConnection, part: str, pieces: Sequence[Path], months: Sequence[int]
) -> list[int]:
    """Let queries see these pieces as `part`, in the order of time; return which of its span's months it has rows of.

    Joins keep the order of their first table: what is sorted is numbers alone. As `pieces` they stand as they come, for
    queries that only count. A part of one month has rows of that, or it would not be.
    """
    order = _IN_ORDER.get(part.partition("/")[0])
    stored = ", ".join(f"'{piece}'" for piece in pieces)
    connection.execute(f"create or replace view pieces as select * from read_parquet([{stored}])")
    connection.execute(f"create or replace view part as select * from pieces{f' order by {order}' if order else ''}")
    if len(months) < 2:
        return list(months)
    return [month for (month,) in connection.execute('select distinct "month" from pieces order by 1').fetchall()]
