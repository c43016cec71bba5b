"""Sessions of operators: begun by a sign-in, held by a cookie, ended by a sign-out or by being left alone."""

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from quanyu.foundation.access.bearers import Bearer
from quanyu.foundation.access.operators import verify
from quanyu.foundation.access.tables import operator, operator_session
from quanyu.foundation.clock import Clock
from quanyu.foundation.database.connection import Database
from quanyu.foundation.errors import Unauthorised
from quanyu.foundation.text import Text

if TYPE_CHECKING:
    from quanyu.foundation.workspace import Workspace

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
_STEP = timedelta(minutes=1)  # how exact `seen_at` is: not every request writes


def begin_session(workspace: "Workspace", name: str, password: str) -> str:
    """Return the secret of a new session, `qs_<workspace>_<secret>`; what has run out is swept away."""
    found = verify(workspace, name, password)
    secret = f"qs_{workspace.number}_{secrets.token_urlsafe(32)}"
    now = workspace.clock.now()
    old = sa.or_(operator_session.c.seen_at < now - IDLE, operator_session.c.begun_at < now - LONGEST)
    with workspace.begin() as connection:
        connection.execute(sa.delete(operator_session).where(operator_session.c.workspace == workspace.number, old))
        connection.execute(
            sa.insert(operator_session).values(
                workspace=workspace.number, session_hash=_hash(secret), operator=found.name, begun_at=now, seen_at=now
            )
        )
    return secret


def attend_session(database: Database, clock: Clock, secret: str) -> Bearer:
    """Return who holds the session, or refuse."""
    parts = secret.split("_", 2)
    if len(parts) == 3 and parts[0] == "qs" and parts[1].isdecimal() and secret.isascii():
        workspace = int(parts[1][:9])
        with database.begin(workspace) as connection:
            bearer = _find(connection, clock, workspace, _hash(secret))
        if bearer is not None:
            return bearer
    raise Unauthorised(Text("The session has ended.", "会话已结束。"), remedy=Text("Sign in again.", "请重新登录。"))


def _find(connection: sa.Connection, clock: Clock, workspace: int, session_hash: bytes) -> Bearer | None:
    now = clock.now()
    mine = sa.and_(operator_session.c.workspace == workspace, operator_session.c.session_hash == session_hash)
    row = connection.execute(
        sa.select(operator.c.name, operator.c.role, operator_session.c.seen_at)
        .join_from(
            operator_session,
            operator,
            sa.and_(operator.c.workspace == workspace, operator.c.name == operator_session.c.operator),
        )
        .where(
            mine,
            operator.c.disabled_at.is_(None),
            operator_session.c.seen_at >= now - IDLE,
            operator_session.c.begun_at >= now - LONGEST,
        )
    ).one_or_none()
    if row is None:
        return None
    if row.seen_at < now - _STEP:
        connection.execute(sa.update(operator_session).where(mine).values(seen_at=now))
    return Bearer(workspace, row.name, row.role, "operator")


def end_session(database: Database, secret: str) -> None:
    """End a session; one that has ended already stays so."""
    parts = secret.split("_", 2)
    if len(parts) == 3 and parts[1].isdecimal() and secret.isascii():
        workspace = int(parts[1][:9])
        with database.begin(workspace) as connection:
            connection.execute(
                sa.delete(operator_session).where(
                    operator_session.c.workspace == workspace, operator_session.c.session_hash == _hash(secret)
                )
            )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
