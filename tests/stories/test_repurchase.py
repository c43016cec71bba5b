"""The made-up company through its own files: the cycles planted in its categories are found again."""

import json
import math
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from quanyu.app.house import opened
from quanyu.commerce.orders import rhythm
from quanyu.foundation.measuring import Scope
from quanyu.foundation.settings import Settings
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.company import simulate
from quanyu.simulator.data import rows

Ask = Callable[..., dict[str, Any]]
MAPPINGS = (
    *("pos_south/members", "pos_south/receipts", "pos_north/members", "pos_north/receipts", "mini_program/users"),
    *("mini_program/orders", "site/users", "site/orders", "tmall_flagship/items", "tmall_flagship/orders"),
    *("tmall_outlet/items", "tmall_outlet/orders", "jd/orders", "douyin/orders", "erp/products", "erp/platform_skus"),
)
REGULAR = 80  # days: what lasts longer is bought by the way more often than because it is used up
ENOUGH = 500  # gaps between purchases of the same product, of which a cycle can be told within a tenth
DURABLE = ("沙发", "床与床垫", "桌椅柜")


@pytest.fixture
def found(ask: Ask, untouched: dict[str, str], tmp_path: Path) -> dict[str | None, dict[str, Any]]:
    """Return what is found of each category of the second level and of everything, by its name."""
    company = tmp_path / "company"
    simulate(Arguments(20_000, seed=7), company, tmp_path / "truth", processes=2)
    ask("init", "--time-zone", "Asia/Shanghai", "--currency", "CNY")
    ask("import", *(f"{name}.yaml" for name in MAPPINGS), folder=company)
    ask("identify")
    settings = Settings(Path(untouched["QUANYU_HOME"]), untouched["QUANYU_DATABASE_URL"], 1 << 30, 2)
    with opened(settings) as house:
        workspace = house.home.workspace()
        vector = workspace.lake.vector(rhythm.TABLES)
        pinned = {table.name: workspace.lake.table(table, vector) for table in rhythm.TABLES}
        scope = Scope(pinned, datetime.fromisoformat("2026-07-01T00:00:00+08:00"), "Asia/Shanghai")
        told = workspace.lake.to_arrow(rhythm.rhythms(rhythm.purchases(scope), scope)).to_pylist()
    return {row["category"]: row for row in told if row["level"] in (0, 2)}


@pytest.mark.scale
def test_planted_cycles_are_found_within_a_tenth(found: dict[str | None, dict[str, Any]]):
    """All but one or two of the regular categories; and what lasts for years has no cycle of its own.

    A customer who buys at several marketplaces is several customers there, since nothing joins them, and at the tills
    one in four shows no card: so gaps of two and three cycles are seen, and the cycle is still that of one. Purchases
    by the way hide it where they are many: skincare comes out a fifth too short.

    On a seed that nobody had looked at before (23) six of the nine categories with enough gaps came out within a
    tenth, and the other three 11% to 13% too long; of those below ENOUGH, the worst was 21% too short.
    """
    planted = {row["zh"]: float(row["cycle"] or math.nan) for row in rows("categories")}
    regular = {name: cycle for name, cycle in planted.items() if cycle <= REGULAR}
    measured = {name: found[name] for name in regular if found[name]["same_gaps"] >= ENOUGH}
    assert len(regular) == 13
    assert len(measured) >= 11
    off = {name: row["cycle"] / regular[name] - 1 for name, row in measured.items()}
    told = json.dumps({name: round(each, 3) for name, each in off.items()}, ensure_ascii=False)
    assert sum(abs(each) <= 0.1 for each in off.values()) >= len(off) - 2, told
    assert max(abs(each) for each in off.values()) < 0.25, told
    assert all(row["reason"] == "own" for row in measured.values())
    for name in DURABLE:
        assert found[name]["reason"] in ("thin", "durable")
        assert found[name]["used_level"] == 0
        assert found[name]["cycle"] == found[None]["cycle"]
