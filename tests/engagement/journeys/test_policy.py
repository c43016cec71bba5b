"""The contact policy: its faults, and when quiet hours end, also when clocks change."""

from datetime import UTC, datetime, time

import pytest

from quanyu.engagement.journeys.policy import DEFAULT, Cap, Quiet, apply, written
from quanyu.foundation.errors import Invalid

NIGHT = Quiet(time(22), time(9), ("marketing",), "defer")


@pytest.mark.parametrize(
    ("zone", "at", "over"),
    [
        ("Asia/Shanghai", "2026-03-10T14:00", "2026-03-11T01:00"),
        ("Asia/Shanghai", "2026-03-10T13:59", None),
        ("Asia/Shanghai", "2026-03-10T00:59", "2026-03-10T01:00"),
        ("Asia/Shanghai", "2026-03-10T01:00", None),
        ("Europe/London", "2026-03-28T23:00", "2026-03-29T08:00"),  # clocks go forward in that night
        ("Europe/London", "2026-10-24T22:00", "2026-10-25T09:00"),  # and back in that one
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(zone: str, at: str, over: str | None):
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert NIGHT.over_at(instant, zone) == (None if over is None else datetime.fromisoformat(over).replace(tzinfo=UTC))


def test_caps_by_days_and_by_the_month():
    today = datetime(2026, 3, 10, tzinfo=UTC).date()
    assert Cap(1, 1).first_day(today) == today
    assert Cap(1, 7).first_day(today).isoformat() == "2026-03-04"
    assert Cap(1, "month", purpose="marketing").first_day(today).isoformat() == "2026-03-01"
    assert Cap(2, 7, channel="sms").word == "capped:2/7:channel:sms"


FAULTY = """quiet: {from: "22:00", until: "22:00"}
caps:
  - {most: -1, days: 7}
  - {most: 1, days: year, channel: fax}
  - {most: 1, days: 1, channel: sms, purpose: marketing}
suppress:
  open_case: {rule: {tag: case, is: "=", value: 1}}
testers: ""
limits: []
"""


def test_every_fault_at_once(stage):
    with pytest.raises(Invalid) as raised:
        apply(stage, FAULTY)
    assert {fault.place.rpartition(": ")[2] for fault in raised.value.faults} == {
        "quiet.until",
        "caps[0].most",
        "caps[1].days",
        "caps[1].channel",
        "caps[2]",
        "suppress.open_case.rule.tag",
        "testers",
        "limits",
    }


def test_versions(stage):
    assert written(stage) == DEFAULT
    assert [apply(stage, "caps: [{most: 1, days: 1}]"), apply(stage, "caps: [{most: 1, days: 1}]")] == [1, 1]
    assert apply(stage, "caps: [{most: 2, days: 1}]") == 2
