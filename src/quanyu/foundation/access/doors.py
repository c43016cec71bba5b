"""What the routes of all rooms share: who is let in by HTTP, and the shape of what is asked and answered."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from quanyu.foundation.access.tokens import ROLES, Bearer, Role, authenticate
from quanyu.foundation.errors import Forbidden, Unauthorised
from quanyu.foundation.text import Text

if TYPE_CHECKING:
    from quanyu.foundation.workspace import Workspace

_scheme = HTTPBearer(auto_error=False, scheme_name="token", description="An access token: quanyu token create")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)]
Number = Annotated[str, Field(description="A 64-bit number, as text.", examples=["12"])]


class Asked(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(from_attributes=True)


class Words(Answer):
    """A text in both languages."""

    en: str
    zh: str


class Queued(Answer):
    """A job that was queued; ask for its state under /api/v1/jobs/{job}."""

    job: Number


def admitted(least: Role) -> Callable[..., "Workspace"]:
    """Return a dependency that opens the caller's workspace for who has at least this role."""

    def admit(request: Request, credentials: _Credentials) -> Any:
        bearer = known(request, credentials)
        if ROLES.index(bearer.role) > ROLES.index(least):
            raise Forbidden(
                Text("The token's role does not allow this.", "该令牌的角色无权执行此操作。"),
                received=bearer.role,
                allowed=ROLES[: ROLES.index(least) + 1],
            )
        return request.app.state.home.workspace(number=bearer.workspace)

    return admit


def known(request: Request, credentials: _Credentials) -> Bearer:
    """Return who calls, and remember the workspace for the log."""
    if credentials is None:
        raise Unauthorised(
            Text("An access token is needed.", "需要访问令牌。"),
            remedy=Text("Send the header Authorization: Bearer TOKEN.", "请发送请求头 Authorization: Bearer 令牌。"),
        )
    bearer = authenticate(request.app.state.home.database, credentials.credentials)
    request.state.workspace = bearer.workspace
    return bearer
