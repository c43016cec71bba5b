"""Days become local seconds and months; a buyer has one id in each sales channel, and his account's in our own."""

from datetime import UTC, datetime

import numpy as np

from quanyu.simulator.accounts import CARD, MINI
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.draws import hashed
from quanyu.simulator.moments import (
    BUYERS,
    SCREEN_HOURS,
    STORE_HOURS,
    buyer_ids,
    by_span,
    moment,
    month_number,
    months,
    months_of_span,
    seconds_of_day,
    span_of_month,
)
from quanyu.simulator.people import MINI_PROGRAM, STORE
from quanyu.simulator.world import build_world


def test_a_day_and_second_are_local_seconds(world):
    seconds = moment(world, np.array([0, 31]), np.array([3_600, 0]))
    told = [datetime.fromtimestamp(each, UTC).isoformat() for each in seconds.tolist()]
    assert told == ["2024-07-01T01:00:00+00:00", "2024-08-01T00:00:00+00:00"]


def test_each_day_of_the_files_has_its_month(world):
    number = month_number(world, np.array([0, 30, 31, world.arguments.days - 1]))
    assert [months(world)[each] for each in number] == ["2024-07", "2024-07", "2024-08", "2026-06"]


def test_a_buyer_is_another_in_each_channel(world):
    channels = np.array(list(BUYERS))
    ids = buyer_ids(world, channels, np.full(len(channels), 77))
    assert len(set(ids.tolist())) == len(channels)


def test_our_own_channels_know_the_account(world):
    ids = buyer_ids(world, np.array([STORE, MINI_PROGRAM]), np.array([77, 77]))
    accounts = hashed(world.arguments.seed, "account", (77 << 4) + np.array([CARD, MINI]))
    assert ids.tolist() == accounts.tolist()


def test_a_large_company_writes_each_month_by_itself_and_a_small_one_many_at_once(world):
    assert set(span_of_month(world).tolist()) == {0}
    large = build_world(Arguments(1_000_000))
    assert span_of_month(large).tolist() == list(range(len(months(large))))
    assert months_of_span(world, 0) == list(range(len(months(world))))
    assert months_of_span(large, 5) == [5]


def test_rows_go_to_the_part_of_their_group_and_span():
    several = build_world(Arguments(100_000))
    day = np.array([0, 400, several.arguments.days - 1])
    parts, part, month = by_span(several, ["web", "app"], np.array([0, 1, 1]), day)
    assert [parts[each] for each in part] == ["web/00", "app/01", "app/01"]
    assert month.tolist() == month_number(several, day).tolist()


def test_stores_are_closed_at_night_and_screens_are_not():
    hours = [seconds_of_day(1, "visit", np.arange(20_000), each) // 3600 for each in (STORE_HOURS, SCREEN_HOURS)]
    assert (hours[0].min(), hours[0].max()) == (9, 21)
    assert set(hours[1].tolist()) == set(range(24))
    counted = np.bincount(hours[0], minlength=24) / 20_000
    assert np.abs(counted - STORE_HOURS / STORE_HOURS.sum()).max() < 0.01
