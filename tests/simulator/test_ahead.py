"""What a block's messages meet, and what it buys with them and without."""

from datetime import timedelta

import numpy as np
import pytest

from quanyu.simulator.ahead import in_both_worlds, meet
from quanyu.simulator.recipients import COLUMNS, read_messages

DAYS = 14


@pytest.fixture(scope="module")
def sent(world, block, tmp_path_factory):
    """A text message with an offer to half the phones of the block."""
    phones = np.unique(block.phones.before[:8192])
    when = f"{world.arguments.until + timedelta(days=1)} 10:00:00"
    file = tmp_path_factory.mktemp("ahead") / "messages.csv"
    rows = [f"s{place},sms,{number},{when},,0.2" for place, number in enumerate(phones)]
    file.write_text("\n".join([",".join(COLUMNS), *rows]))
    return read_messages(world, file)


@pytest.fixture(scope="module")
def met(world, block, sent):
    return meet(world, block, sent)


@pytest.fixture(scope="module")
def lived(world, block, met):
    return in_both_worlds(world, block, met, world.arguments.days + DAYS)


def test_rows_and_messages_and_answers_stand_side_by_side(sent, met):
    assert 0 < len(met.messages.who) == len(met.sent) == len(met.responses.opened) <= len(sent)
    assert (met.messages.day == met.sent.day).all()
    assert (met.messages.offer == met.sent.offer).all()


def test_nothing_is_opened_that_did_not_arrive(met):
    assert met.responses.delivered.sum() > met.responses.opened.sum() > met.responses.clicked.sum() > 0
    assert not (met.responses.opened & ~met.responses.delivered).any()


def test_who_got_no_message_buys_the_same_in_both_worlds(block, met, lived):
    _, effects = lived
    others = np.setdiff1d(np.arange(len(block.people)), met.messages.who)
    assert len(others) > 1000
    for what in ("orders", "spent", "discount"):
        assert (effects[f"{what}_with"][others] == effects[f"{what}_without"][others]).all(), what
    assert (effects["orders_with"] != effects["orders_without"]).any()


def test_an_offer_takes_something_off_what_would_have_been_bought_anyway(lived):
    _, effects = lived
    same = (effects["orders_with"] == effects["orders_without"]) & (effects["orders_with"] > 0)
    dearer = effects["discount_with"] - effects["discount_without"]
    assert dearer[same].max() > 0
    assert dearer[same].min() >= 0


def test_what_each_buys_adds_up_to_the_orders(world, lived):
    (orders, _), effects = lived
    assert (orders.day >= world.arguments.days).sum() == effects["orders_with"].sum()
    assert orders.day.max() < world.arguments.days + DAYS
