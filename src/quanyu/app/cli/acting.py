"""Who acts at the command line: whoever works at this machine, or the account of an access token."""

from typing import Annotated

import typer

from quanyu.app.cli.desk import Desk
from quanyu.app.cli.exporting import operator
from quanyu.foundation.access.roles import admits, allowed
from quanyu.foundation.access.tokens import authenticate
from quanyu.foundation.errors import Forbidden
from quanyu.foundation.text import Text

Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        metavar="TOKEN",
        envvar="QUANYU_TOKEN",
        show_envvar=False,
        help="Act as this account. 以该令牌身份操作。",
    ),
]
_LEAST = "marketer"


def acting(desk: Desk, token: str | None) -> str:
    """Return who acts, for the record; raises `Forbidden` where the token may not."""
    if token is None:
        return operator()
    bearer = authenticate(desk.house.home.database, token)
    if bearer.workspace != desk.workspace.number or not admits(bearer.role, _LEAST):
        raise Forbidden(
            Text("The token's role does not allow this.", "该令牌的角色无权执行此操作。"),
            received=bearer.role,
            allowed=allowed(_LEAST),
        )
    return bearer.who
