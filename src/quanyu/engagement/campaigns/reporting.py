"""What a campaign changed, arm against no contact, and which of two contents won; testers are in none of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from quanyu.engagement.campaigns.compiling import LOT
from quanyu.engagement.campaigns.deeds import deeds
from quanyu.engagement.campaigns.definitions import kept
from quanyu.engagement.campaigns.guarding import Counted, count
from quanyu.engagement.campaigns.model import ARMS, NO_CONTACT, PERSONALISED, SAME_PROMOTION, SENDING, Campaign
from quanyu.engagement.campaigns.reached import reached
from quanyu.engagement.journeys.effects import Report as Effects
from quanyu.engagement.journeys.effects import report as report_journey
from quanyu.engagement.journeys.model import END
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.model import Analysis
from quanyu.targeting.experiments.wording import in_words

_compute: Any = pc  # its functions are made when it is imported


@dataclass(frozen=True)
class Report:
    """`effects` against no contact; `between` the two contents, None where there is one; and what came back."""

    campaign: str
    effects: Effects
    between: Analysis | None
    verdict: Text
    counted: Counted
    customers: Mapping[str, int]
    handed: int
    why_not: Mapping[str, int]


def report(ws: Workspace, name: str, days: int | None = None) -> Report:
    """Compare the arms over `days` days after the message, else as many as the goal counts.

    Raises Conflict where nobody was let in.
    """
    found = kept(ws, name).campaign
    days = found.target.days if days is None else days
    effects = report_journey(ws, name, days, LOT)
    seen = reached(ws, found)
    between = compare(found, deeds(ws, seen.assigned, days, name))
    return Report(
        name,
        replace(effects, analysis=_named(effects.analysis)),
        between,
        verdict(found, between),
        count(ws, name),
        {arm: members.count() for arm, members in seen.arms.items()},
        seen.handed.count(),
        {word: who.count() for word, who in sorted(seen.why_not.items()) if who},
    )


def _named(analysis: Analysis) -> Analysis:
    """Call who went from the lot to the end by the name of his arm."""

    def named(word: str) -> str:
        return NO_CONTACT if word == END else word

    ratio = analysis.sample_ratio
    return replace(
        analysis,
        control=named(analysis.control),
        arms=tuple(replace(arm, name=named(arm.name)) for arm in analysis.arms),
        effects=tuple(replace(effect, control=named(effect.control)) for effect in analysis.effects),
        sample_ratio=replace(ratio, expected={named(name): share for name, share in ratio.expected.items()}),
    )


def compare(found: Campaign, rows: pa.Table) -> Analysis | None:
    """Compare the personalised arm with the same promotion, in what the campaign is for; None where one is missing."""
    both = rows.filter(_compute.is_in(rows["arm"], pa.array(SENDING)))
    if set(both["arm"].unique().to_pylist()) != set(SENDING):
        return None
    try:
        return analyze(both, "arm", SAME_PROMOTION, [found.target.outcome])
    except Invalid:  # such as an arm of one customer
        return None


def winner(between: Analysis | None) -> str | None:
    """Return the arm whose content won; None where nobody can tell."""
    if between is None or not between.effects[0].certain:
        return None
    return PERSONALISED if between.effects[0].absolute > 0 else SAME_PROMOTION


def verdict(found: Campaign, between: Analysis | None) -> Text:
    """Say which content won; that nobody can tell is an answer."""
    if between is None:
        return Text("There are no two contents to compare.", "没有两个可比较的内容。")
    won, told = winner(between), in_words(between)[-1]
    if won is None:
        return Text(f"Which content won: cannot tell. {told.en}", f"哪个内容更好：无法判断。{told.zh}")
    better = Text("“{content}” won ({arm}). {told}", "“{content}”更好（{arm}）。{told}")
    return better.format_with(content=_content(found, won), arm=ARMS[won], told=told)


def _content(found: Campaign, arm: str) -> str:
    saying = found.arms[arm].saying
    return "" if saying is None else saying.content
