"""The names of all time zones."""

from functools import cache
from zoneinfo import available_timezones


@cache
def time_zones() -> frozenset[str]:
    """Return the names of all time zones; they are looked for on the disk once."""
    return frozenset(available_timezones())
