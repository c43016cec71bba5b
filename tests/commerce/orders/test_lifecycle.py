"""Where customers stand in their categories: each stage by its days, and the best of them for the customer."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.commerce.orders.conftest import FIRST, Bought, Goods, bought_by

from quanyu.commerce.orders.lifecycle import ALL, PRIOR_GAPS, lifecycle, stages

Read = Callable[[ibis.Table], list[dict[str, Any]]]
Rows = dict[int, dict[str, Any]]
GOODS: Goods = {
    "leaf": ("drinks", "tea", "leaves"),
    "pot": ("drinks", "ware", "pots"),
    "sofa": ("furniture", "seats", "sofas"),
}
TODAY = 365
TEA, POTS = 30, 60  # days of the crowd's cycles, which are their patience too
CROWD: Bought = [
    *((1_000 + who, "leaf", who % TEA + n * TEA) for who in range(150) for n in range(5)),
    *((2_000 + who, "pot", who % POTS + n * POTS) for who in range(150) for n in range(4)),
]


def by_customer(rows: list[dict[str, Any]]) -> Rows:
    return {row.pop("customer"): row for row in rows}


def alone(read: Read, bought: Bought, goods: Goods = GOODS) -> dict[str, Any]:
    """Return what is said of customer 1, who has bought this beside the crowd."""
    return by_customer(read(lifecycle(bought_by([*CROWD, *bought], goods, TODAY))))[1]


def leaf(*days: int) -> Bought:
    return [(1, "leaf", day) for day in days]


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        ((350,), "new"),
        ((337, 350), "new"),
        ((335,), "old"),  # a cycle ago, once
        ((300, 335), "active_old"),
        ((300, 334), "old"),
        ((200, 305), "old"),
        ((200, 304), "dormant"),
        ((304,), "dormant"),
    ],
)
def test_a_stage_is_told_by_days(read: Read, days: tuple[int, ...], stage: str):
    found = alone(read, leaf(*days))
    assert (found["lifecycle"], found["lifecycle_category"]) == (stage, "leaves")
    assert found["categories_active"] == (stage in ("new", "active_old"))


@pytest.mark.parametrize(
    ("bought", "stage", "category", "active"),
    [
        ([*leaf(100, 200), (1, "pot", 250), (1, "pot", 320)], "active_old", "pots", 1),
        ([*leaf(100, 200), (1, "pot", 350)], "active_old", "pots", 1),  # who begins anew elsewhere is active, not new
        ([*leaf(350), (1, "pot", 340)], "new", "leaves", 2),
        ([*leaf(300, 340), (1, "pot", 350)], "active_old", "leaves", 2),
        ([*leaf(100, 200), (1, "pot", 260)], "old", "pots", 0),
        ([*leaf(10), (1, "pot", 20)], "dormant", "pots", 0),
    ],
)
def test_the_best_category_speaks(read: Read, bought: Bought, stage: str, category: str, active: int):
    found = alone(read, bought)
    assert (found["lifecycle"], found["lifecycle_category"], found["categories_active"]) == (stage, category, active)


@pytest.mark.parametrize(
    ("bought", "due", "category"),
    [
        (leaf(340), 370, "leaves"),
        (leaf(300, 340), 370, "leaves"),  # one gap is no rhythm
        (leaf(250, 295, 340), 375, "leaves"),  # 90 days and 4 cycles in 6 gaps
        ([*leaf(340), (1, "pot", 300), (1, "pot", 309)], 369, "pots"),
        ([*leaf(100, 200), (1, "pot", 360)], 420, "pots"),  # nothing is due where one is dormant
        (leaf(100, 200), None, None),
    ],
)
def test_the_next_purchase_is_due_a_gap_after_the_last(
    read: Read, bought: Bought, due: int | None, category: str | None
):
    found = alone(read, bought)
    expected = None if due is None else FIRST + timedelta(due)
    assert (found["next_in_category"], found["next_category"]) == (expected, category)


def test_a_durable_is_judged_by_what_is_above_it(read: Read):
    sofa: Bought = [(1, "sofa", 340)]
    found = by_customer(read(stages(bought_by([*CROWD, *sofa], GOODS, TODAY))))[1]
    assert (found["category"], found["level"], found["stage"]) == (ALL, 0, "new")
    assert alone(read, sofa)["lifecycle_category"] == ALL


def test_whose_rhythm_tells_is_said(read: Read):
    assert alone(read, leaf(350))["lifecycle_basis"] == "own"
    assert alone(read, [(1, "sofa", 340)])["lifecycle_basis"] == "thin"
    crowd: Bought = [(3_000 + who, "sofa", who % 20) for who in range(1_000)]
    crowd += [(3_000 + who, "sofa", 40 + who % 20) for who in range(110)]  # one in ten buys a second one
    assert alone(read, [*crowd, (1, "sofa", 350)])["lifecycle_basis"] == "durable"
    # Of what one rhythm stands for, what was bought last is spoken of.
    goods: Goods = {**GOODS, "bag": ("drinks", "tea", "bags"), "tin": ("drinks", "tea", None)}
    assert alone(read, [(1, "tin", 340), (1, "bag", 350)], goods)["lifecycle_basis"] == "thin"
    assert alone(read, [(1, "tin", 350), (1, "bag", 340)], goods)["lifecycle_basis"] == "own"


def test_goods_without_categories_have_one_lifecycle(read: Read):
    found = alone(read, leaf(300, 335), {})
    assert (found["lifecycle"], found["lifecycle_category"]) == ("active_old", ALL)


def test_what_nobody_buys_again_says_nothing(read: Read):
    found = by_customer(read(lifecycle(bought_by(leaf(300, 340), GOODS, TODAY))))
    nothing = dict.fromkeys(("lifecycle", "lifecycle_category", "next_in_category", "next_category"))
    assert found == {1: {**nothing, "lifecycle_basis": "thin", "categories_active": 0}}


@pytest.mark.parametrize("crowds", [2, pytest.param(6, marks=pytest.mark.scale)])
def test_it_is_what_plain_python_says(read: Read, crowds: int):
    seeded = given(st.integers(0, 2**32 - 1))(lambda seed: check_stages(read, seed))
    settings(max_examples=crowds)(seeded)()


def check_stages(read: Read, seed: int) -> None:
    chance = np.random.default_rng(seed)
    random = [
        (int(who), str(chance.choice(list(GOODS))), int(chance.integers(0, TODAY + 1)))
        for who in chance.integers(0, 60, 250)
    ]
    scope = bought_by([*CROWD, *random], GOODS, TODAY)
    told = read(stages(scope))
    found = by_customer(read(lifecycle(scope)))
    names = {"leaf": "leaves", "pot": "pots", "sofa": ALL}
    for customer, row in found.items():
        own = [each for each in told if each["customer"] == customer]
        assert {each["category"] for each in own} == {names[p] for who, p, _d in [*CROWD, *random] if who == customer}
        for each in own:
            days = {d for who, p, d in [*CROWD, *random] if who == customer and names[p or ""] == each["category"]}
            assert (each["first"], each["last"], each["days"]) == (day(min(days)), day(max(days)), len(days))
            assert each["stage"] == stage(each)
            assert each["expected"] == due(each)
        live = [each["expected"] for each in own if each["stage"] in ("new", "active_old")]
        assert row["next_in_category"] == min(live, default=None)
        assert row["categories_active"] == len(live)
        seen = {each["stage"] for each in own}
        best = next(s for s in ("active_old", "new", "old", "dormant") if s in seen)
        assert row["lifecycle"] == ("active_old" if best == "new" and len(seen) > 1 else best)


def day(number: int) -> date:
    return FIRST + timedelta(number)


def stage(row: dict[str, Any]) -> str:
    if day(TODAY) - row["first"] <= timedelta(row["cycle"]):
        return "new"
    since = (day(TODAY) - row["last"]).days
    if since <= row["patience"] and row["days"] > 1:
        return "active_old"
    return "old" if since <= 2 * row["patience"] else "dormant"


def due(row: dict[str, Any]) -> date:
    gaps, span = row["days"] - 1, (row["last"] - row["first"]).days
    gap = (span + PRIOR_GAPS * row["cycle"]) / (gaps + PRIOR_GAPS) if gaps >= 2 else row["cycle"]
    return row["last"] + timedelta(int(gap + 0.5))
