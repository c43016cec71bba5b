"""The global control: a share of all customers whom marketing leaves alone for a quarter, drawn by lot.

The lot is salted with the workspace and the quarter, so that it is another one every quarter and independent of every
other draw. Service and what was promised go to everybody. A larger share has all of a smaller one in it.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from quanyu.engagement.journeys.model import Journey
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import drawn
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

HELD = "global_control"
SAID = Text(
    "belongs to the global control this quarter: marketing leaves him alone, to be measured against",
    "本季度属于全局对照组：营销不触达，用于衡量整体效果",
)
SERVICE = "service"
_QUARTER = re.compile(r"(\d{4})Q([1-4])")


@dataclass(frozen=True)
class Quarter:
    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def first(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        following = date(self.year + self.number // 4, 3 * (self.number % 4) + 1, 1)
        return following - timedelta(days=1)


def quarter_of(day: date) -> Quarter:
    return Quarter(day.year, (day.month + 2) // 3)


def read_quarter(written: str) -> Quarter:
    """Return the quarter that is written as 2026Q1; raises Invalid."""
    found = _QUARTER.fullmatch(written.strip().upper())
    if found is None:
        raise Invalid(Text("This is no quarter.", "不是有效的季度。"), received=written[:20], allowed=["2026Q1"])
    return Quarter(int(found[1]), int(found[2]))


@dataclass(frozen=True)
class GlobalControl:
    """Who is held out now; testers never are."""

    share: float
    seed: str
    testers: OrdinalSet

    def of(self, members: OrdinalSet, journey: Journey) -> OrdinalSet:
        """Return which of these the journey leaves alone: nobody, unless it is marketing."""
        if not self.share or not is_marketing(journey):
            return OrdinalSet.empty()
        return drawn(members, self.share, self.seed) - self.testers


def is_marketing(journey: Journey) -> bool:
    """Say whether a journey may leave people alone: not what serves them, nor what they were promised."""
    return journey.priority in ("manual", "marketing") and journey.purpose != SERVICE


def seed_of(ws: Workspace, quarter: Quarter) -> str:
    return f"global/{ws.number}/{quarter}"


def holding(ws: Workspace, share: float, testers: OrdinalSet) -> GlobalControl:
    """Return the global control of the quarter that is now in the workspace's zone."""
    return GlobalControl(share, seed_of(ws, quarter_of(ws.clock.today(ws.time_zone))), testers)
