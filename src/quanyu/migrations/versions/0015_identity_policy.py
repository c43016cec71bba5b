"""Who is one customer follows from a policy, from what tells persons apart, and from what people have decided."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_NEW = ("record_evidence", "identity_waiting", "identity_policy", "identity_parting")
_GUARDED = ("record", "record_customer", "customer")


def upgrade() -> None:
    """Every record is looked at anew by the next recognition, since no policy has been applied yet."""
    op.create_table(
        "record_evidence",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.BigInteger(), nullable=True),
        sa.Column("born", sa.SmallInteger(), nullable=True),
        sa.Column("gender", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "record", name=op.f("record_evidence_key")),
    )
    op.create_table(
        "identity_waiting",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "record", name=op.f("identity_waiting_key")),
    )
    op.create_table(
        "identity_policy",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("identity_policy_key")),
    )
    op.create_table(
        "identity_parting",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("value_hash", sa.Uuid(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("identity_parting_key")),
    )
    op.create_index("identity_parting_by_value", "identity_parting", ["workspace", "type", "scope", "value_hash"])
    for table in _NEW:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(
            f"""create policy workspace_only on {table}
                using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
        )
    op.drop_column("population", "unrecognised_imports")
    op.add_column("population", sa.Column("recognised", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("population", sa.Column("policy", sa.Text(), nullable=True))
    op.add_column("record", sa.Column("follows", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("customer", sa.Column("founder", sa.BigInteger(), nullable=True))
    op.create_index("customer_by_founder", "customer", ["workspace", "founder"])
    _fill()


def _fill() -> None:
    for table in _GUARDED:  # a migration belongs to no workspace
        op.execute(f"alter table {table} no force row level security")
    op.execute("update record set follows = true where anonymous")
    op.execute(
        """update customer c set founder = f.record
           from (select workspace, customer, min(record) as record from record_customer group by workspace, customer) f
           where c.workspace = f.workspace and c.customer = f.customer"""
    )
    for table in _GUARDED:
        op.execute(f"alter table {table} force row level security")
