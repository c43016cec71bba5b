"""HTTP routes of content: list, apply, preview."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from quanyu.customers.identity.profile import customer_named
from quanyu.engagement.content.definitions import apply, find, stored
from quanyu.engagement.content.previewing import preview
from quanyu.engagement.content.rendering import REASONS
from quanyu.foundation.access.doors import Answer, Asked, Words, admitted
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.choosing import chosen

router = APIRouter(tags=["content"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Marketer = Annotated[Workspace, Depends(admitted("marketer"))]


class ContentAnswer(Answer):
    content: str
    version: int
    title: Words
    languages: list[str]
    channels: list[str]


class Contents(Answer):
    contents: list[ContentAnswer]


class WantedContent(Asked):
    definition: str = Field(description="name, title, languages, links, channels, in YAML or JSON.", max_length=4 << 20)


class FlaggedAnswer(Answer):
    place: str
    word: str
    why: Words


class AppliedContent(Answer):
    name: str
    version: int
    changed: bool
    warnings: list[FlaggedAnswer] = Field(description="Words that had better not stand there.")


class WantedPreview(Asked):
    channel: str
    record: str | None = Field(None, description="As pos:M10023, or pos#4711 by its ordinal.")
    audience: str | None = Field(None, description="Or somebody in this audience or list.")
    turn: int = Field(0, ge=0, description="Which member: the first, the second; after the last the first again.")
    version: int | None = Field(None, ge=1, description="The one in force if left out.")


class PartAnswer(Answer):
    part: str
    text: str | None
    weight: int
    most: int
    counted_in: str
    messages: int | None = Field(description="As how many a text message is billed.")


class PreviewAnswer(Answer):
    version: int
    language: str
    parts: list[PartAnswer]
    why_not: Words | None = Field(description="Why there is no message for this customer.")


@router.get("/contents", operation_id="list_contents")
def list_contents(workspace: Viewer) -> Contents:
    """List contents in the versions in force."""
    found = [find(workspace, name) for name in stored(workspace)]
    return Contents(
        contents=[
            ContentAnswer(
                content=content.name,
                version=version,
                title=Words.model_validate(content.title),
                languages=list(content.languages),
                channels=list(content.channels),
            )
            for content, version in found
        ]
    )


@router.post("/contents", operation_id="apply_content")
def apply_content(workspace: Marketer, wanted: WantedContent) -> AppliedContent:
    """Put templates in force; the same ones again change nothing."""
    done = apply(workspace, wanted.definition)
    warnings = [
        FlaggedAnswer(place=each.place, word=each.word, why=Words.model_validate(each.why)) for each in done.warnings
    ]
    return AppliedContent(name=done.name, version=done.version, changed=done.changed, warnings=warnings)


@router.post("/contents/{name}/preview", operation_id="preview_content")
def preview_content(workspace: Marketer, name: str, wanted: WantedPreview) -> PreviewAnswer:
    """Show a message as a customer would get it, his name masked."""
    found = preview(workspace, name, wanted.channel, _meant(workspace, wanted), wanted.version)
    return PreviewAnswer(
        version=found.version,
        language=found.language,
        parts=[PartAnswer(**vars(part)) for part in found.parts],
        why_not=None if found.fault is None else Words.model_validate(REASONS[found.fault]),
    )


def _meant(workspace: Workspace, wanted: WantedPreview) -> int:
    """Return the customer whom a preview is for; raises `Invalid` where none or two are named, or nobody is there."""
    if (wanted.record is None) == (wanted.audience is None):
        problem = Text("Name a record or an audience.", "请给出记录或人群之一。")
        raise Invalid(problem, allowed=["record", "audience"])  # a record may be named by a phone
    if wanted.record is not None:
        return customer_named(workspace, wanted.record)
    members = chosen(workspace, str(wanted.audience)).members.ordinals()
    if not len(members):
        problem = Text("Nobody is in this audience.", "该人群没有成员。")
        raise Invalid(problem, received=str(wanted.audience)[:60], allowed=["an audience with members"])
    return int(members[wanted.turn % len(members)])
