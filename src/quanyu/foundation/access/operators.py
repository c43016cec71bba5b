"""Operators: whoever works for the brand and signs in to the console with a name and a password."""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy.dialects.postgresql import insert

from quanyu.foundation.access.roles import ROLES, Role
from quanyu.foundation.access.tables import operator, operator_session
from quanyu.foundation.errors import Conflict, Invalid, NotFound, Unauthorised
from quanyu.foundation.text import Text

if TYPE_CHECKING:
    from quanyu.foundation.workspace import Workspace

SHORTEST = 10  # characters of a password
TRIES = 5  # refused sign-ins in a row, after which a name waits
WAIT = timedelta(minutes=5)
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_SALT = 16


@dataclass(frozen=True)
class Operator:
    name: str
    title: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    seen_at: datetime | None = None


def add_operator(workspace: "Workspace", name: str, title: str, role: str, password: str) -> Operator:
    """Add an operator; a name that is taken, disabled or not, is refused."""
    known = _checked(name, role, password)
    made = Operator(name, title.strip() or name, known, workspace.clock.now(), None)
    row = {
        "workspace": workspace.number,
        "name": made.name,
        "title": made.title,
        "role": made.role,
        "created_at": made.created_at,
        "password": _sealed(password),
        "failures": 0,
    }
    with workspace.begin() as connection:
        put = insert(operator).values(**row).on_conflict_do_nothing().returning(operator.c.name)
        if connection.execute(put).first() is None:
            raise Conflict(
                Text("There is an operator of this name.", "已有同名操作员。"),
                remedy=Text("Choose another name, or give that one a new password.", "请换一个名称，或重设其密码。"),
                received=name,
            )
    return made


def list_operators(workspace: "Workspace") -> list[Operator]:
    """Return all operators by name, with when they were last seen."""
    seen = (
        sa.select(operator_session.c.operator, sa.func.max(operator_session.c.seen_at).label("seen_at"))
        .where(operator_session.c.workspace == workspace.number)
        .group_by(operator_session.c.operator)
        .subquery()
    )
    query = (
        sa.select(
            operator.c.name,
            operator.c.title,
            operator.c.role,
            operator.c.created_at,
            operator.c.disabled_at,
            seen.c.seen_at,
        )
        .join_from(operator, seen, seen.c.operator == operator.c.name, isouter=True)
        .where(operator.c.workspace == workspace.number)
        .order_by(operator.c.name)
    )
    with workspace.begin() as connection:
        return [Operator(**row) for row in connection.execute(query).mappings()]


def change_operator(
    workspace: "Workspace",
    name: str,
    *,
    role: str | None = None,
    password: str | None = None,
    disabled: bool | None = None,
) -> None:
    """Give an operator another role or password, or close or open his way in; either ends his sessions."""
    _checked(name, role or "viewer", "x" * SHORTEST if password is None else password)
    values: dict[str, object] = {"failures": 0}
    if role is not None:
        values["role"] = role
    if password is not None:
        values["password"] = _sealed(password)
    if disabled is not None:
        values["disabled_at"] = workspace.clock.now() if disabled else None
    mine = sa.and_(operator.c.workspace == workspace.number, operator.c.name == name)
    with workspace.begin() as connection:
        before = _owners(connection, workspace)
        if not connection.execute(sa.update(operator).where(mine).values(**values)).rowcount:
            raise NotFound(Text("There is no operator of this name.", "没有此名称的操作员。"), received=name)
        if before and not _owners(connection, workspace):
            raise Conflict(
                Text("No owner would be left who can sign in.", "将没有可登录的所有者。"),
                remedy=Text("Make somebody else an owner first.", "请先将其他人设为所有者。"),
            )
        connection.execute(
            sa.delete(operator_session).where(
                operator_session.c.workspace == workspace.number, operator_session.c.operator == name
            )
        )


def _owners(connection: sa.Connection, workspace: "Workspace") -> list[str]:
    """Return the owners who can sign in, locked until the transaction ends: two changes at once wait for each other."""
    query = sa.select(operator.c.name).where(
        operator.c.workspace == workspace.number, operator.c.role == "owner", operator.c.disabled_at.is_(None)
    )
    return list(connection.execute(query.order_by(operator.c.name).with_for_update()).scalars())


def verify(workspace: "Workspace", name: str, password: str) -> Operator:
    """Return the operator of this name and password; refuse in the same words and time whatever is wrong.

    After `TRIES` refusals in a row a name waits for `WAIT`, even with the right password.
    """
    mine = sa.and_(operator.c.workspace == workspace.number, operator.c.name == name)
    now = workspace.clock.now()
    may_try = sa.or_(operator.c.failures < TRIES, operator.c.failed_at <= now - WAIT)
    # A try counts before it is looked at, and as right only then: many at once are no more tries than one by one.
    tried = sa.update(operator).where(mine, may_try).values(failures=operator.c.failures + 1, failed_at=now)
    with workspace.begin() as connection:
        row = connection.execute(tried.returning(operator)).one_or_none()
    right = _matches(password, _NOBODY if row is None else row.password)
    if row is None or not right or row.disabled_at is not None:
        raise _refusal()
    with workspace.begin() as connection:
        connection.execute(sa.update(operator).where(mine).values(failures=0))
    return Operator(row.name, row.title, row.role, row.created_at, None)


def _refusal() -> Unauthorised:
    return Unauthorised(
        Text("Name or password is wrong.", "名称或密码有误。"),
        remedy=Text(
            "Check both. After five wrong passwords a name waits for five minutes.",
            "请检查后重试；连续输错五次需等待五分钟。",
        ),
    )


def _checked(name: str, role: str, password: str) -> Role:
    if not _NAME.fullmatch(name):
        raise Invalid(
            Text("This is not the name of an operator.", "操作员名称不符合要求。"),
            received=name[:80],
            allowed=["a–z, 0–9, and . _ @ -, at most 64"],
        )
    if role not in ROLES:
        raise Invalid(Text("There is no such role.", "没有这个角色。"), received=role, allowed=ROLES)
    if not SHORTEST <= len(password) <= 200:
        raise Invalid(
            Text("The password is too short or too long.", "密码过短或过长。"),
            received=f"{len(password)}",
            allowed=[f"{SHORTEST}–200"],
        )
    return role


def _sealed(password: str) -> bytes:
    salt = secrets.token_bytes(_SALT)
    return salt + _derived(password, salt)


def _matches(password: str, kept: bytes) -> bool:
    return hmac.compare_digest(_derived(password, kept[:_SALT]), kept[_SALT:])


def _derived(password: str, salt: bytes) -> bytes:
    """Cost: 16 MiB and about 40 ms (RFC 7914 with the parameters for sign-ins)."""
    return Scrypt(salt=salt, length=32, n=1 << 14, r=8, p=1).derive(password.encode())


_NOBODY = bytes(_SALT + 32)  # what an unknown name is compared with, so that it takes as long
