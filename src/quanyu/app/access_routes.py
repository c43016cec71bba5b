"""HTTP routes of who may come in: sign in and out, operators, API keys, the audit log."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from quanyu.foundation.access import auditing, operators, tokens
from quanyu.foundation.access.bearers import Bearer
from quanyu.foundation.access.doors import SESSION, Answer, Asked, Number, admitted, known
from quanyu.foundation.access.roles import UNMASKING, Role
from quanyu.foundation.access.sessions import LONGEST, begin_session, end_session
from quanyu.foundation.home import Home
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["access"])
Owner = Annotated[Workspace, Depends(admitted("owner"))]
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Caller = Annotated[Bearer, Depends(known)]
Name = Annotated[str, Field(max_length=80)]


class WantedSession(Asked):
    name: Name = Field(description="Of an operator.")
    password: str = Field(max_length=200)
    workspace: Name | None = Field(None, description="The only or first one if left out.")


class SessionAnswer(Answer):
    name: str
    kind: str = Field(description="operator, or token.")
    role: Role
    unmasks: bool = Field(description="May ask to see private values, with a reason.")
    workspace: str
    time_zone: str
    currency: str
    now: datetime = Field(description="By the home's clock.")


class WantedOperator(Asked):
    name: Name
    title: str = Field("", description="As others read it.", max_length=80)
    role: Role
    password: str = Field(max_length=200)


class WantedChange(Asked):
    role: Role | None = None
    password: str | None = Field(None, max_length=200)
    disabled: bool | None = None


class OperatorAnswer(Answer):
    name: str
    title: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    seen_at: datetime | None


class Operators(Answer):
    operators: list[OperatorAnswer]


class WantedToken(Asked):
    label: str = Field(min_length=1, max_length=80)
    role: Role


class TokenAnswer(Answer):
    label: str
    role: str
    created_at: datetime
    revoked_at: datetime | None


class Tokens(Answer):
    tokens: list[TokenAnswer]


class NewToken(Answer):
    token: str = Field(description="It cannot be read again.")


class AuditEntry(Answer):
    number: Number
    at: datetime
    who: str
    act: str = Field(description="The operation's id in this document.")
    about: str
    reason: str | None
    status: int | None = Field(description="As HTTP says it; null where the end is not known.")


class Audit(Answer):
    entries: list[AuditEntry]


@router.post("/session", operation_id="sign_in")
def sign_in(request: Request, response: Response, wanted: WantedSession) -> SessionAnswer:
    """Begin a session: the answer sets its cookie."""
    home: Home = request.app.state.home
    workspace = home.workspace(name=wanted.workspace)
    request.state.workspace = workspace.number
    secret = begin_session(workspace, wanted.name, wanted.password)
    response.set_cookie(
        SESSION,
        secret,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    found = next(each for each in operators.list_operators(workspace) if each.name == wanted.name)
    return _session(workspace, Bearer(workspace.number, found.name, found.role, "operator"))


@router.get("/session", operation_id="show_session")
def show_session(workspace: Viewer, caller: Caller) -> SessionAnswer:
    """Say who calls, and what he may do."""
    return _session(workspace, caller)


def _session(workspace: Workspace, caller: Bearer) -> SessionAnswer:
    return SessionAnswer(
        name=caller.label,
        kind=caller.kind,
        role=caller.role,
        unmasks=caller.role in UNMASKING,
        workspace=workspace.name,
        time_zone=workspace.time_zone,
        currency=workspace.currency,
        now=workspace.clock.now(),
    )


@router.delete("/session", operation_id="sign_out", status_code=204)
def sign_out(request: Request, response: Response) -> None:
    """End the session."""
    home: Home = request.app.state.home
    end_session(home.database, request.cookies.get(SESSION, ""))
    response.delete_cookie(SESSION, httponly=True, samesite="strict")


@router.get("/operators", operation_id="list_operators")
def list_operators(workspace: Owner) -> Operators:
    """List who may sign in."""
    return Operators(operators=[OperatorAnswer.model_validate(each) for each in operators.list_operators(workspace)])


@router.post("/operators", operation_id="add_operator", status_code=201)
def add_operator(workspace: Owner, wanted: WantedOperator) -> OperatorAnswer:
    """Let somebody sign in."""
    made = operators.add_operator(workspace, wanted.name, wanted.title, wanted.role, wanted.password)
    return OperatorAnswer.model_validate(made)


@router.post("/operators/{name}", operation_id="change_operator", status_code=204)
def change_operator(workspace: Owner, name: str, wanted: WantedChange) -> None:
    """Give an operator another role or password, or close or open his way in; his sessions end."""
    operators.change_operator(workspace, name, role=wanted.role, password=wanted.password, disabled=wanted.disabled)


@router.get("/tokens", operation_id="list_tokens")
def list_tokens(workspace: Owner) -> Tokens:
    """List API keys without their secrets."""
    found: list[dict[str, Any]] = tokens.list_tokens(workspace.database, workspace.number)
    return Tokens(tokens=[TokenAnswer.model_validate(each) for each in found])


@router.post("/tokens", operation_id="create_token", status_code=201)
def create_token(workspace: Owner, wanted: WantedToken) -> NewToken:
    """Make an API key; it is told this once."""
    token = tokens.create_token(workspace.database, workspace.clock, workspace.number, wanted.label, wanted.role)
    return NewToken(token=token)


@router.delete("/tokens/{label}", operation_id="revoke_tokens", status_code=204)
def revoke_tokens(workspace: Owner, label: str) -> None:
    """Revoke every API key of this label."""
    tokens.revoke_tokens(workspace.database, workspace.clock, workspace.number, label)


@router.get("/audit", operation_id="list_audit")
def list_audit(
    workspace: Owner,
    before: Annotated[int | None, Query(ge=1, lt=1 << 63, description="The last number of the page before.")] = None,
    who: Annotated[str | None, Query(max_length=100)] = None,
    act: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Audit:
    """List who asked for which change, about what, why, and how it ended; the newest first."""
    found = auditing.list_entries(workspace, before=before, who=who, act=act, limit=limit)
    return Audit(entries=[AuditEntry.model_validate({**vars(each), "number": str(each.number)}) for each in found])
