"""Journeys in the simulated company day by day: answers come back, a report says what it brought, and truly."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from quanyu.app.house import House
from quanyu.engagement.channels.tables import channel_response
from quanyu.engagement.journeys.effects import report
from quanyu.foundation import home as homes
from quanyu.foundation.settings import Settings
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.company import simulate

ROOT = Path(__file__).parents[2]
SHOP = "mini_program"
ARRIVE, OPENED = 0.7, 0.05
"""Of messages at least so many arrive: some phones are nobody's. Of those at least so many are opened."""


@pytest.fixture(scope="module")
def bench() -> SimpleNamespace:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import lives
        import measure_journeys
    finally:
        sys.path.pop(0)
    return SimpleNamespace(lives=lives, journeys=measure_journeys)


@pytest.fixture
def life(bench: SimpleNamespace, database_url: str, tmp_path: Path) -> Iterator[SimpleNamespace]:
    """Yield the home of a small company that has a mini-program alone, on the morning after its last day."""
    arguments, company = Arguments(3_000, years=1, seed=7), tmp_path / "company"
    simulate(arguments, company, tmp_path / "truth", processes=1)
    for other in [folder for folder in company.iterdir() if folder.is_dir() and folder.name != SHOP]:
        shutil.rmtree(other)
    home = homes.create(Settings(tmp_path / "home", database_url, 1 << 30, 2), "main", "Asia/Shanghai", "CNY")
    mappings = [company / SHOP / "users.yaml", company / SHOP / "orders.yaml"]
    bench.journeys.bring_in(House(home), home.workspace(), mappings, arguments, all_tags=False)
    (tmp_path / "work").mkdir()
    yield bench.lives.Life(House(home), home.workspace(), company, arguments, tmp_path / "work")
    home.close()


@pytest.mark.scale
def test_what_people_do_comes_back_and_is_reported(bench: SimpleNamespace, life):
    told = bench.journeys
    bench.lives.at(life.ws.clock, bench.lives.noon(life.arguments, 0))
    told.prepare(life.ws, 0.1)
    told.to_everybody(life.ws, 0.3)
    told.start(life, [told.EVERYBODY])
    bench.lives.live(life, [0, 9])
    rows = bench.lives.all_rows(life)
    assert len(rows) > 300
    assert all("9折" in row["text"] for row in rows)
    events = sa.select(channel_response.c.event, sa.func.count()).group_by(channel_response.c.event)
    with life.ws.begin() as connection:
        came = {row[0]: row[1] for row in connection.execute(events)}
    assert ARRIVE * len(rows) < came["delivered"] <= len(rows)
    assert OPENED < came["opened"] / came["delivered"] < 1
    found = report(life.ws, told.EVERYBODY, 8)
    (spent,) = [each for each in found.analysis.effects if each.outcome == "spent"]
    assert found.preliminary
    assert spent.arm_customers + spent.control_customers > len(rows)
    assert spent.arm_mean > 0
    assert spent.absolute_low < spent.absolute < spent.absolute_high
    (paid,) = found.paid
    assert paid.profit_low < paid.profit < paid.profit_high
    truth = told.truth_of(life, rows, "everybody", 30)
    assert truth.discount > 0
    assert truth.price == pytest.approx(told.PRICES["sms"] * len(rows))


@pytest.mark.scale
@pytest.mark.timeout(7_200)
def test_three_journeys_earn_more_than_the_same_promotion_to_everybody(bench: SimpleNamespace, tmp_path: Path):
    """Limits of 95% miss a truth now and then: of the four reports, each on two figures, one may.

    What one life brings is chance for the most part. More is what lies beyond three standard errors over many lots.
    """
    found = bench.journeys.measure(tmp_path, 20_000, every=5)
    assert len(found.journeys) == 3
    assert sum(not each.held for each in (*found.journeys, found.everybody)) <= 1
    assert sum(each.messages for each in found.journeys) <= found.everybody.messages
    mean, error = bench.journeys.mean_and_error(found.journeys_truth.by_lot)
    assert mean > 3 * error
    more, error = bench.journeys.beyond(found.journeys_truth, found.everybody_truth)
    assert more > 3 * error
