"""Cases follow from returns and troubles, coupons from offers, and what left the shelves from what was paid."""

import numpy as np
import pytest

from quanyu.simulator.aftermath import CASES, RETURNED, coupons_of, returns_of, sales_of
from quanyu.simulator.baskets import CLOSED, UNPAID
from quanyu.simulator.moments import moment
from quanyu.simulator.people import JD, STORE


@pytest.fixture(scope="module")
def cases(world, block):
    return returns_of(world, block)[2]


@pytest.fixture(scope="module")
def coupons(world, block):
    return coupons_of(world, block)[2]


def test_every_refund_is_one_case_and_nothing_else_gives_money(cases, block):
    returned = cases["kind"] == RETURNED
    assert returned.sum() == (block.lines.refund_day >= 0).sum()
    assert cases["refund"][returned].sum() == block.lines.refund.sum() > 0
    assert not cases["refund"][~returned].any()


def test_there_are_cases_of_every_kind_and_only_returns_at_the_till(cases):
    assert set(cases["kind"]) == set(range(len(CASES)))
    assert set(cases["kind"][cases["channel"] == STORE]) == {RETURNED}
    assert len(np.unique(cases["case"])) == len(cases["case"])


def test_a_case_is_opened_after_its_order_and_open_where_its_end_is_ahead(cases, world):
    last = moment(world, np.array([world.arguments.days]), np.array([0]))[0]
    closed = cases["closed_at"] > 0
    assert (cases["ordered_at"] < cases["opened_at"]).all()
    assert 0 < (~closed).sum() < closed.sum()
    assert (cases["opened_at"][closed] < cases["closed_at"][closed]).all()
    assert cases["closed_at"].max() < last


def test_an_order_takes_one_coupon_within_its_week(coupons):
    used = coupons["used_at"] > 0
    assert 0 < used.sum() < len(used)
    assert len(np.unique(coupons["used_number"][used])) == used.sum()
    waited = coupons["used_at"][used] - coupons["issued_at"][used]
    assert waited.min() >= 0
    assert waited.max() < 8 * 86_400
    assert JD not in coupons["used_channel"][used]


def test_what_left_the_shelves_was_paid(world, block):
    status = block.orders.status[block.lines.order]
    paid = ~np.isin(status, (UNPAID, CLOSED)) & (status != 2)
    assert sales_of(world, block)[2]["quantity"].sum() == block.lines.quantity[paid].sum()
