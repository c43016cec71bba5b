"""What the routes of all rooms share: who is let in by HTTP, and the shape of what is asked and answered."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from quanyu.foundation.access.auditing import note_act, note_outcome
from quanyu.foundation.access.bearers import Bearer
from quanyu.foundation.access.roles import Role, admits, allowed
from quanyu.foundation.access.sessions import attend_session
from quanyu.foundation.access.tokens import authenticate
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


SESSION = "quanyu_session"  # the cookie of who has signed in
CONSOLE = "x-quanyu-console"  # the header by which the console says that a change comes from its own pages
_SAFE = ("GET", "HEAD")


def known(request: Request, credentials: _Credentials) -> Bearer:
    """Return who calls, by token or by session, and remember the workspace for the log."""
    home = request.app.state.home
    if credentials is not None:
        bearer = authenticate(home.database, credentials.credentials)
    elif SESSION in request.cookies:
        bearer = attend_session(home.database, home.clock, request.cookies[SESSION])
        _refuse_strangers(request)
    else:
        raise Unauthorised(
            Text("An access token or a session is needed.", "需要访问令牌或登录会话。"),
            remedy=Text(
                "Sign in, or send the header Authorization: Bearer TOKEN.",
                "请登录，或发送请求头 Authorization: Bearer 令牌。",
            ),
        )
    request.state.workspace = bearer.workspace
    return bearer


def _refuse_strangers(request: Request) -> None:
    """Refuse a change that another site's page sends with the cookie of ours: it cannot set a header."""
    if request.method not in _SAFE and CONSOLE not in request.headers:
        raise Forbidden(
            Text("A change by session needs the console's header.", "会话中的更改请求需带控制台请求头。"),
            remedy=Text("Send the header X-Quanyu-Console: 1.", "请发送请求头 X-Quanyu-Console: 1。"),
        )


def admitted(least: Role) -> Callable[..., Any]:
    """Return a dependency that opens the caller's workspace for who has at least this role.

    What marketers and owners alone may do is audited: before it is done, and how it ended.
    """
    audits = least in ("owner", "marketer")

    def admit(request: Request, bearer: Annotated[Bearer, Depends(known)]) -> Iterator["Workspace"]:
        if not admits(bearer.role, least):
            raise Forbidden(
                Text("The role does not allow this.", "该角色无权执行此操作。"),
                received=bearer.role,
                allowed=allowed(least),
            )
        workspace = request.app.state.home.workspace(number=bearer.workspace)
        if not audits or request.method in _SAFE:
            yield workspace
            return
        with audited(workspace, request, bearer):
            yield workspace

    return admit


@contextmanager
def audited(workspace: "Workspace", request: Request, bearer: Bearer, reason: str | None = None) -> Generator[None]:
    """Write down what is asked for and, behind it, how it ended."""
    act = getattr(request.scope.get("route"), "operation_id", None) or request.method
    about = " ".join(str(value) for value in request.path_params.values())
    number = note_act(workspace, bearer.who, act, about, reason)
    status = 200
    try:
        yield
    except Exception as error:
        status = getattr(error, "status", 500)
        raise
    finally:
        note_outcome(workspace, number, status)
