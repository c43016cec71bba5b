"""HTTP routes of what journeys are begun with: templates to install, and the kinds of step that there are."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from quanyu.engagement.journeys.definitions import newest
from quanyu.engagement.journeys.installing import install, templates
from quanyu.engagement.journeys.steps.act import installed
from quanyu.engagement.journeys.steps.kinds import KINDS
from quanyu.engagement.journeys.triggers import WORDS
from quanyu.foundation.access.doors import Answer, Asked, Words, admitted
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.calendar import FESTIVALS

router = APIRouter(tags=["journeys"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]


class TemplateAnswer(Answer):
    template: str
    title: Words
    description: Words
    journey: str = Field(description="The name of the journey that it puts in force.")
    installed: bool


class Templates(Answer):
    templates: list[TemplateAnswer]


class WantedInstall(Asked):
    by: list[str] = Field(min_length=1, max_length=20, description="Accounts: the first that reaches a customer.")


class InstalledAnswer(Answer):
    journey: str
    added: list[str] = Field(description="What was put in force, as `audience sop_dormant`.")
    kept: list[str] = Field(description="What stood under its name already, and was left as it is.")


class KindAnswer(Answer):
    word: str = Field(description="The key under which a definition has it.")
    title: Words


class Kinds(Answer):
    steps: list[KindAnswer]
    actions: list[KindAnswer] = Field(description="What a step `act` may name.")
    starts: list[str] = Field(description="Words by which a journey starts.")
    festivals: list[KindAnswer]


@router.get("/journeys/templates", operation_id="list_journey_templates")
def list_templates(workspace: Viewer) -> Templates:
    """List journeys for ordinary days, and which of them stand already."""
    there = newest(workspace)
    return Templates(
        templates=[
            TemplateAnswer(
                template=each.name,
                title=Words.model_validate(each.title),
                description=Words.model_validate(each.description),
                journey=each.journey,
                installed=each.journey in there,
            )
            for each in templates()
        ]
    )


@router.post("/journeys/templates/{template}", operation_id="install_journey")
def install_template(workspace: Marketer, template: str, wanted: WantedInstall) -> InstalledAnswer:
    """Put a template's audiences, contents and journey in force; what stands under their names is left alone."""
    return InstalledAnswer.model_validate(install(workspace, template, wanted.by))


@router.get("/journeys/kinds", operation_id="list_step_kinds")
def list_kinds(workspace: Viewer) -> Kinds:
    """List what a journey can be made of."""
    del workspace  # whoever is let in may ask
    words = {kind.word: kind.title for kind in reversed(KINDS)}
    actions = {action.name: action.title for action in installed().all()}
    festivals = {festival.key: festival.title for festival in FESTIVALS}
    steps, acts, feasts = (
        [KindAnswer(word=word, title=Words.model_validate(title)) for word, title in each.items()]
        for each in (words, actions, festivals)
    )
    return Kinds(steps=steps, actions=acts, starts=list(WORDS), festivals=feasts)
