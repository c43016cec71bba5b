"""HTTP routes of campaigns: plan, apply, look, test, approve, let out, stop, go on, and draft what follows."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from quanyu.engagement.campaigns import applying, approving, releasing, reporting, standing, trying, waves
from quanyu.engagement.campaigns.acts import acts_of
from quanyu.engagement.campaigns.definitions import checked
from quanyu.engagement.campaigns.planning import plan
from quanyu.engagement.campaigns.telling import detail_as_json, plan_as_json, report_as_json, standing_as_json
from quanyu.foundation.access.bearers import Bearer
from quanyu.foundation.access.doors import Answer, Asked, Words, admitted, known
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["campaigns"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Analyst = Annotated[Workspace, Depends(admitted("analyst"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]
Caller = Annotated[Bearer, Depends(known)]


class CampaignAnswer(Answer):
    campaign: str
    title: Words
    version: int
    author: str = Field(description="Who put this version in force, as token:li.na.")
    state: str
    stages: int
    released: int = Field(description="Stages that are out.")
    watched_until: datetime | None = Field(description="Until when the last stage that is out is watched.")
    customers: int = Field(description="Customers whom the stages brought in; testers are not among them.")


class Campaigns(Answer):
    campaigns: list[CampaignAnswer]


class CampaignDetail(CampaignAnswer):
    text: str = Field(description="The definition as it was written.")
    shares: dict[str, float]
    out: list[dict[str, Any]] = Field(description="stage, released_at, who, customers.")
    approval: dict[str, Any] | None = Field(description="who, approved_at, customers, and what has changed since.")
    counted: dict[str, Any] = Field(description="messages, and answers by kind.")
    limits: dict[str, float]
    acts: list[dict[str, Any]] = Field(description="Who did what, the newest first: at, who, act, said, told.")


class WantedCampaign(Asked):
    definition: str = Field(description="A campaign in YAML or JSON.", max_length=1 << 20)


class AppliedCampaign(Answer):
    name: str
    version: int
    changed: bool


class CampaignPlan(Answer):
    campaign: str
    customers: int
    testers: int
    shares: dict[str, float]
    proposed: bool = Field(description="The group without contact was sized from power.")
    arms: list[dict[str, Any]] = Field(description="arm, customers, by_account, undone by reason.")
    reachable: dict[str, int] = Field(description="Customers by channel, whatever is capped or suppressed.")
    stages: list[int]
    base: dict[str, Any]
    sizing: dict[str, Any] | None
    needs_approval: bool
    words: list[Words]
    said: dict[str, Words] = Field(description="Why nothing is sent, in words.")


class CampaignTest(Answer):
    testers: int
    messages: int
    before: int = Field(description="Messages of this version that went to testers before.")


class CampaignApproval(Answer):
    campaign: str
    version: int
    who: str


class WantedRelease(Asked):
    stage: int | None = Field(None, ge=1, description="This stage; let out already, it changes nothing.")
    early: bool = Field(False, description="Though the stage before is still watched.")


class ReleasedStage(Answer):
    campaign: str
    stage: int
    customers: int
    changed: bool


class WantedCampaignState(Asked):
    state: str = Field(pattern="^(running|paused)$")


class CampaignState(Answer):
    campaign: str
    state: str


class CampaignWave(Answer):
    name: str
    text: str = Field(description="The definition that was drafted.")
    lists: dict[str, int]
    why_not: dict[str, int]
    verdict: Words


class CampaignReport(Answer):
    campaign: str
    days: int
    preliminary: bool
    settled_on: date
    customers: dict[str, int]
    handed: int
    why_not: dict[str, int]
    said: dict[str, Words] = Field(description="Why nothing was sent, in words.")
    counted: dict[str, Any]
    verdict: Words
    between: dict[str, Any] | None = Field(description="The personalised arm against the same promotion.")
    analysis: dict[str, Any] = Field(description="The arms against no contact, and all of it in words.")


@router.get("/campaigns", operation_id="list_campaigns")
def list_campaigns(workspace: Viewer) -> Campaigns:
    """List campaigns, and how far they are out."""
    return Campaigns(campaigns=[CampaignAnswer(**standing_as_json(each)) for each in standing.standings(workspace)])


@router.post("/campaigns", operation_id="apply_campaign")
def apply_campaign(workspace: Marketer, caller: Caller, wanted: WantedCampaign) -> AppliedCampaign:
    """Put a definition in force; nobody is written to before a stage is let out."""
    return AppliedCampaign.model_validate(applying.apply(workspace, wanted.definition, caller.who))


@router.post("/campaigns/plan", operation_id="plan_campaign")
def plan_campaign(workspace: Analyst, wanted: WantedCampaign) -> CampaignPlan:
    """Say whom a definition would reach and what could be told from it; nothing is kept."""
    return CampaignPlan(**plan_as_json(plan(workspace, checked(workspace, wanted.definition))))


@router.get("/campaigns/{name}", operation_id="show_campaign")
def show_campaign(workspace: Viewer, name: str) -> CampaignDetail:
    """Show stages, limits, approval, and who did what."""
    return CampaignDetail(**detail_as_json(standing.detail(workspace, name), acts_of(workspace, name)))


@router.post("/campaigns/{name}/tests", operation_id="test_campaign")
def try_campaign(workspace: Marketer, caller: Caller, name: str) -> CampaignTest:
    """Send what every arm says to the testers, once for each version."""
    return CampaignTest.model_validate(trying.try_out(workspace, name, caller.who))


@router.post("/campaigns/{name}/approvals", operation_id="approve_campaign")
def approve_campaign(workspace: Marketer, caller: Caller, name: str) -> CampaignApproval:
    """Approve what another account wrote; any later change voids it."""
    found = approving.approve(workspace, name, caller.who)
    return CampaignApproval(campaign=name, version=found.version, who=caller.who)


@router.post("/campaigns/{name}/stages", operation_id="release_campaign")
def release_campaign(workspace: Marketer, caller: Caller, name: str, wanted: WantedRelease) -> ReleasedStage:
    """Let the next stage out."""
    done = releasing.release(workspace, name, caller.who, wanted.stage, early=wanted.early)
    return ReleasedStage.model_validate(done)


@router.post("/campaigns/{name}/state", operation_id="set_campaign_state")
def set_campaign_state(workspace: Marketer, caller: Caller, name: str, wanted: WantedCampaignState) -> CampaignState:
    """Stop a campaign within a second, or let it go on."""
    verb = releasing.stop if wanted.state == "paused" else releasing.resume
    verb(workspace, name, caller.who)
    return CampaignState(campaign=name, state=wanted.state)


@router.post("/campaigns/{name}/waves", operation_id="draft_wave")
def draft_wave(workspace: Marketer, caller: Caller, name: str) -> CampaignWave:
    """Keep what became of a campaign as lists, and draft the next wave."""
    found = waves.draft(workspace, name, caller.who)
    return CampaignWave.model_validate(found)


@router.get("/campaigns/{name}/effect", operation_id="report_campaign")
def report_campaign(
    workspace: Analyst,
    name: str,
    days: Annotated[int | None, Query(ge=1, le=365, description="Days that count; else as the goal says.")] = None,
) -> CampaignReport:
    """Say what each arm changed against no contact, and which content won."""
    told = report_as_json(reporting.report(workspace, name, days))
    of_report = {key: told.pop(key) for key in CampaignReport.model_fields if key != "analysis"}
    return CampaignReport(**of_report, analysis=told)
