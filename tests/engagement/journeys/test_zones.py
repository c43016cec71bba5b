"""Each customer's clock: quiet hours and times of day in the zone that a tag tells, also on days when clocks change."""

from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from tests.engagement.conftest import LANGUAGES, MEMBERS, customers_of, member
from tests.engagement.journeys.conftest import at, batches, journey, outcomes, standing
from tests.engagement.journeys.test_ticking import PHONES, SEND

from quanyu.engagement.journeys import policy
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.states import bring, start
from quanyu.engagement.journeys.steps.wait import ends
from quanyu.engagement.journeys.tables import journey_cohort
from quanyu.engagement.journeys.ticking import tick
from quanyu.engagement.journeys.zones import ByTag, Zones
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace

VALUES = (("en", "America/New_York"), ("fr", "Europe/Berlin"), ("zh_CN", "Nowhere/At_All"))
ZONE = "zone: {tag: language, values: {en: America/New_York, fr: Europe/Berlin}}\n"
NEW_YORK, NOBODY_SAYS, BERLIN = (
    [i for i in range(MEMBERS) if LANGUAGES[i % 4] in spoken] for spoken in (("en",), ("", "zh_CN"), ("fr",))
)


def instant(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "earliest", "at", "then"),
    [
        ("Europe/Berlin", "2026-03-29T00:00", time(2, 30), "2026-03-29T01:30"),  # skipped: half past three
        ("Europe/Berlin", "2026-10-25T00:15", time(2, 30), "2026-10-25T00:30"),
        ("Europe/Berlin", "2026-10-25T00:45", time(2, 30), "2026-10-25T01:30"),  # it comes twice
        ("Europe/Berlin", "2026-10-25T01:45", time(2, 30), "2026-10-26T01:30"),
        ("America/New_York", "2026-03-08T05:00", time(2, 30), "2026-03-08T07:30"),
        ("America/New_York", "2026-11-01T05:45", time(1, 30), "2026-11-01T06:30"),
    ],
)
def test_an_hour_that_is_skipped_is_later_and_one_that_comes_twice_counts_twice(zone, earliest, at, then):
    assert ends(instant(earliest), at, zone) == instant(then)


def test_ten_o_clock_is_that_of_his_zone_also_after_clocks_have_changed(club: Workspace):
    zones, everybody = Zones(club, ByTag("language", VALUES)), OrdinalSet.first(MEMBERS)
    for now, new_york, berlin, here in (
        ("2026-03-07T16:00", "2026-03-08T14:00", "2026-03-08T09:00", "2026-03-08T02:00"),  # forward in New York
        ("2026-03-28T12:00", "2026-03-28T14:00", "2026-03-29T08:00", "2026-03-29T02:00"),  # forward in Berlin
        ("2026-10-24T12:00", "2026-10-24T14:00", "2026-10-25T09:00", "2026-10-25T02:00"),  # back in Berlin
        ("2026-10-31T15:00", "2026-11-01T15:00", "2026-11-01T09:00", "2026-11-01T02:00"),  # back in New York
    ):
        found = zones.by_instant(everybody, lambda zone, now=now: ends(instant(now), time(10), zone))
        those = {when: set(whom.ordinals().tolist()) for when, whom in found.items()}
        assert those == {
            instant(new_york): set(customers_of(club, NEW_YORK)),
            instant(berlin): set(customers_of(club, BERLIN)),
            instant(here): set(customers_of(club, NOBODY_SAYS)),
        }


def test_quiet_hours_and_waits_go_by_each_clock(stage: Workspace):
    policy.apply(stage, 'quiet: {from: "22:00", until: "09:00", purposes: [marketing]}\n' + ZONE)
    apply(stage, journey("{call: {}}", SEND, '{step: ten, wait: {at: "10:00"}}'))
    start(stage, "play")
    bring(stage, "play", "1", OrdinalSet.of(customers_of(stage, PHONES)))
    at(stage, instant("2026-10-24T20:30"))  # half past four in the morning here, late in Berlin, afternoon in New York
    tick(stage)
    texted = {zone: set(customers_of(stage, [i for i in whom if member(i)[5]]))
              for zone, whom in (("new york", NEW_YORK), ("berlin", BERLIN), ("here", NOBODY_SAYS))}  # fmt: skip
    assert batches(stage) == [("texts", texted["new york"])]
    assert standing(stage) == {"ten": texted["new york"], "hello": texted["berlin"] | texted["here"]}
    assert outcomes(stage)["hello", "quiet"] == texted["berlin"] | texted["here"]
    with stage.begin() as connection:
        due = dict(connection.execute(sa.select(journey_cohort.c.due, journey_cohort.c.size)).all())
    assert due == {
        instant("2026-10-25T14:00"): len(texted["new york"]),
        instant("2026-10-25T01:00"): len(texted["here"]),
        instant("2026-10-25T08:00"): len(texted["berlin"]),  # nine o'clock, an hour later than the day before
    }
    at(stage, instant("2026-10-25T01:00"))
    tick(stage)
    assert batches(stage)[-1] == ("texts", texted["here"])
    at(stage, instant("2026-10-25T07:59"))
    assert tick(stage)[0].entered == 0, "at ten o'clock those of here go on"
    assert standing(stage)["hello"] == texted["berlin"]
    at(stage, instant("2026-10-25T08:00") + timedelta(seconds=1))
    tick(stage)
    assert batches(stage)[-1] == ("texts", texted["berlin"])


def test_what_drops_in_quiet_hours_drops_by_each_clock(stage: Workspace):
    policy.apply(stage, 'quiet: {from: "22:00", until: "09:00", purposes: [marketing], then: drop}\n' + ZONE)
    apply(stage, journey("{call: {}}", SEND))
    start(stage, "play")
    bring(stage, "play", "1", OrdinalSet.first(MEMBERS))
    tick(stage)  # ten in the morning here, three in the night in Berlin, ten in the evening in New York
    dropped = set(customers_of(stage, [*BERLIN, *NEW_YORK]))
    assert outcomes(stage)["hello", "quiet_dropped"] == dropped


@pytest.mark.parametrize(
    ("said", "place", "allowed"),
    [
        ("{tag: frequency}", "zone.tag", "language"),
        ("{tag: language, values: {de: Europe/Berlim}}", "zone.values.de", "Europe/Berlin"),
        ("{tag: language, values: []}", "zone.values", "DE"),
    ],
)
def test_faults_name_the_tag_and_the_zone(club: Workspace, said: str, place: str, allowed: str):
    with pytest.raises(Invalid) as refused:
        policy.apply(club, f"zone: {said}")
    (fault,) = refused.value.faults
    assert place in fault.place
    assert allowed in str(fault.allowed)


def test_a_tag_may_name_zones_itself():
    assert ByTag("home").zone_of("Europe/Berlin") == "Europe/Berlin"
    assert ByTag("home").zone_of("Berlin") is None
