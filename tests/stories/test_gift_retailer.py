"""The whole loop by command, from files to a measured campaign: the shipped example, and public data beside it."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.conftest import shared_data

from quanyu.app.house import opened
from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

EXAMPLES = Path(__file__).parents[2] / "examples"
CAMPAIGN = ("--arm", "segment", "--control", "No E-Mail", "--outcomes", "visit,conversion,spend")
BUYERS = """name: buyers
title: {en: Buyers, zh: 买家}
description: {en: Bought at least once., zh: 至少购买过一次。}
rule: {tag: frequency, is: ">=", value: 1}
"""
ONCE = BUYERS.replace("buyers", "once").replace('">="', '"="')
Ask = Callable[..., dict]


def counts(answer: dict) -> dict[str, tuple[int, int, int, int]]:
    """Return read, landed, rejected and known by kind, of an import alone."""
    (done,) = answer["imports"]
    return {k["kind"]: (k["read"], k["landed"], k["rejected"], k["known"]) for k in done["kinds"]}


def sizes(answer: dict) -> dict[str, int]:
    return {found["audience"]: found["size"] for found in answer["audiences"]}


@pytest.mark.long
def test_the_shipped_example_from_files_to_audiences(ask: Ask, tmp_path: Path):
    folder = tmp_path / "gift"
    shutil.copytree(EXAMPLES / "gift_retailer", folder)
    assert ask("init", "--time-zone", "Europe/London", "--currency", "GBP")["new"]
    assert counts(ask("import", "mapping.yaml", folder=folder)) == {
        "customer_record": (4_675, 300, 0, 4_375),
        "order_line": (6_176, 6_176, 0, 0),
        "product": (6_176, 181, 0, 5_995),
    }
    assert ask("identify") == {"records": 300, "created": 300, "merged": 0, "customers": 300}
    assert ask("tag", "compute", "--as-of", "2011-12-10")["customers"] == 300
    tiers = ask("tag", "rfm")["tiers"]
    assert sum(tier["customers"] for tier in tiers) == 300
    assert sum(tier["revenue_share"] for tier in tiers) == pytest.approx(1)
    ask("audience", "apply", *sorted((folder / "audiences").glob("*.yaml")))
    expected = {"frequent_returners": 11, "newcomers": 72, "quiet_big_spenders": 13}
    assert sizes(ask("audience", "refresh")) == expected
    assert ask("audience", "export", "quiet_big_spenders", "--out", "quiet.csv", folder=folder)["rows"] == 13
    assert len((folder / "quiet.csv").read_text().splitlines()) == 14
    assert all(found["skipped"] for found in ask("audience", "refresh")["audiences"])


def test_the_shipped_campaign_is_measured(ask: Ask):
    found = ask("experiment", "analyze", EXAMPLES / "email_test" / "campaign.csv", *CAMPAIGN)
    assert found["rows_read"] == 6_000
    assert not found["sample_ratio"]["alarm"]
    assert len(found["effects"]) == 6
    assert all(effect["absolute_low"] <= effect["absolute"] <= effect["absolute_high"] for effect in found["effects"])


@pytest.mark.scale
def test_the_public_file_gives_the_published_figures(ask: Ask, untouched: dict[str, str], tmp_path: Path):
    file = shared_data("online_retail", "online_retail_2010_12_2011_12.parquet")
    mapping = tmp_path / "mapping_full.yaml"
    shutil.copy(EXAMPLES / "gift_retailer" / mapping.name, mapping)
    mapping.with_name(file.name).symlink_to(file)
    ask("init", "--time-zone", "Europe/London", "--currency", "GBP")
    assert counts(ask("import", mapping))["order_line"] == (541_909, 541_909, 0, 0)
    assert ask("identify")["customers"] == 4_372
    # Published for the instant at the start of 10 December, which is the end of the 9th.
    ask("tag", "compute", "--as-of", "2011-12-09")
    assert sum(tier["orders"] for tier in ask("tag", "rfm")["tiers"]) == 18_532
    buyers_are_as_published(ask, tmp_path)
    lake_is_as_published(untouched)
    before = ask("status")
    second = counts(ask("import", mapping))
    assert second["order_line"] == (541_909, 0, 0, 541_909)
    assert {found[1] for found in second.values()} == {0}
    after = ask("status")
    assert (after["lake"], after["customers"], after["records"]) == (before["lake"], 4_372, 4_372)


def buyers_are_as_published(ask: Ask, folder: Path) -> None:
    (folder / "buyers.yaml").write_text(BUYERS, encoding="utf-8")
    (folder / "once.yaml").write_text(ONCE, encoding="utf-8")
    assert ask("audience", "count", folder / "once.yaml")["size"] == 1_493
    ask("audience", "apply", folder / "buyers.yaml")
    assert sizes(ask("audience", "refresh")) == {"buyers": 4_338}
    ask("audience", "export", "buyers", "--out", folder / "buyers.parquet")
    buyers = pq.read_table(folder / "buyers.parquet")
    recency, frequency = buyers["recency_days"].to_numpy(), buyers["frequency"].to_numpy()
    pence = np.sort([int(amount * 100) for amount in buyers["monetary_GBP"].to_pylist()])[::-1]
    assert (round(float(recency.mean()), 2), np.median(recency)) == (92.06, 50)
    assert (round(float(frequency.mean()), 3), np.median(frequency), frequency.max()) == (4.272, 2, 209)
    assert (pence.sum(), np.median(pence)) == (891_140_790, 67_448.5)
    assert round(float(pence.mean()) / 100, 2) == 2_054.27
    assert ((frequency == 1).sum(), (frequency > 1).sum()) == (1_493, 2_845)
    assert round(100 * pence[: len(pence) // 5].sum() / pence.sum(), 2) == 74.59


def lake_is_as_published(environment: dict[str, str]) -> None:
    settings = Settings(Path(environment["QUANYU_HOME"]), environment["QUANYU_DATABASE_URL"], 1 << 30, 2)
    with opened(settings) as house:
        assert figures(house.home.workspace()) == {
            "lines": 541_909,
            "sale_lines": 397_884,
            "revenue": 891_140_790,
            "orders": 25_900,
            "sale_orders": 18_532,
        }


def figures(workspace: Workspace) -> dict[str, int]:
    lake = workspace.lake
    vector = lake.vector((ORDER_LINES, ORDERS))
    lines, orders = lake.table(ORDER_LINES, vector), lake.table(ORDERS, vector)
    ours = (lines.line_type == "sale") & lines.record.notnull()
    sums = lines.aggregate(lines=lines.count(), sale_lines=ours.sum(), revenue=lines.amount.sum(where=ours))
    sold = (orders.order_type == "sale") & orders.record.notnull()
    headers = orders.aggregate(orders=orders.count(), sale_orders=sold.sum())
    return {**lake.to_arrow(sums).to_pylist()[0], **lake.to_arrow(headers).to_pylist()[0]}


KNOWN = {  # lift and the normal approximation's interval; rates in percentage points
    ("Mens E-Mail", "visit"): (7.659, 6.995, 8.323),
    ("Mens E-Mail", "conversion"): (0.681, 0.500, 0.861),
    ("Mens E-Mail", "spend"): (0.7698, 0.485, 1.055),
    ("Womens E-Mail", "visit"): (4.523, 3.889, 5.157),
    ("Womens E-Mail", "conversion"): (0.311, 0.150, 0.472),
    ("Womens E-Mail", "spend"): (0.4244, 0.169, 0.680),
}


def test_the_public_campaign_gives_the_published_figures(ask: Ask, tmp_path: Path):
    file = tmp_path / "hillstrom.csv"
    file.write_bytes(gzip.decompress(shared_data("hillstrom", "hillstrom.csv.gz").read_bytes()))
    found = ask("experiment", "analyze", file, *CAMPAIGN)
    control = {effect["outcome"]: round(effect["control_mean"], 6) for effect in found["effects"]}
    assert control == {"visit": 0.106167, "conversion": 0.005726, "spend": 0.652789}
    assert {(effect["arm"], effect["outcome"]): published(effect) for effect in found["effects"]} == KNOWN


def published(effect: dict) -> tuple[float, float, float]:
    """Return an effect as the literature writes it."""
    times, digits = (100, 3) if effect["kind"] == "rate" else (1, 4)
    return (
        round(times * effect["absolute"], digits),
        round(times * effect["plain_low"], 3),
        round(times * effect["plain_high"], 3),
    )
