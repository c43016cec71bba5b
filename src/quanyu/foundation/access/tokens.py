"""Access tokens: made once, shown once, kept as a hash."""

import hashlib
import secrets

import sqlalchemy as sa

from quanyu.foundation.access.bearers import Bearer
from quanyu.foundation.access.roles import ROLES
from quanyu.foundation.access.tables import access_token
from quanyu.foundation.clock import Clock
from quanyu.foundation.database.connection import Database
from quanyu.foundation.errors import Invalid, NotFound, Unauthorised
from quanyu.foundation.text import Text


def create_token(database: Database, clock: Clock, workspace: int, label: str, role: str) -> str:
    """Return a new token `qy_<workspace>_<secret>`; it cannot be read again."""
    if role not in ROLES:
        raise Invalid(Text("There is no such role.", "没有这个角色。"), received=role, allowed=ROLES)
    token = f"qy_{workspace}_{secrets.token_urlsafe(32)}"
    with database.begin(workspace) as connection:
        connection.execute(
            sa.insert(access_token).values(
                workspace=workspace, token_hash=_hash(token), label=label, role=role, created_at=clock.now()
            )
        )
    return token


def authenticate(database: Database, token: str) -> Bearer:
    """Return who holds `token`, or refuse."""
    parts = token.split("_", 2)
    if len(parts) == 3 and parts[0] == "qy" and parts[1].isdecimal() and token.isascii():
        workspace = int(parts[1][:9])
        with database.begin(workspace) as connection:
            row = connection.execute(
                sa.select(access_token.c.label, access_token.c.role).where(
                    access_token.c.workspace == workspace,
                    access_token.c.token_hash == _hash(token),
                    access_token.c.revoked_at.is_(None),
                )
            ).one_or_none()
        if row is not None:
            return Bearer(workspace, row.label, row.role)
    raise Unauthorised(
        Text("The access token is unknown or revoked.", "访问令牌未知或已吊销。"),
        remedy=Text("Make one with: quanyu token create", "请用 quanyu token create 创建。"),
    )


def list_tokens(database: Database, workspace: int) -> list[dict[str, object]]:
    with database.begin(workspace) as connection:
        rows = connection.execute(
            sa.select(access_token.c.label, access_token.c.role, access_token.c.created_at, access_token.c.revoked_at)
            .where(access_token.c.workspace == workspace)
            .order_by(access_token.c.created_at)
        )
        return [dict(row) for row in rows.mappings()]


def revoke_tokens(database: Database, clock: Clock, workspace: int, label: str) -> int:
    """Revoke every token with this label; return how many."""
    with database.begin(workspace) as connection:
        revoked = connection.execute(
            sa.update(access_token)
            .where(
                access_token.c.workspace == workspace,
                access_token.c.label == label,
                access_token.c.revoked_at.is_(None),
            )
            .values(revoked_at=clock.now())
        ).rowcount
    if not revoked:
        raise NotFound(Text("No valid token has this label.", "没有此名称的有效令牌。"), received=label)
    return revoked


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
