"""Cases follow from returns and troubles, coupons from offers, and what left the shelves from what was paid."""

import numpy as np
import pytest

from quanyu.simulator.aftermath import CASES, RETURNED, coupons_of, redeemed, returns_of, sales_of, used_on
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


@pytest.fixture(scope="module")
def cheaper(block):
    """Return the lines as they would be if every offer of the past were taken off, and how much was taken off each."""
    lines = redeemed(block.orders, block.lines, block.messages, block.responses.delivered)
    return lines, lines.discount - block.lines.discount


def test_an_offer_is_taken_off_all_lines_of_the_order_that_uses_it_and_off_no_other(block, cheaper):
    messages, (_, off) = block.messages, cheaper
    given = np.flatnonzero((messages.offer > 0) & block.responses.delivered)
    used, there = used_on(block.orders, messages.who[given], messages.day[given])
    offer = np.zeros(len(block.orders.key))
    offer[there[used]] = messages.offer[given[used]]
    assert 0 < used.sum() < len(given)
    assert len(np.unique(there[used])) == used.sum(), "an order takes one"
    share = off / np.maximum(block.lines.paid, 1)
    assert np.abs(share - offer[block.lines.order])[block.lines.paid > 10_000].max() < 0.001
    assert not off[offer[block.lines.order] == 0].any()


def test_what_comes_back_is_given_back_at_the_price_that_was_paid(block, cheaper):
    lines, off = cheaper
    whole = (lines.refund > 0) & (lines.returned == lines.quantity)
    assert (off[whole] > 0).any()
    assert (lines.refund[whole] == lines.paid[whole]).all()
    assert (lines.refund <= block.lines.refund).all()


def test_days_told_one_after_the_other_tell_each_case_once_more_when_it_closes(world, block):
    days = world.arguments.days
    before, all_told = returns_of(world, block, 0, days - 20)[2], returns_of(world, block, 0, days)[2]
    after = returns_of(world, block, days - 20, days)[2]
    assert set(before["case"]) | set(after["case"]) == set(all_told["case"])
    again = np.isin(after["case"], before["case"])
    assert 0 < again.sum() < len(again)
    assert (after["closed_at"][again] > 0).all()
