"""How soon customers buy again: the cycle that was planted, the curve of a library, and what is done without enough."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import ibis
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from statsmodels.duration.survfunc import SurvfuncRight
from tests.commerce.orders.conftest import Bought, Goods, bought_by

from quanyu.commerce.orders.rhythm import CAME_BACK, EVERYTHING, purchases, rhythms
from quanyu.foundation.measuring import Scope

Read = Callable[[ibis.Table], list[dict[str, Any]]]
AT_RISK = 30  # as the curve is followed
DAYS = 730
TEA: Goods = {"tea": ("drinks", "tea", "leaves"), "pot": ("drinks", "ware", "pots")}


def by_code(read: Read, scope: Scope) -> dict[str | None, dict[str, Any]]:
    return {row["category"]: row for row in read(rhythms(purchases(scope), scope))}


def every(customers: range, product: str | None, gap: int, times: int, first: int = 0) -> Bought:
    return [(who, product, first + who % gap + n * gap) for who in customers for n in range(times)]


def crowd(cycle: float, seed: int, *, seen: float, by_the_way: float, stay: float) -> tuple[Bought, float]:
    """Draw 2,000 customers with a rhythm of one product, of whose purchases some are not seen, and others beside it.

    Return also the median gap of the rhythm, whoever has seen it.
    """
    chance = np.random.default_rng(seed)
    bought: list[tuple[int, str | None, int]] = []
    gaps: list[NDArray[np.float64]] = []
    for who in range(2_000):
        own = cycle * np.exp(chance.normal(0, 0.2))
        end = min(chance.uniform(0, DAYS) + chance.exponential(stay), DAYS)
        due = chance.uniform(0, DAYS) + np.cumsum(chance.gamma(6, own / 6, int(4 * DAYS / cycle) + 4))
        gaps.append(np.diff(due[due < end]))
        bought += [(who, "tea", int(day)) for day in due[due < end] if chance.random() < seen]
        other = chance.uniform(0, end, chance.poisson(by_the_way * end / 365))
        bought += [(who, str(chance.choice(["pot", "tea", "cake"])), int(day)) for day in other]
    return bought, float(np.median(np.concatenate(gaps)))


GOODS: Goods = dict.fromkeys(("tea", "pot", "cake"), ("drinks", "tea", None))


@pytest.mark.parametrize("cycle", [30, *(pytest.param(each, marks=pytest.mark.scale) for each in (14, 60))])
@pytest.mark.parametrize(
    ("seen", "by_the_way", "stay", "off"),
    [(1.0, 0.0, 4_000, 0.1), (0.7, 2.0, 400, 0.1), (0.5, 0.5, 400, 0.15)],
    ids=["plain", "mixed", "half"],
)
def test_a_planted_cycle_is_found(read: Read, cycle: float, seen: float, by_the_way: float, stay: float, off: float):
    bought, usual = crowd(cycle, 5, seen=seen, by_the_way=by_the_way, stay=stay)
    found = by_code(read, bought_by(bought, GOODS, DAYS))["tea"]
    assert found["reason"] == "own"
    assert abs(found["cycle"] / usual - 1) < off
    assert found["cycle"] < found["patience"]


@pytest.mark.parametrize("crowds", [4, pytest.param(12, marks=pytest.mark.scale)])
def test_the_curve_is_that_of_a_library(read: Read, crowds: int):
    drawn = given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.6), st.integers(60, 400))
    settings(max_examples=crowds)(drawn(lambda seed, leaving, last: check_curve(read, seed, leaving, last)))()


def check_curve(read: Read, seed: int, leaving: float, last: int) -> None:
    chance = np.random.default_rng(seed)
    bought, lengths, ended = [], [], []
    for who in range(150):
        day = int(chance.integers(0, last + 1))
        while True:
            bought.append((who, None, day))
            gap = int(chance.geometric(1 / 20))
            stays = chance.random() > leaving and day + gap <= last
            lengths.append(gap if stays else last - day)
            ended.append(stays)
            if not stays:
                break
            day += gap
    found = by_code(read, bought_by(bought, {}, last))[None]
    curve = SurvfuncRight(np.array(lengths), np.array(ended))
    kept = curve.n_risk >= AT_RISK
    returned = 1 - curve.surv_prob[kept]
    assert found["gaps"] == sum(ended)
    assert found["share_returning"] == pytest.approx(returned[-1] if returned.size else 0.0)
    reached = curve.surv_times[kept][returned >= CAME_BACK * returned[-1] * (1 - 1e-12)]
    assert found["own_patience"] == (reached[0] if returned[-1] > 0 else None)


def test_who_has_left_does_not_lengthen_the_cycle_and_lowers_the_share(read: Read):
    stayed, left = every(range(200), "tea", 30, 10), every(range(200, 600), "tea", 30, 1)
    alone, both = (by_code(read, bought_by(bought, TEA, 400))["leaves"] for bought in (stayed, [*stayed, *left]))
    assert both["cycle"] == alone["cycle"] == pytest.approx(30, rel=0.01)
    assert alone["patience"] == both["patience"] == 30
    assert alone["share_returning"] == pytest.approx(0.9, abs=0.01)
    assert both["share_returning"] == pytest.approx(0.75, abs=0.01)


def test_what_is_thin_or_lasting_takes_the_rhythm_of_what_is_above_it(read: Read):
    goods: Goods = {
        "leaf": ("drinks", "tea", "leaves"),
        "rare": ("drinks", "tea", "rarities"),
        "sofa": ("furniture", "seats", "sofas"),
        "card": (None, None, "cards"),
    }
    bought = [
        *every(range(100), "leaf", 30, 5),
        *every(range(100, 120), "rare", 40, 3),
        *every(range(200, 800), "sofa", 60, 1),
        *every(range(200, 320), "sofa", 60, 2),
        *every(range(900, 905), "card", 10, 2),
        *every(range(950, 1_000), "unlisted", 20, 9),
    ]
    found = by_code(read, bought_by(bought, goods, 365))
    assert {code: (row["reason"], row["level"], row["used_level"]) for code, row in found.items()} == {
        None: ("own", 0, 0),
        "drinks": ("own", 1, 1),
        "tea": ("own", 2, 2),
        "leaves": ("own", 3, 3),
        "rarities": ("thin", 3, 2),
        "furniture": ("durable", 1, 0),
        "seats": ("durable", 2, 0),
        "sofas": ("durable", 3, 0),
        "cards": ("thin", 3, 0),
    }
    assert found["rarities"]["gaps"] == 40
    assert found["rarities"]["cycle"] == found["tea"]["cycle"]
    assert found["rarities"]["own_cycle"] is None
    assert found["sofas"]["patience"] == found[None]["patience"]
    assert found["leaves"]["used_path"] == found["leaves"]["path"] != found["rarities"]["used_path"]


def test_too_few_purchases_of_anything_have_no_rhythm(read: Read):
    found = by_code(read, bought_by(every(range(40), "tea", 30, 3), TEA, 365))
    assert set(found) == {None, "drinks", "tea", "leaves"}
    assert all(row["reason"] == "thin" and row["gaps"] == 80 for row in found.values())
    assert all(row["cycle"] is row["patience"] is row["used_path"] is None for row in found.values())


def test_of_a_category_the_same_product_counts_and_of_everything_each_visit(read: Read):
    chance = np.random.default_rng(1)
    by_the_way: Bought = [(int(who), "cup", int(day)) for who, day in chance.integers(0, (150, 320), (250, 2))]
    both = [*every(range(150), "tea", 40, 8), *every(range(150), "pot", 40, 8, first=20), *by_the_way]
    goods: Goods = {"tea": ("drinks", "tea", None), "cup": ("drinks", "tea", None), "pot": ("drinks", "ware", None)}
    found = by_code(read, bought_by(both, goods, 400))
    assert found["tea"]["cycle"] == pytest.approx(40, rel=0.05)
    assert found["ware"]["cycle"] == pytest.approx(40, rel=0.01)
    assert found[None]["cycle"] == pytest.approx(20, rel=0.05)
    assert found["tea"]["gaps"] > found["tea"]["same_gaps"] > 150 * 7


def test_where_people_buy_for_variety_any_purchase_counts(read: Read):
    """The same flavour comes up again after weeks by chance, which is not how soon tea is bought again."""
    chance = np.random.default_rng(2)
    goods: Goods = {f"tea {n}": ("drinks", "tea", None) for n in range(12)}
    bought = [(who, str(chance.choice(list(goods))), who % 7 + 7 * n) for who in range(300) for n in range(20)]
    found = by_code(read, bought_by(bought, goods, 150))["tea"]
    assert found["same_gaps"] >= 100
    assert found["cycle"] == pytest.approx(7, rel=0.02)


def test_without_products_there_is_one_rhythm(read: Read):
    found = by_code(read, bought_by(every(range(150), None, 30, 4), {}, 365))
    assert {row["path"] for row in found.values()} == {EVERYTHING}
    assert found[None]["same_gaps"] == 0
    assert found[None]["cycle"] == pytest.approx(30, rel=0.01)


def test_a_day_counts_once_and_what_is_no_purchase_not_at_all(read: Read):
    once = every(range(150), "tea", 30, 4)
    scope = bought_by([*once, *[(who + 1_000, "tea", day) for who, _product, day in once]], TEA, 365)
    owners = scope.tables["customer_of_record"].mutate(customer=ibis._.customer % 1_000)
    merged = Scope({**scope.tables, "customer_of_record": owners}, scope.as_of, scope.time_zone)
    assert by_code(read, merged) == by_code(read, bought_by(once, TEA, 365))
    returned = bought_by(once, TEA, 365, line_type="return")
    assert by_code(read, returned) == {}


def test_it_knows_no_later_purchase(read: Read):
    bought, _usual = crowd(30, 3, seen=0.7, by_the_way=1.0, stay=300)
    whole = bought_by(bought, GOODS, DAYS)
    early = Scope(whole.tables, whole.as_of - timedelta(330), whole.time_zone)
    until = bought_by([one for one in bought if one[2] <= DAYS - 330], GOODS, DAYS - 330)
    assert by_code(read, early) == by_code(read, until)
