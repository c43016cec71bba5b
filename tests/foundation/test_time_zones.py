"""The names of time zones are those of the system."""

from zoneinfo import available_timezones

from quanyu.foundation.time_zones import time_zones


def test_time_zones_are_those_of_the_system():
    assert {"Asia/Shanghai", "Europe/London", "UTC"} <= time_zones() == available_timezones()
