"""HTTP routes of fields: everything that rules may ask, and which sources fill it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from quanyu.foundation.access.doors import Answer, Words, admitted
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.entries import ENTRIES, Entry, find_entry
from quanyu.targeting.fields.origins import origins, survey_inputs

router = APIRouter(tags=["fields"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]


class CodeAnswer(Answer):
    value: str
    title: Words


class OriginAnswer(Answer):
    source: str
    input: str = Field(description="The kind and its input: order.store.")
    filled: int = Field(description="Rows that have a value.")
    rows: int
    newest: datetime | None = Field(description="Of the source's newest data of this kind.")


class FieldAnswer(Answer):
    name: str
    role: str = Field(description="field: of the customer. column: of what customers did.")
    about: Words
    title: Words
    description: Words
    type: str
    unit: Words | None
    codes: list[CodeAnswer] = Field(description="The closed list of values; empty where it is open.")
    privacy: str = Field(description="public, personal, sensitive or identifier.")
    inputs: list[str]
    sources: list[OriginAnswer]


class FieldAnswers(Answer):
    fields: list[FieldAnswer]


@router.get("/fields", operation_id="list_fields")
def list_fields(workspace: Viewer) -> FieldAnswers:
    """List everything that rules may ask, with the sources that fill it here."""
    return FieldAnswers(fields=_answers(workspace, ENTRIES))


@router.get("/fields/{name}", operation_id="get_field")
def get_field(workspace: Viewer, name: str) -> FieldAnswer:
    """Say what one field or column is, and which sources fill it here."""
    return _answers(workspace, [find_entry(name)])[0]


def _answers(workspace: Workspace, entries: Iterable[Entry]) -> list[FieldAnswer]:
    wanted = list(entries)
    arrivals = survey_inputs(workspace, [given for entry in wanted for given in entry.inputs])
    return [
        FieldAnswer(
            name=entry.name,
            role=entry.role,
            about=Words.model_validate(entry.about),
            title=Words.model_validate(entry.title),
            description=Words.model_validate(entry.description),
            type=entry.type,
            unit=None if entry.unit is None else Words.model_validate(entry.unit),
            codes=[CodeAnswer(value=code.value, title=Words.model_validate(code.title)) for code in entry.codes],
            privacy=entry.privacy,
            inputs=list(entry.inputs),
            sources=[OriginAnswer.model_validate(each) for each in origins(entry, arrivals)],
        )
        for entry in wanted
    ]
