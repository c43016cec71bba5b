"""HTTP routes of who is who that several rooms answer together: the review queue and the ID report."""

from dataclasses import is_dataclass
from datetime import date, datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from quanyu.app.identity_report import shown_report
from quanyu.commerce.orders.stakes import bought
from quanyu.customers.identity import deciding, parting, reviewing
from quanyu.customers.identity.deciding import Decision
from quanyu.customers.identity.recognising import Recognised, land, resolve_new
from quanyu.foundation.access.bearers import Bearer
from quanyu.foundation.access.doors import Answer, Asked, Number, admitted, known
from quanyu.foundation.errors import Invalid
from quanyu.foundation.jobs.queue import defer_refresh
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["identity"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]
Caller = Annotated[Bearer, Depends(known)]


class PatternAnswer(Answer):
    name: str = Field(examples=["phone/contradicted/surname/pos+web"])
    type: str
    reason: str = Field(description="Why the values do not join: records, customers, contradicted or single.")
    differ: list[str] = Field(description="In what those who share a value differ.")
    sources: list[str]
    questions: int
    customers: int
    worth: int = Field(description="What these customers' records have bought, in minor units.")
    share: float = Field(description="Part of all questions that this pattern and those before it cover.")


class QuestionAnswer(Answer):
    number: Number
    pattern: str
    type: str
    scope: str
    reason: str
    differ: list[str]
    sources: list[str]
    records: int
    customers: int
    worth: int
    asked_at: datetime


class QueueAnswer(Answer):
    patterns: list[PatternAnswer]
    questions: list[QuestionAnswer]
    expired: int = Field(description="Without an answer for 180 days: asked no more.")
    settled: int


class HolderAnswer(Answer):
    source: str
    record: Number
    name: str | None = Field(description="Masked.", examples=["王**"])
    gender: str | None
    customer: str | None
    import_number: int | None = Field(description="That gave the record the value.")


class QuestionWithHolders(Answer):
    question: QuestionAnswer
    holders: list[HolderAnswer]


class WantedAnswer(Asked):
    answer: Literal["together", "nobodys", "settled"]
    questions: list[int] = Field(default_factory=list, max_length=10_000)
    pattern: str | None = Field(None, description="Instead of questions: all open ones of a pattern.", max_length=1_000)
    reason: str = Field(min_length=1, max_length=500)


class Answered(Answer):
    act: Number
    answered: int
    merged: int | None = Field(description="Customers that are others' now; null while other work delays the count.")
    parted: int | None


class Withdrawn(Answer):
    withdrawn: int = Field(description="Acts that stood until now.")
    merged: int | None = Field(description="Null while other work delays the count.")
    parted: int | None


class ActAnswer(Answer):
    number: Number
    verdict: str = Field(description="unlinked, nobodys, cut, together or settled.")
    types: list[str]
    values: int
    records: int
    reason: str
    author: str
    decided_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


class Acts(Answer):
    acts: list[ActAnswer]


class WantedBack(Asked):
    acts: list[int] = Field(min_length=1, max_length=1_000)


class WantedCut(Asked):
    """Two records of one customer; they travel in the body, since a key may be somebody's phone."""

    one: str = Field(max_length=500, description="SOURCE:KEY or SOURCE#ORDINAL", examples=["pos#4711"])
    other: str = Field(max_length=500, description="Whatever joins it to the first one later is refused, too.")
    reason: str = Field(min_length=1, max_length=500)


class WantedUnlinking(Asked):
    record: str = Field(max_length=500, description="SOURCE:KEY or SOURCE#ORDINAL", examples=["pos#4711"])
    type: str | None = Field(None, max_length=200, description="Only values of this type; all if left out.")
    everybody: bool = Field(False, description="Nobody's value: not of anybody else who has it either.")
    reason: str = Field(min_length=1, max_length=500)


class Parted(Answer):
    act: Number = Field(description="By which it can be taken back.")
    merged: int | None = Field(description="Null while other work delays the count.")
    parted: int | None


class LineAnswer(Answer):
    source: str | None = Field(description="null: all sources together.")
    records: int
    linked_records: int = Field(description="Records whose customer another source knows, too.")
    customers: int
    linked: int
    identified: int = Field(description="Customers with a phone.")
    taggable: int
    shares: dict[str, float] = Field(description="Of each type of identifier the share of records that have it.")
    score: int = Field(description="0 to 100: the mean of the shares of customers linked, identified and taggable.")


class LikelyAnswer(Answer):
    pairs: int = Field(description="Pairs of different customers that are likely one person and that no key joins.")
    fewer: int = Field(description="How many customers fewer there were if all of them were right.")


class GainAnswer(Answer):
    source: str
    type: str
    missing: int
    linked: int = Field(description="Records that would be linked if they had it: an estimate.")


class MonthAnswer(Answer):
    month: date
    customers: int = Field(description="Whose first record was registered in this month.")


class DayAnswer(Answer):
    day: date
    records: int
    customers: int
    linked: int
    identified: int
    taggable: int
    score: int


class IdReportAnswer(Answer):
    made_at: datetime
    whole: LineAnswer
    sources: list[LineAnswer]
    likely: LikelyAnswer
    gains: list[GainAnswer]
    months: list[MonthAnswer]
    days: list[DayAnswer] = Field(description="Of each day with a report the last one, the earliest first.")
    reachable: dict[str, int] = Field(description="Customers whom marketing may address now, by channel.")


@router.get("/identity/report", operation_id="show_id_report")
def show_report(workspace: Viewer) -> IdReportAnswer:
    """Say per source who is linked, identified, taggable and reachable, and what to mend, as it was made last."""
    found, made_at, is_of_now = shown_report(workspace)
    if not is_of_now:
        with workspace.begin() as connection:
            defer_refresh(connection, workspace.name)
    return IdReportAnswer(
        made_at=made_at,
        whole=LineAnswer.model_validate(found.whole),
        sources=[LineAnswer.model_validate(line) for line in found.sources],
        likely=LikelyAnswer.model_validate(found.likely),
        gains=[GainAnswer.model_validate(gain) for gain in found.gains],
        months=[MonthAnswer(month=month, customers=count) for month, count in found.months],
        days=[DayAnswer.model_validate(day) for day in found.days],
        reachable=dict(found.reachable),
    )


@router.get("/identity/questions", operation_id="list_identity_questions")
def list_questions(
    workspace: Viewer,
    pattern: Annotated[str | None, Query(max_length=1_000)] = None,
    limit: Annotated[int, Query(ge=0, le=1_000)] = 100,
    *,
    settled: bool = False,
) -> QueueAnswer:
    """List what the policy leaves open, the most at stake first. No identifier's value is told."""
    return QueueAnswer.model_validate(_plain(reviewing.review(workspace, bought, pattern, limit, settled=settled)))


@router.get("/identity/questions/{number}", operation_id="show_identity_question")
def show_question(workspace: Viewer, number: int) -> QuestionWithHolders:
    """Say who shares the value in question."""
    asked, held = reviewing.holders(workspace, number)
    return QuestionWithHolders(
        question=QuestionAnswer.model_validate(_plain(asked)),
        holders=[HolderAnswer.model_validate(_plain(each)) for each in held],
    )


@router.post("/identity/answers", operation_id="answer_identity_questions")
def answer_questions(workspace: Marketer, caller: Caller, wanted: WantedAnswer) -> Answered:
    """Answer questions, or a whole pattern of them; customers are recognised anew under it."""
    if bool(wanted.questions) == bool(wanted.pattern):
        raise Invalid(Text("Name either questions or one pattern.", "请给出问题编号，或给出一个模式。"))
    decision = Decision(caller.label, wanted.reason)
    act, count = reviewing.answer(workspace, wanted.answer, decision, wanted.questions, wanted.pattern)
    done = _recognised(workspace)
    return Answered(act=str(act), answered=count, **_counts(done))


@router.post("/identity/cuts", operation_id="cut_records")
def cut_records(workspace: Marketer, caller: Caller, wanted: WantedCut) -> Parted:
    """Part two records that are not one person: of each chain that joins them the weakest link goes."""
    act = parting.cut(workspace, wanted.one, wanted.other, Decision(caller.label, wanted.reason))
    done = _recognised(workspace)
    return Parted(act=str(act), **_counts(done))


@router.post("/identity/unlinkings", operation_id="unlink_identifiers")
def unlink_identifiers(workspace: Marketer, caller: Caller, wanted: WantedUnlinking) -> Parted:
    """Say that the values of a type are not a record's, or no person's; they join no more."""
    decision = Decision(caller.label, wanted.reason)
    act = parting.unlink(workspace, wanted.record, wanted.type, decision, everybody=wanted.everybody)
    done = _recognised(workspace)
    return Parted(act=str(act), **_counts(done))


@router.get("/identity/decisions", operation_id="list_identity_decisions")
def list_decisions(workspace: Viewer, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> Acts:
    """List who decided what of who is who, when and why; the last first."""
    return Acts(acts=[ActAnswer.model_validate(_plain(each)) for each in deciding.acts(workspace, limit)])


@router.post("/identity/decisions/withdrawals", operation_id="withdraw_identity_decisions")
def withdraw_decisions(workspace: Marketer, caller: Caller, wanted: WantedBack) -> Withdrawn:
    """Take decisions back; customers are recognised anew without them."""
    count = deciding.take_back(workspace, wanted.acts, caller.label)
    done = _recognised(workspace)
    return Withdrawn(withdrawn=count, **_counts(done))


def _recognised(workspace: Workspace) -> Recognised | None:
    """Recognise anew in the database; behind heavier work, which may take minutes, the worker shows it in the lake."""
    done = resolve_new(workspace)
    with workspace.database.lock_if_free("heavy") as free:  # held until it is shown: nobody comes in between
        if free:
            return done or land(workspace)
    with workspace.begin() as connection:
        defer_refresh(connection, workspace.name)
    return done


def _counts(done: Recognised | None) -> dict[str, int | None]:
    return {"merged": done and done.merged, "parted": done and done.parted}


def _plain(told: object) -> dict[str, object]:
    """Return what is told as fields, 64-bit numbers as text."""
    return {name: _value(name, value) for name, value in vars(told).items()}


def _value(name: str, value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(each) if is_dataclass(each) else each for each in cast("tuple[object, ...]", value)]
    return str(value) if name in ("number", "record") else value
