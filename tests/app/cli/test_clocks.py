"""The time of a home is told, and moved for demonstrations."""

from datetime import datetime


def test_the_clock_is_moved_to_a_time_of_the_workspace(inside, home):
    assert inside("clock", "--to", "2026-06-30T20:00", "--json").status == 0
    now = datetime.fromisoformat(inside("clock", "--json").document["now"])
    assert (now.isoformat()[:16], str(now.tzinfo)) == ("2026-06-30T20:00", "UTC+01:00")


def test_what_is_no_time_is_refused(inside, home):
    refused = inside("clock", "--to", "tomorrow")
    assert refused.status != 0
    assert "tomorrow" in refused.err
