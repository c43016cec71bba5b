"""The contact policy of a workspace: quiet hours, caps over all journeys, who is never written to.

    quiet: {from: "22:00", until: "09:00", purposes: [marketing], then: defer}         # or drop
    caps:
      - {most: 2, days: 7, channel: sms}
      - {most: 3, days: 7, purpose: marketing}
      - {most: 1, days: 1}
      - {most: 8, days: month}                          # of the calendar
    suppress:
      open_case: {rule: {tag: open_cases, is: ">", value: 0}, purposes: [marketing]}
    testers: staff_and_testers                          # an audience or list: they get everything and count nowhere
    approval: {above: 50000}                            # campaigns to more customers than that need somebody's approval
    global_control: {share: 0.01}                       # left alone by marketing for a quarter, to be measured against
    zone: {tag: home_zone}                              # in whose zone quiet hours and times of day are, see zones.py

Messages of service and what was promised are not capped: caps hold for journeys of priority manual and marketing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from quanyu.customers.messages.words import CHANNELS
from quanyu.engagement.journeys.reader import Reader
from quanyu.engagement.journeys.steps.wait import ends
from quanyu.engagement.journeys.tables import journey_policy
from quanyu.engagement.journeys.zones import ByTag
from quanyu.engagement.journeys.zones import read as read_zone
from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import Document, read, text_of
from quanyu.foundation.documents import Path as Place
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Askable, Rule
from quanyu.targeting.tags.packs import standing

MONTH = "month"
MOST_DAYS = 90
_KEYS = ("quiet", "caps", "suppress", "testers", "approval", "global_control", "zone")
CAPPED = ("manual", "marketing")
"""Priorities that caps hold for."""

CAPPED_BY = "capped:"
"""Begins the outcome of those for whom a cap left no room; the cap follows."""

DEFAULT = """quiet: {from: "22:00", until: "09:00", purposes: [marketing], then: defer}
caps:
  - {most: 1, days: 1}
  - {most: 4, days: 7}
"""


@dataclass(frozen=True)
class Quiet:
    """Hours of a customer's zone in which nothing of these purposes is sent; `defer` sends afterwards."""

    begins: time
    ends: time
    purposes: tuple[str, ...]
    then: Literal["defer", "drop"]

    def over_at(self, at: datetime, zone: str) -> datetime | None:
        """Return when quiet is over; None where `at` is not quiet."""
        local = at.astimezone(ZoneInfo(zone)).time()
        inside = (
            self.begins <= local < self.ends if self.begins < self.ends else local >= self.begins or local < self.ends
        )
        return ends(at, self.ends, zone) if inside else None


@dataclass(frozen=True)
class Cap:
    """At most so many messages a customer in the last `days` days, today included, or in the calendar's month."""

    most: int
    days: int | Literal["month"]
    channel: str | None = None
    purpose: str | None = None

    @property
    def counted(self) -> str:
        """Return under what the messages are counted that this cap is about."""
        if self.channel is not None:
            return f"channel:{self.channel}"
        return "all" if self.purpose is None else f"purpose:{self.purpose}"

    @property
    def word(self) -> str:
        return f"{CAPPED_BY}{self.most}/{self.days}" + ("" if self.counted == "all" else f":{self.counted}")

    def first_day(self, today: date) -> date:
        return today.replace(day=1) if self.days == MONTH else today - timedelta(days=int(self.days) - 1)


@dataclass(frozen=True)
class Suppression:
    """Who is not written to for these purposes, or for any (none named)."""

    name: str
    rule: Rule
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContactPolicy:
    quiet: Quiet | None = None
    caps: tuple[Cap, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    testers: str | None = None
    approval_above: int | None = None
    global_control: float = 0.0
    zone: ByTag | None = None
    text: str = field(default=DEFAULT, compare=False)


def parse(document: Document, askables: Catalogue[Askable], currency: str, text: str) -> ContactPolicy:
    """Return the checked policy; raises `Invalid` with every fault and its line."""
    reading = Reading(document)
    reader = Reader(reading, askables, currency)
    given = reading.mapping(document.value, (), (), _KEYS)
    quiet = _quiet(reader, given["quiet"]) if "quiet" in given else None
    listed = reading.list(given["caps"], ("caps",)) if "caps" in given else []
    caps = [_cap(reader, raw, ("caps", place)) for place, raw in enumerate(listed)]
    suppressed = given.get("suppress")
    named = suppressed if isinstance(suppressed, Mapping) else {}
    if "suppress" in given and not isinstance(suppressed, Mapping):
        reading.mapping(suppressed, ("suppress",), (), ("open_case",))
    suppressions = [_suppression(reader, str(name), raw, ("suppress", str(name))) for name, raw in named.items()]
    testers = reading.word(given, "testers", ())
    approval = reader.mapping(given["approval"], ("approval",), ("above",), ("above",)) if "approval" in given else {}
    above = reader.whole(approval, "above", ("approval",), 0, 1 << 40)
    held = reader.mapping(given.get("global_control", {"share": 0}), ("global_control",), ("share",), ("share",))
    share = reader.share(held["share"], ("global_control", "share")) if "share" in held else None
    zone = read_zone(reader, given["zone"], ("zone",)) if "zone" in given else None
    reading.refuse_faults(Text("The contact policy cannot be used.", "该触达策略无法使用。"))
    there = tuple(c for c in caps if c), tuple(s for s in suppressions if s)
    return ContactPolicy(quiet, *there, testers, above, share or 0.0, zone, text)


def _quiet(reader: Reader, raw: object) -> Quiet | None:
    where: Place = ("quiet",)
    given = reader.mapping(raw, where, ("from", "until"), ("from", "until", "purposes", "then"))
    begins, over = reader.time_of_day(given, "from", where), reader.time_of_day(given, "until", where)
    then = reader.reading.choice(given, "then", where, ("defer", "drop")) if "then" in given else "defer"
    if begins is not None and begins == over:
        problem = Text("Quiet hours end when they begin.", "免打扰的开始与结束相同。")
        return reader.reading.fault((*where, "until"), problem, given["until"], "another time")
    if begins is None or over is None or then is None:
        return None
    return Quiet(begins, over, _purposes(reader, given, where), "drop" if then == "drop" else "defer")


def _purposes(reader: Reader, given: Mapping[str, object], where: Place) -> tuple[str, ...]:
    listed = reader.reading.list(given["purposes"], (*where, "purposes")) if "purposes" in given else []
    return tuple(str(purpose) for purpose in listed)


def _cap(reader: Reader, raw: object, where: Place) -> Cap | None:
    given = reader.mapping(raw, where, ("most", "days"), ("most", "days", "channel", "purpose"))
    most = reader.whole(given, "most", where, 0, 1_000)
    days = MONTH if given.get("days") == MONTH else reader.whole(given, "days", where, 1, MOST_DAYS)
    if "channel" in given and "purpose" in given:
        problem = Text("A cap is for a channel, for a purpose, or for all.", "上限针对渠道、用途或全部，三选一。")
        return reader.reading.fault(where, problem, raw, "channel", "purpose", "neither")
    channel = reader.reading.choice(given, "channel", where, [code.value for code in CHANNELS])
    purpose = reader.reading.word(given, "purpose", where)
    return None if most is None or days is None else Cap(most, days, channel, purpose)  # type: ignore[arg-type]


def _suppression(reader: Reader, name: str, raw: object, where: Place) -> Suppression | None:
    given = reader.mapping(raw, where, ("rule",), ("rule", "purposes"))
    rule = reader.rule(given["rule"], (*where, "rule")) if "rule" in given else None
    return None if rule is None else Suppression(name, rule, _purposes(reader, given, where))


def apply(ws: Workspace, definition: Path | str) -> int:
    """Put a policy in force and return its version; the same text again changes nothing."""
    text = text_of(definition)
    parse(read(text), standing(ws).askables, ws.currency, text)
    newest = sa.select(journey_policy).where(journey_policy.c.workspace == ws.number)
    with ws.locked("journeys"), ws.begin() as connection:
        last = connection.execute(newest.order_by(journey_policy.c.version.desc()).limit(1)).one_or_none()
        if last is not None and last.text == text:
            return last.version
        version = 1 if last is None else int(last.version) + 1
        values = {"version": version, "text": text, "applied_at": ws.clock.now()}
        connection.execute(sa.insert(journey_policy).values(workspace=ws.number, **values))
    return version


def in_force(ws: Workspace, askables: Catalogue[Askable]) -> ContactPolicy:
    """Return the policy in force, the shipped one where none was applied."""
    text = written(ws)
    return parse(read(text), askables, ws.currency, text)


def written(ws: Workspace) -> str:
    query = sa.select(journey_policy.c.text).where(journey_policy.c.workspace == ws.number)
    with ws.begin() as connection:
        found = connection.execute(query.order_by(journey_policy.c.version.desc()).limit(1)).scalar_one_or_none()
    return DEFAULT if found is None else found


def rules_of(policy: ContactPolicy) -> Sequence[Rule]:
    return [each.rule for each in policy.suppressions]
