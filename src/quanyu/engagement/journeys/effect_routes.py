"""HTTP routes of effects: what a journey changed, as figures, a page and a workbook; and the terms of measuring."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from quanyu.engagement.journeys.effects import Report, report
from quanyu.engagement.journeys.holding import read_quarter
from quanyu.engagement.journeys.precedence import Expectation, place_of
from quanyu.engagement.journeys.preceding import placed
from quanyu.engagement.journeys.reporting import describe, draw, write
from quanyu.engagement.journeys.whole import report_whole
from quanyu.foundation.access.doors import Answer, Asked, Words, admitted
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments import terms
from quanyu.targeting.experiments.report import as_json

router = APIRouter(tags=["journeys"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Analyst = Annotated[Workspace, Depends(admitted("analyst"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PaybackAnswer(Answer):
    arm: str
    margin: float = Field(description="Brought in all, major units.")
    cost: float = Field(description="Discounts, messages, points and software beyond the control's.")
    fixed: float = Field(description="The software's share of the cost.")
    profit: float
    profit_low: float
    profit_high: float
    ratio: float | None = Field(description="Margin by cost; null where the cost is none.")
    ratio_low: float | None
    ratio_high: float | None


class EffectAnswer(Answer):
    journey: str
    days: int
    preliminary: bool = Field(description="Purchases may still be made, or come back; limits hold at any look.")
    assigned: list[date] = Field(description="First and last day on which somebody was assigned.")
    settled_on: date
    returns: dict[str, int] = Field(description="Days in which goods may come back, by sales channel.")
    paid: list[PaybackAnswer] = Field(description="Whether it paid; empty where no margin is set.")
    first_words: list[Words] = Field(description="What to know before the effects.")
    analysis: dict[str, Any] = Field(description="Groups, effects with intervals, the split, and all of it in words.")


class TurnAnswer(Answer):
    journey: str
    priority: str
    verdict: str | None = Field(description="shown, few, uncertain or missed; null where nothing was worked out yet.")
    expected: float | None = Field(description="What each message brought, major units; it counts where shown.")
    foretold: float | None = Field(description="What it brought those who entered earlier.")
    measured: float | None = Field(description="What it brought those who entered later.")
    measured_low: float | None
    measured_high: float | None
    said: Words


class TurnsAnswer(Answer):
    journeys: list[TurnAnswer]


class TermsText(Answer):
    text: str


class WantedTerms(Asked):
    text: str = Field(max_length=1 << 20)


class AppliedTerms(Answer):
    version: int


def asked(
    workspace: Analyst,
    name: str,
    days: Annotated[int, Query(ge=1, le=365, description="Days after entering that count.")] = 30,
    step: Annotated[str | None, Query(description="Compare the ways of this split.")] = None,
    by: Annotated[str | None, Query(description="Look at it by the values of this tag.")] = None,
) -> Report:
    return report(workspace, name, days, step, by)


Found = Annotated[Report, Depends(asked)]


def answer(found: Report) -> EffectAnswer:
    told = describe(found)
    known = {name: told[name] for name in EffectAnswer.model_fields if name != "analysis"}
    return EffectAnswer(**known, analysis=as_json(found.analysis))  # type: ignore[arg-type]


def workbook(found: Report) -> Response:
    headers = {"Content-Disposition": "attachment; filename=effect.xlsx", "Cache-Control": "no-store"}
    return Response(write(found), media_type=WORKBOOK, headers=headers)


@router.get("/journeys/{name}/effect", operation_id="report_journey")
def report_journey(found: Found) -> EffectAnswer:
    """Say what a journey changed, against those who were left alone by lot."""
    return answer(found)


@router.get("/journeys/{name}/effect.html", operation_id="draw_journey_effect", response_class=HTMLResponse)
def draw_journey_effect(found: Found) -> HTMLResponse:
    """Say it as a page that needs nothing beside it."""
    return HTMLResponse(draw(found))


@router.get("/journeys/{name}/effect.xlsx", operation_id="write_journey_effect", response_class=Response)
def write_journey_effect(found: Found) -> Response:
    """Say it as a workbook."""
    return workbook(found)


def asked_whole(
    workspace: Analyst,
    quarter: Annotated[str | None, Query(description="As 2026Q1; the present one if left out.")] = None,
    by: Annotated[str | None, Query(description="Look at it by the values of this tag.")] = None,
) -> Report:
    return report_whole(workspace, None if quarter is None else read_quarter(quarter), by)


Whole = Annotated[Report, Depends(asked_whole)]


@router.get("/global-control/effect", operation_id="report_global_control")
def report_global_control(found: Whole) -> EffectAnswer:
    """Say what marketing as a whole changed in a quarter, against the global control."""
    return answer(found)


@router.get("/global-control/effect.html", operation_id="draw_global_control", response_class=HTMLResponse)
def draw_global_control(found: Whole) -> HTMLResponse:
    """Say it as a page that needs nothing beside it."""
    return HTMLResponse(draw(found))


@router.get("/global-control/effect.xlsx", operation_id="write_global_control", response_class=Response)
def write_global_control(found: Whole) -> Response:
    """Say it as a workbook."""
    return workbook(found)


@router.get("/journey-order", operation_id="list_journey_order")
def list_journey_order(workspace: Analyst) -> TurnsAnswer:
    """List running journeys in the order in which they write where a cap leaves room for few, and say by what."""
    return TurnsAnswer(journeys=[_turn(*each, workspace.currency) for each in placed(workspace)])


def _turn(name: str, priority: str, found: Expectation | None, currency: str) -> TurnAnswer:
    measured = None if found is None else found.measured
    return TurnAnswer(
        journey=name,
        priority=priority,
        verdict=None if found is None else found.verdict,
        expected=None if found is None else found.expected,
        foretold=None if found is None else found.foretold,
        measured=None if measured is None else measured.value,
        measured_low=None if measured is None else measured.low,
        measured_high=None if measured is None else measured.high,
        said=Words.model_validate(place_of(priority, found, currency)),
    )


@router.get("/measuring-terms", operation_id="show_measuring_terms")
def show_measuring_terms(workspace: Viewer) -> TermsText:
    """Show return windows, margin and costs."""
    return TermsText(text=terms.written(workspace))


@router.post("/measuring-terms", operation_id="apply_measuring_terms")
def apply_measuring_terms(workspace: Marketer, wanted: WantedTerms) -> AppliedTerms:
    """Put return windows, margin and costs in force."""
    return AppliedTerms(version=terms.apply(workspace, wanted.text))
