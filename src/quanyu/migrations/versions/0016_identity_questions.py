"""What the policy leaves open waits for somebody to decide; what was decided is kept as acts."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NEW = ("identity_act", "identity_decision", "identity_question")


def upgrade() -> None:
    _make_acts()
    _make_questions()
    _move_partings()
    for table in _NEW:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(
            f"""create policy workspace_only on {table}
                using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
        )


def _make_acts() -> None:
    op.create_table(
        "identity_act",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("identity_act_key")),
    )
    op.create_table(
        "identity_decision",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("act", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("value_hash", sa.Uuid(), nullable=True),
        sa.Column("record", sa.BigInteger(), nullable=True),
        sa.Column("question", sa.BigInteger(), nullable=True),
        sa.Column("other", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "act", "place", name=op.f("identity_decision_key")),
    )
    op.create_index("identity_decision_by_value", "identity_decision", ["workspace", "type", "scope", "value_hash"])


def _make_questions() -> None:
    op.create_table(
        "identity_question",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("value_hash", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("differ", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("identity_question_key")),
    )
    op.create_index("identity_question_by_value", "identity_question", ["workspace", "value_hash"], unique=True)


def _move_partings() -> None:
    """Make each parting an act of its own with the number that it had."""
    op.execute("alter table identity_parting no force row level security")  # a migration belongs to no workspace
    op.execute(
        """insert into identity_act (workspace, number, verdict, reason, author, decided_at, withdrawn_by, withdrawn_at)
           overriding system value
           select workspace, number, case when record is null then 'nobodys' else 'unlinked' end, reason, author,
                  decided_at, withdrawn_by, withdrawn_at from identity_parting"""
    )
    op.execute(
        """insert into identity_decision (workspace, act, place, type, scope, value_hash, record)
           select workspace, number, 1, type, scope, value_hash, record from identity_parting"""
    )
    op.execute(
        """select setval(pg_get_serial_sequence('identity_act', 'number'), max(number)) from identity_act
           having max(number) is not null"""
    )
    op.drop_table("identity_parting")
