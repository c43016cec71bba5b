"""Campaigns: definitions, stages, approvals and what was done by whom; who keeps a journey."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_INSTANT, _TEXT, _WHOLE = sa.DateTime(timezone=True), sa.Text(), sa.BigInteger()


def _table(name: str, keys: tuple[str, ...], *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("workspace", sa.Integer(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("workspace", *keys, name=op.f(f"{name}_key")),
    )
    op.execute(f"alter table {name} enable row level security")
    op.execute(f"alter table {name} force row level security")
    op.execute(
        f"""create policy workspace_only on {name}
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )


def _column(name: str, type_: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False)


def _number() -> sa.Column[Any]:
    return sa.Column("number", _WHOLE, sa.Identity(always=True), nullable=False)


def upgrade() -> None:
    op.add_column("journey_state", sa.Column("keeper", _TEXT, nullable=True))
    _table(
        "campaign",
        ("name", "version"),
        _column("name", _TEXT),
        _column("version", sa.Integer()),
        _column("text", _TEXT),
        _column("hash", _TEXT),
        _column("author", _TEXT),
        _column("applied_at", _INSTANT),
        _column("shares", JSONB()),
    )
    _table(
        "campaign_stage",
        ("campaign", "stage"),
        _column("campaign", _TEXT),
        _column("stage", sa.Integer()),
        _column("version", sa.Integer()),
        _column("released_at", _INSTANT),
        _column("who", _TEXT),
        _column("size", _WHOLE),
        _column("counted", JSONB()),
    )
    _table(
        "campaign_approval",
        ("number",),
        _number(),
        _column("campaign", _TEXT),
        _column("bound", JSONB()),
        _column("size", _WHOLE),
        _column("who", _TEXT),
        _column("approved_at", _INSTANT),
    )
    _table(
        "campaign_act",
        ("number",),
        _number(),
        _column("campaign", _TEXT),
        _column("at", _INSTANT),
        _column("who", _TEXT),
        _column("act", _TEXT),
        _column("told", JSONB()),
    )
    for name in ("campaign_approval", "campaign_act"):
        op.create_index(f"{name}_by_campaign", name, ["workspace", "campaign", "number"])
