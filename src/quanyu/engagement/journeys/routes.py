"""HTTP routes of journeys: list, apply, look, start, pause, stop, enter, and what became of a customer."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from quanyu.customers.identity.profile import customer_named, customers_named
from quanyu.engagement.journeys import policy, states
from quanyu.engagement.journeys.canvas import to_canvas, to_definition
from quanyu.engagement.journeys.definitions import apply, text_of, texts_of, title_of
from quanyu.engagement.journeys.effect_routes import router as effect_router
from quanyu.engagement.journeys.setup_routes import router as setup_router
from quanyu.engagement.journeys.tracing import said, trace, whereabouts
from quanyu.foundation.access.doors import Answer, Asked, Words, admitted
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.choosing import chosen
from quanyu.targeting.tags.packs import standing

router = APIRouter(tags=["journeys"])
router.include_router(effect_router)
router.include_router(setup_router)
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Analyst = Annotated[Workspace, Depends(admitted("analyst"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]

MOST_AT_ONCE = 10_000


class JourneyAnswer(Answer):
    journey: str
    title: Words
    keeper: str | None = Field(description="The room that defines it and brings people in, as campaigns.")
    version: int
    state: str
    since: datetime
    inside: int = Field(description="Customers who stand at a step.")
    gone_accounts: list[str] = Field(description="Accounts by which it would send, which are not there any more.")


class Journeys(Answer):
    journeys: list[JourneyAnswer]


class WantedJourney(Asked):
    definition: str = Field(description="A journey in YAML or JSON.", max_length=4 << 20)


class Canvas(Asked):
    journey: dict[str, Any] = Field(description="What the definition says beside its trigger and steps.")
    nodes: list[dict[str, Any]] = Field(description="id, type, data, position.", max_length=1_000)
    edges: list[dict[str, Any]] = Field(description="source, key (the way out), target.", max_length=10_000)


class AppliedJourney(Answer):
    name: str
    version: int
    changed: bool


class MoveAnswer(Answer):
    step: str
    outcome: str
    said: Words
    customers: int


class JourneyDetail(JourneyAnswer):
    text: str = Field(description="The definition as it was written.")
    at_steps: dict[str, int]
    outcomes: list[MoveAnswer]


class WantedState(Asked):
    state: str = Field(pattern="^(running|paused|stopped)$")


class StateAnswer(Answer):
    journey: str
    state: str


class EntryOf(Asked):
    record: str = Field(description="As pos:M10023.")
    context: dict[str, str | int | float | bool | None] = Field(
        description="What messages may say of this entry, as {{ entry.order }}: at most 20 names and short values."
    )


class WantedEntry(Asked):
    key: str = Field(min_length=1, max_length=200, description="The same key again brings nobody twice.")
    audience: str | None = Field(None, description="An audience or a pasted list.")
    records: list[str] = Field([], max_length=MOST_AT_ONCE, description="Or records, as pos:M10023.")
    entries: list[EntryOf] = Field([], max_length=MOST_AT_ONCE, description="Or records with what is told of each.")


class EntryAnswer(Answer):
    customers: int


class WantedTrace(Asked):
    record: str = Field(description="As pos:M10023, or pos#4711 by its ordinal.")
    limit: int = Field(100, ge=1, le=10_000)


class TraceAnswer(Answer):
    at: datetime
    journey: str
    step: str
    outcome: str
    said: Words
    why_not: Words | None = Field(
        description="Why the message did not go after all, or which journey took its place under a cap."
    )


class PlaceAnswer(Answer):
    journey: str
    step: str
    due: datetime


class Traces(Answer):
    moves: list[TraceAnswer]
    stands: list[PlaceAnswer]


class PolicyText(Answer):
    text: str


class WantedPolicy(Asked):
    text: str = Field(max_length=1 << 20)


class AppliedPolicy(Answer):
    version: int


@router.get("/journeys", operation_id="list_journeys")
def list_journeys(workspace: Viewer) -> Journeys:
    """List journeys, and how many customers are inside."""
    found = states.standings(workspace)
    texts = texts_of(workspace, [(each.journey, each.version) for each in found])
    return Journeys(journeys=[JourneyAnswer(**_of(each, texts[each.journey, each.version])) for each in found])


def _of(found: states.Standing, text: str) -> dict[str, Any]:
    told = {name: getattr(found, name) for name in ("journey", "keeper", "version", "state", "since")}
    more = {"inside": sum(found.at_steps.values()), "gone_accounts": list(found.gone_accounts)}
    return {**told, "title": title_of(text), **more}


@router.post("/journeys", operation_id="apply_journey")
def apply_journey(workspace: Marketer, wanted: WantedJourney) -> AppliedJourney:
    """Put a definition in force; the same one again changes nothing."""
    return AppliedJourney.model_validate(apply(workspace, wanted.definition))


@router.get("/journeys/{name}", operation_id="show_journey")
def show_journey(workspace: Viewer, name: str) -> JourneyDetail:
    """Show where people stand, and what became of those that came."""
    text, _ = text_of(workspace, name)
    (found,) = states.standings(workspace, name)
    outcomes = [
        MoveAnswer(step=step, outcome=word, said=Words.model_validate(said(word)), customers=many)
        for (step, word), many in sorted(found.outcomes.items())
    ]
    return JourneyDetail(**_of(found, text), text=text, at_steps=dict(found.at_steps), outcomes=outcomes)


@router.get("/journeys/{name}/canvas", operation_id="draw_journey")
def draw_journey(workspace: Viewer, name: str) -> Canvas:
    """Show a journey as nodes and edges."""
    text, _ = text_of(workspace, name)
    return Canvas(**to_canvas(text, standing(workspace).askables, workspace.currency))


@router.post("/journeys/canvas", operation_id="apply_canvas")
def apply_canvas(workspace: Marketer, wanted: Canvas) -> AppliedJourney:
    """Put a journey in force that was drawn; the same one again changes nothing."""
    definition = json.dumps(to_definition(wanted.model_dump()), ensure_ascii=False, indent=1)
    return AppliedJourney.model_validate(apply(workspace, definition))


@router.post("/journeys/{name}/state", operation_id="set_journey_state")
def set_journey_state(workspace: Marketer, name: str, wanted: WantedState) -> StateAnswer:
    """Start, pause or stop a journey; what is in the outbox is held back, or not sent."""
    {"running": states.start, "paused": states.pause, "stopped": states.stop}[wanted.state](workspace, name)
    return StateAnswer(journey=name, state=wanted.state)


@router.post("/journeys/{name}/entries", operation_id="enter_journey")
def enter_journey(workspace: Marketer, name: str, wanted: WantedEntry) -> EntryAnswer:
    """Let customers wait at the door of a journey that starts by call."""
    members = OrdinalSet.of(customers_named(workspace, wanted.records))
    if wanted.audience is not None:
        members = members | chosen(workspace, wanted.audience).members
    named = customers_named(workspace, [each.record for each in wanted.entries])
    told = [(customer, each.context) for customer, each in zip(named, wanted.entries, strict=True)]
    states.bring(workspace, name, wanted.key, members, told)
    return EntryAnswer(customers=(members | OrdinalSet.of([customer for customer, _ in told])).count())


@router.post("/journeys/traces", operation_id="trace_customer")
def trace_customer(workspace: Analyst, wanted: WantedTrace) -> Traces:
    """Say what journeys did with a customer, and why he got no message."""
    customer = customer_named(workspace, wanted.record)
    moves = [
        TraceAnswer(
            at=each.at,
            journey=each.journey,
            step=each.step,
            outcome=each.outcome,
            said=Words.model_validate(each.said),
            why_not=None if each.why_not is None else Words.model_validate(each.why_not),
        )
        for each in trace(workspace, customer, wanted.limit)
    ]
    return Traces(moves=moves, stands=[PlaceAnswer(**vars(place)) for place in whereabouts(workspace, customer)])


@router.get("/contact-policy", operation_id="show_contact_policy")
def show_contact_policy(workspace: Viewer) -> PolicyText:
    """Show quiet hours, caps and suppressions."""
    return PolicyText(text=policy.written(workspace))


@router.post("/contact-policy", operation_id="apply_contact_policy")
def apply_contact_policy(workspace: Marketer, wanted: WantedPolicy) -> AppliedPolicy:
    """Put a contact policy in force."""
    return AppliedPolicy(version=policy.apply(workspace, wanted.text))
