"""A grocery retailer by command: the shipped households, and the public files of "Complete Journey" beside them."""

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from tests.conftest import shared_data

from quanyu.app.house import opened
from quanyu.commerce.catalog.tables import PRODUCTS
from quanyu.commerce.orders.tables import ORDER_HEADERS, ORDER_LINES, ORDERS
from quanyu.commerce.stores.tables import STORES
from quanyu.customers.identity.tables import RECORDS
from quanyu.foundation.lake.model import Value
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

EXAMPLE = Path(__file__).parents[2] / "examples" / "complete_journey"
MAPPINGS = ("households.yaml", "products.yaml", "transactions.yaml")
WRITTEN_BY_R = {"9e+05": "900000", "4.0128e+10": "40128000000"}
Ask = Callable[..., dict[str, Any]]
Counts = dict[str, tuple[int, int, int, int]]


def brought_in(ask: Ask, folder: Path) -> Counts:
    """Import the three mappings; return read, landed, rejected and known by kind."""
    ask("init", "--time-zone", "America/New_York", "--currency", "USD")
    kinds = [kind for one in ask("import", *MAPPINGS, folder=folder)["imports"] for kind in one["kinds"]]
    return {k["kind"]: (k["read"], k["landed"], k["rejected"], k["known"]) for k in kinds}


def mended(ask: Ask, folder: Path) -> dict[str, Any]:
    """Put the digits back that R has left out of two keys, and replay."""
    ask("rejects", "--export", "mend.csv", folder=folder)
    text = (folder / "mend.csv").read_text("utf-8")
    for short, whole in WRITTEN_BY_R.items():
        assert short in text
        text = text.replace(short, whole)
    (folder / "mend.csv").write_text(text, "utf-8")
    return ask("rejects", "replay", "mend.csv", folder=folder)


def test_the_shipped_households_from_files_to_an_audience(ask: Ask, tmp_path: Path):
    folder = tmp_path / "journey"
    shutil.copytree(EXAMPLE, folder)
    assert brought_in(ask, folder) == {
        "customer_record": (22, 22, 0, 0),
        "product": (52, 51, 1, 0),
        "order_line": (2_064, 2_062, 2, 0),
        "order": (2_062, 804, 0, 1_258),
        "store": (2_062, 4, 0, 2_058),
    }
    mended(ask, folder)
    assert ask("status")["sources"][0]["open_rejects"] == 0
    assert ask("identify")["customers"] == 60
    ask("tag", "compute", "--as-of", "2017-12-31")
    assert ask("audience", "count", folder / "audiences" / "slipping_away.yaml")["size"] == 6


def test_its_files_are_drawn_again_alike(tmp_path: Path):
    spec = importlib.util.spec_from_file_location("make_complete_journey", EXAMPLE / "make.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    made.write(tmp_path / "data")
    files = sorted((EXAMPLE / "data").glob("*.parquet"))
    assert len(files) == 3
    assert all(pq.read_table(tmp_path / "data" / file.name).equals(pq.read_table(file)) for file in files)


def test_the_public_files_give_their_known_figures(ask: Ask, untouched: dict[str, str], tmp_path: Path):
    public = shared_data("complete_journey", "transactions_sample.parquet").parent
    for name in MAPPINGS:
        shutil.copy(EXAMPLE / name, tmp_path)
    (tmp_path / "data").symlink_to(public)
    assert brought_in(ask, tmp_path) == {
        "customer_record": (801, 801, 0, 0),
        "product": (92_331, 92_330, 1, 0),
        "order_line": (75_000, 74_999, 1, 0),
        "order": (74_999, 47_242, 0, 27_757),
        "store": (74_999, 293, 0, 74_706),
    }
    mended(ask, tmp_path)
    assert ask("identify")["customers"] == 2_377
    lake_is_as_published(untouched)


def lake_is_as_published(environment: dict[str, str]) -> None:
    settings = Settings(Path(environment["QUANYU_HOME"]), environment["QUANYU_DATABASE_URL"], 1 << 30, 2)
    with opened(settings) as house:
        found = figures(house.home.workspace())
    assert found == {
        "lines": 75_000,
        "cents": 23_393_524,
        "households": 2_377,
        "sale_lines": 74_471,
        "baskets": 47_243,
        "basket_cents": 23_393_524,
        "stores": 293,
        "without_store": 0,
        "described": 801,
        "products": 92_331,
        "departments": 32,
        "categories": 303,
        "types": 2_378,
    }


def figures(workspace: Workspace) -> dict[str, int]:
    """Measure the tables that the three files land in."""
    lake = workspace.lake
    tables = (ORDER_LINES, ORDERS, ORDER_HEADERS, STORES, RECORDS, PRODUCTS)
    vector = lake.vector(tables)
    found: list[Value] = [lake.table(table, vector) for table in tables]
    lines, orders, headers, stores, records, products = found
    measured: list[Value] = [
        lines.aggregate(
            lines=lines.count(),
            cents=lines.amount.sum(),
            households=lines.record.nunique(),
            sale_lines=(lines.line_type == "sale").sum(),
        ),
        orders.aggregate(baskets=orders.count(), basket_cents=orders.sale_amount.sum()),
        headers.aggregate(without_store=headers.store.isnull().sum()),
        stores.aggregate(stores=stores.code.nunique()),
        records.aggregate(described=records.record.nunique()),
        products.aggregate(
            products=products.count(),
            departments=products.category_1.nunique(),
            categories=products.category_2.nunique(),
            types=products.category_3.nunique(),
        ),
    ]
    return {name: value for table in measured for name, value in lake.to_arrow(table).to_pylist()[0].items()}
