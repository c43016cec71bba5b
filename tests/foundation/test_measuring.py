"""A measure speaks of the local day that was running just before its instant."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.foundation.measuring import Scope, day_before

ZONES = st.sampled_from(["Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe", "UTC"])
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("as_of", "zone", "day"),
    [
        (datetime(2024, 3, 10, 0, 0, tzinfo=UTC), "UTC", date(2024, 3, 9)),
        (datetime(2024, 3, 10, 0, 0, 0, 1, tzinfo=UTC), "UTC", date(2024, 3, 10)),
        (datetime(2024, 3, 9, 16, 0, tzinfo=UTC), "Asia/Shanghai", date(2024, 3, 9)),
        (datetime(2024, 3, 9, 16, 1, tzinfo=UTC), "Asia/Shanghai", date(2024, 3, 10)),
        (datetime(2024, 3, 30, 23, 59, tzinfo=UTC), "Europe/London", date(2024, 3, 30)),
        (datetime(2024, 3, 31, 23, 0, tzinfo=UTC), "Europe/London", date(2024, 3, 31)),
        (datetime(2024, 3, 31, 23, 1, tzinfo=UTC), "Europe/London", date(2024, 4, 1)),
        (datetime(2024, 10, 27, 23, 59, tzinfo=UTC), "Europe/London", date(2024, 10, 27)),
        (datetime(2024, 3, 10, 0, 0, tzinfo=timezone(timedelta(hours=8))), "UTC", date(2024, 3, 9)),
    ],
)
def test_the_day_over_midnight_and_clock_changes(as_of: datetime, zone: str, day: date):
    assert day_before(as_of, zone) == day
    assert Scope({}, as_of, zone).day == day


@given(INSTANTS, ZONES, st.timedeltas(timedelta(0), timedelta(days=1)))
def test_days_never_run_backwards_nor_jump(as_of: datetime, zone: str, later: timedelta):
    first, second = day_before(as_of, zone), day_before(as_of + later, zone)
    assert timedelta(0) <= second - first <= timedelta(days=2)
