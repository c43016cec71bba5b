"""Journeys: definitions and their states, who stands where, what happened to whom, and how many messages each had."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_INSTANT, _TEXT, _WHOLE, _SET = sa.DateTime(timezone=True), sa.Text(), sa.BigInteger(), sa.LargeBinary()


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


def _column(name: str, type_: sa.types.TypeEngine[Any], **more: Any) -> sa.Column[Any]:
    told: dict[str, Any] = {"nullable": False, **more}
    return sa.Column(name, type_, **told)


def upgrade() -> None:
    _add_definitions()
    _add_positions()
    _add_history()


def _add_definitions() -> None:
    _table(
        "journey",
        ("name", "version"),
        _column("name", _TEXT),
        _column("version", sa.Integer()),
        _column("text", _TEXT),
        _column("hash", _TEXT),
        _column("created_at", _INSTANT),
    )
    _table(
        "journey_state",
        ("journey",),
        _column("journey", _TEXT),
        _column("state", _TEXT),
        _column("since", _INSTANT),
        _column("looked_at", _INSTANT, nullable=True),
        _column("ticks", _WHOLE),
    )


def _add_positions() -> None:
    _table(
        "journey_cohort",
        ("number",),
        sa.Column("number", _WHOLE, sa.Identity(), nullable=False),
        _column("journey", _TEXT),
        _column("version", sa.Integer()),
        _column("step", _TEXT),
        _column("due", _INSTANT),
        _column("watched", sa.Boolean()),
        _column("epoch", sa.Integer()),
        _column("members", _SET),
        _column("size", _WHOLE),
    )
    op.create_index("journey_cohort_by_journey", "journey_cohort", ["workspace", "journey", "due"])
    _table(
        "journey_entrance",
        ("journey", "key"),
        _column("journey", _TEXT),
        _column("key", _TEXT),
        _column("epoch", sa.Integer()),
        _column("members", _SET),
        _column("came_at", _INSTANT),
        _column("taken", sa.Boolean(), server_default=sa.text("false")),
    )
    _table(
        "journey_entered",
        ("journey", "day", "epoch"),
        _column("journey", _TEXT),
        _column("day", sa.Date()),
        _column("epoch", sa.Integer()),
        _column("members", _SET),
    )


def _add_history() -> None:
    _table(
        "journey_move",
        ("journey", "tick", "step", "outcome", "version"),
        _column("journey", _TEXT),
        _column("tick", _WHOLE),
        _column("step", _TEXT),
        _column("outcome", _TEXT),
        _column("version", sa.Integer()),
        _column("epoch", sa.Integer()),
        _column("at", _INSTANT),
        _column("members", _SET),
        _column("size", _WHOLE),
    )
    _table(
        "journey_tally",
        ("day", "counted", "bit"),
        _column("day", sa.Date()),
        _column("counted", _TEXT),
        _column("bit", sa.SmallInteger()),
        _column("epoch", sa.Integer()),
        _column("members", _SET),
    )
    _table(
        "journey_policy",
        ("version",),
        _column("version", sa.Integer()),
        _column("text", _TEXT),
        _column("applied_at", _INSTANT),
    )
    _table(
        "journey_reach",
        ("channel", "purpose"),
        _column("channel", _TEXT),
        _column("purpose", _TEXT),
        _column("seen", _TEXT),
        _column("epoch", sa.Integer()),
        _column("members", _SET),
    )
