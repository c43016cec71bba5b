"""What running campaigns and journeys have changed so far, for the console's first page.

A report takes seconds where there are millions of customers: the worker makes them, and the page shows the last ones.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from quanyu.engagement.campaigns import definitions as campaigns
from quanyu.engagement.campaigns.compiling import LOT
from quanyu.engagement.campaigns.model import KEEPER
from quanyu.engagement.journeys.counting import BOUGHT
from quanyu.engagement.journeys.definitions import control_of, texts_of, title_of
from quanyu.engagement.journeys.effects import ENTERED, Report, report
from quanyu.engagement.journeys.model import RUNNING
from quanyu.engagement.journeys.moving import ENTRANCE
from quanyu.engagement.journeys.states import Standing, standings
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.kept.answers import is_kept, kept, last_made
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.report import row_of
from quanyu.targeting.tags.runs import last_run

_TOLD = (
    "arm",
    "kind",
    "arm_customers",
    "control_customers",
    "absolute",
    "absolute_low",
    "absolute_high",
    "relative",
    "relative_low",
    "relative_high",
    "certain",
)


@dataclass(frozen=True)
class Running:
    """What runs and leaves some alone: `outcome` is what it is for, `entered` how many it has let in."""

    name: str
    title: Text
    page: str
    outcome: str
    version: int
    entered: int
    report: Callable[[Workspace], Report]


def find_running(ws: Workspace) -> Iterator[Running]:
    """Yield the campaigns and the journeys with a control group that run."""
    found = [each for each in standings(ws) if each.state == RUNNING]
    own = [(each.journey, each.version) for each in found if each.keeper is None]
    texts = texts_of(ws, own) if own else {}
    kept_ones = campaigns.newest(ws)
    for each in found:
        if each.keeper == KEEPER and each.journey in kept_ones:
            yield _campaign(each, kept_ones[each.journey])
        elif each.keeper is None and control_of(texts[each.journey, each.version]) > 0:
            told = partial(report, name=each.journey)
            title, page = title_of(texts[each.journey, each.version]), f"/journeys/{each.journey}?tab=effect"
            yield Running(each.journey, title, page, BOUGHT, each.version, _entered(each), told)


def _campaign(each: Standing, found: campaigns.Kept) -> Running:
    name, target = each.journey, found.campaign.target
    told = partial(report, name=name, days=target.days, step=LOT)
    page = f"/campaigns/{name}?tab=report"
    return Running(name, found.campaign.title, page, target.outcome, found.version, _entered(each), told)


def _entered(each: Standing) -> int:
    return each.outcomes.get((ENTRANCE, ENTERED), 0)


def renew_lifts(ws: Workspace) -> None:
    """Report on what runs, if anybody looks at the first page.

    Anew with each run of tags, each day, and whenever twice as many have come in.
    """
    if not is_kept(ws, "overview"):
        return
    last = last_run(ws)
    day = ws.clock.today(ws.time_zone)
    for each in find_running(ws):
        made_of = f"{last and last[0].number} {day} {each.version} {each.entered.bit_length()}"
        kept(ws, _place(each), made_of, partial(_made, ws, each))


def _place(each: Running) -> str:
    return f"lift:{each.name}"


def _made(ws: Workspace, each: Running) -> Mapping[str, Any]:
    try:
        found = each.report(ws)
    except (Conflict, Invalid, NotFound) as error:  # such as: nobody has come in yet
        return {"why_not": _both(error.problem), "effects": []}
    effects = [row_of(effect) for effect in found.analysis.effects if effect.outcome == each.outcome]
    return {
        "days": found.days,
        "preliminary": found.preliminary,
        "settled_on": found.settled_on.isoformat(),
        "effects": [{name: effect[name] for name in _TOLD} for effect in effects],
    }


def lifts(ws: Workspace) -> list[Mapping[str, Any]]:
    """Return what runs with its lift as it was reported last, those with most customers first."""
    found = sorted(find_running(ws), key=lambda each: -each.entered)
    made = last_made(ws, [_place(each) for each in found])
    return [_told(each, made.get(_place(each))) for each in found]


def _told(each: Running, made: Any) -> Mapping[str, Any]:
    about = {"name": each.name, "title": _both(each.title), "page": each.page, "outcome": each.outcome}
    answer = {} if made is None else {**made.answer, "made_at": made.made_at}
    return {**about, "entered": each.entered, **answer}


def _both(words: Text) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}
