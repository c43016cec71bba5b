"""Buckets and quotas let nobody send more than he may, whatever the clock does, and an account that fails rests."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engagement.channels.test_delivering import stands
from tests.engagement.channels.world import Receiver, add_hook, deliver, put

from quanyu.engagement.channels import limits
from quanyu.engagement.channels.limits import Bucket, hold, is_on, take, window_of
from quanyu.engagement.channels.model import Rate
from quanyu.engagement.channels.spec import Quota
from quanyu.foundation.workspace import Workspace

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@given(
    st.floats(0.1, 1_000),
    st.integers(1, 1_000),
    st.lists(st.tuples(st.floats(-3_600, 3_600), st.integers(0, 500)), max_size=40),
)
def test_a_bucket_never_lets_more_pass_than_its_burst_and_what_drips(
    per_second: float, burst: int, steps: list[tuple[float, int]]
):
    rate, bucket, forward, passed, now = Rate(per_second, burst), Bucket(float(burst), AT), 0.0, 0, AT
    for seconds, wanted in steps:
        now += timedelta(seconds=seconds)
        bucket = bucket.at(now, rate)
        forward += max(seconds, 0.0)
        taken = min(wanted, int(bucket.tokens))
        bucket = Bucket(bucket.tokens - taken, now)
        passed += taken
        assert 0 <= bucket.tokens <= burst
        assert passed <= burst + forward * per_second + 1e-6


@pytest.mark.parametrize(
    ("per", "zone", "now", "start", "after"),
    [
        ("day", "Asia/Shanghai", AT, "2026-02-28T16:00", "2026-03-01T16:00"),
        ("month", "Asia/Shanghai", AT, "2026-02-28T16:00", "2026-03-31T16:00"),
        ("hour", "UTC", AT, "2026-03-01T09:00", "2026-03-01T10:00"),
        ("minute", "UTC", AT, "2026-03-01T09:30", "2026-03-01T09:31"),
        ("day", "Europe/London", datetime(2026, 3, 29, 12, tzinfo=UTC), "2026-03-29T00:00", "2026-03-29T23:00"),
        ("month", "Europe/London", datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "2026-12-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_windows_begin_where_the_workspace_s_own_do(per, zone, now, start, after):
    found = window_of(Quota(1, per), now, zone)
    assert [f"{at:%Y-%m-%dT%H:%M}" for at in found] == [start, after]


def test_rules_are_dated():
    quota = Quota(1, "day", date(2026, 1, 1), date(2026, 6, 30))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [is_on(quota, day) for day in days] == [False, True, True, False]
    assert is_on(Quota(1, "day"), days[0])


def test_a_quota_stops_a_batch_until_its_next_window(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url(), batch=50, quotas=(Quota(120, "day"), Quota(1, "day", until=date(2020, 1, 1))))
    put(club)
    deliver(club, patience=0)
    assert stands(club).accepted == len(receiver.arrived()) == 120
    club.clock.move(timedelta(days=1))
    deliver(club, patience=0)
    assert stands(club).accepted == len(receiver.arrived()) == 240


def test_a_rate_holds_however_much_is_due(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url(), batch=50, rate=Rate(0.1, 100))
    put(club)
    deliver(club, patience=0)
    first = len(receiver.arrived())
    assert 100 <= first <= 102
    club.clock.move(timedelta(hours=-5))
    deliver(club, patience=0)
    assert len(receiver.arrived()) <= first + 2
    club.clock.move(timedelta(hours=10))
    deliver(club, patience=0)
    assert first + 98 <= len(receiver.arrived()) <= first + 104


def test_an_account_that_fails_rests_longer_each_time(club: Workspace):
    account, rests = add_hook(club, "http://127.0.0.1:1/"), []
    for _ in range(14):
        with club.begin() as connection:
            hold(club, connection, account, 0, None)
            rests.append(take(club, connection, account, 1).wait)
    assert rests[0] == pytest.approx(0.5, abs=0.2)
    assert rests[3] == pytest.approx(4, abs=0.2)
    assert rests[-1] == pytest.approx(limits.LONGEST, abs=1)
    with club.begin() as connection:
        hold(club, connection, account, None, None)
        assert take(club, connection, account, 1).messages == 1
        hold(club, connection, account, 0, "unauthorised")
        assert take(club, connection, account, 1).wait is None
