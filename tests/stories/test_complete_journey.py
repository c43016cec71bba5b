"""A grocery retailer by command: its made-up files are drawn alike, and the public files give their known figures."""

import importlib.util
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow.parquet as pq
import pytest
from tests.conftest import shared_data

from quanyu.app.house import opened
from quanyu.commerce.catalog.tables import PRODUCTS
from quanyu.commerce.coupons.tables import COUPONS
from quanyu.commerce.orders.tables import ORDER_HEADERS, ORDER_LINES, ORDERS
from quanyu.commerce.stores.tables import STORES
from quanyu.customers.identity.tables import RECORDS
from quanyu.customers.messages.tables import MESSAGES
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

EXAMPLE = Path(__file__).parents[2] / "examples" / "complete_journey"
MAPPINGS = ("households.yaml", "products.yaml", "transactions.yaml", "campaigns.yaml", "coupons.yaml")
MOST_PIECES = 1_000  # of one line: above it are thousandths of a gallon
WRITTEN_BY_R = {"9e+05": "900000", "4.0128e+10": "40128000000"}
Ask = Callable[..., dict[str, Any]]
Counts = dict[str, tuple[int, int, int, int]]


def brought_in(ask: Ask, folder: Path) -> Counts:
    """Import the mappings; return read, landed, rejected and known by kind."""
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


def test_its_files_are_drawn_again_alike(tmp_path: Path):
    spec = importlib.util.spec_from_file_location("make_complete_journey", EXAMPLE / "make.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    made.write(tmp_path / "data")
    files = sorted((EXAMPLE / "data").glob("*.parquet"))
    assert len(files) == 5
    assert all(pq.read_table(tmp_path / "data" / file.name).equals(pq.read_table(file)) for file in files)


@pytest.mark.scale
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
        "message": (6_589, 6_589, 0, 0),
        "coupon": (2_102, 2_102, 0, 0),
    }
    mended(ask, tmp_path)
    assert ask("identify")["customers"] == 2_379  # two households got letters, but bought nothing in the sample
    assert measured(untouched, sold) == {
        "lines": 75_000,
        "cents": 23_393_524,
        "households": 2_377,
        "sale_lines": 74_471,
        "returned_lines": 0,
        "without_pieces": 416,
        "pieces": 97_742,
        "fuel": 7_686_952,
        "evening_lines": 12_699,  # on the day before in New York
        "first_day": date(2017, 1, 1),
        "last_day": date(2017, 12, 31),
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
    assert measured(untouched, mailed) == {
        "memberships": 6_589,
        "campaigns": 27,
        "targeted": 1_559,
        "redemptions": 2_102,
        "redeemers": 410,
        "untargeted": 0,
    }


def measured(environment: dict[str, str], measure: Callable[[Workspace], list[Value]]) -> dict[str, Any]:
    """Return the single rows that `measure` gives, as one."""
    settings = Settings(Path(environment["QUANYU_HOME"]), environment["QUANYU_DATABASE_URL"], 1 << 30, 2)
    with opened(settings) as house:
        workspace = house.home.workspace()
        rows = [workspace.lake.to_arrow(table).to_pylist()[0] for table in measure(workspace)]
    return {name: value for row in rows for name, value in row.items()}


def tables_of(workspace: Workspace, *tables: LakeTable) -> list[Value]:
    vector = workspace.lake.vector(tables)
    return [workspace.lake.table(table, vector) for table in tables]


def sold(workspace: Workspace) -> list[Value]:
    """Measure what the tills, the list of products and the households say."""
    tables = tables_of(workspace, ORDER_LINES, ORDERS, ORDER_HEADERS, STORES, RECORDS, PRODUCTS)
    lines, orders, headers, stores, records, products = tables
    fuel, day_in_utc = lines.quantity > MOST_PIECES, lines.placed_at.cast("timestamp").date()
    return [
        lines.aggregate(
            lines=lines.count(),
            cents=lines.amount.sum(),
            households=lines.record.nunique(),
            sale_lines=(lines.line_type == "sale").sum(),
            returned_lines=(lines.line_type == "return").sum(),
            without_pieces=((lines.quantity == 0) & (lines.line_type == "adjustment") & (lines.amount == 0)).sum(),
            pieces=lines.quantity.sum(where=~fuel).cast("int64"),
            fuel=lines.quantity.sum(where=fuel).cast("int64"),
            evening_lines=(lines.business_date == day_in_utc - ibis.interval(days=1)).sum(),
            first_day=lines.business_date.min(),
            last_day=lines.business_date.max(),
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


def mailed(workspace: Workspace) -> list[Value]:
    """Measure the letters of campaigns, the redeemed coupons, and the coupons of households that got no letter."""
    letters, coupons = tables_of(workspace, MESSAGES, COUPONS)
    return [
        letters.aggregate(
            memberships=letters.count(), campaigns=letters.campaign.nunique(), targeted=letters.record.nunique()
        ),
        coupons.aggregate(redemptions=coupons.count(), redeemers=coupons.record.nunique()),
        coupons.anti_join(letters, ["record", "campaign"]).aggregate(untargeted=ibis._.count()),
    ]
