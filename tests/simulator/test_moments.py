"""Days become local seconds and months; a buyer has one id in each sales channel, and his account's in our own."""

from datetime import UTC, datetime

import numpy as np

from quanyu.simulator.accounts import CARD, MINI
from quanyu.simulator.draws import hashed
from quanyu.simulator.moments import BUYERS, buyer_ids, moment, month_number, months
from quanyu.simulator.people import MINI_PROGRAM, STORE


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
