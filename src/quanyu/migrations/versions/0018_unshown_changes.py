"""What recognition has changed is remembered until the lake shows it; what was decided of records is found by them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_moved",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("customer", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "record", name=op.f("identity_moved_key")),
    )
    op.create_index("identity_moved_by_customer", "identity_moved", ["workspace", "customer"])
    op.execute("alter table identity_moved enable row level security")
    op.execute("alter table identity_moved force row level security")
    op.execute(
        """create policy workspace_only on identity_moved
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
    op.create_index(
        "identity_decision_by_record",
        "identity_decision",
        ["workspace", "record"],
        postgresql_where=sa.text("other is not null"),
    )
    op.add_column("population", sa.Column("shown", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("alter table population no force row level security")  # a migration belongs to no workspace
    op.execute("update population set shown = customers")
    op.execute("alter table population force row level security")
    op.execute(
        """create view shown_record_customer with (security_invoker = true) as
           select c.workspace, c.record, c.customer from record_customer c
           where not exists (select 1 from identity_moved m where m.workspace = c.workspace and m.record = c.record)
           union all
           select m.workspace, m.record, m.customer from identity_moved m where m.customer >= 0"""
    )
