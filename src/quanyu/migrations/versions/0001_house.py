"""The first schema: access, lake, facts, ingest, identity, tags, audiences, and the queue."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_UNGUARDED = ("workspace",)  # it names the workspaces and holds nothing of theirs


def upgrade() -> None:
    """Make the tables, guard each with row-level security, and add the queue's own schema."""
    queue = (files("quanyu.migrations") / "sql" / "procrastinate_3_10.sql").read_text()
    op.get_bind().exec_driver_sql(queue.replace("%", "%%"))
    for make in (_make_access, _make_lake, _make_facts, _make_ingest, _make_identity, _make_tags, _make_audiences):
        make()
    for table in sa.inspect(op.get_bind()).get_table_names():
        if not table.startswith(("procrastinate", "alembic")) and table not in _UNGUARDED:
            _guard(table)


def _guard(table: str) -> None:
    """Show a transaction the rows of its workspace only; without one, none. Owners are bound too."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"""create policy workspace_only on {table}
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )


def _make_access() -> None:
    op.create_table(
        "workspace",
        sa.Column("workspace", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name=op.f("workspace_key")),
        sa.UniqueConstraint("name", name=op.f("workspace_name_unique")),
    )
    op.create_table(
        "access_token",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "token_hash", name=op.f("access_token_key")),
    )


def _make_lake() -> None:
    op.create_table(
        "lake_table",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "name", name=op.f("lake_table_key")),
    )
    op.create_table(
        "lake_batch",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("tables", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("lake_batch_key")),
    )
    op.create_table(
        "lake_pin",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "holder", "name", name=op.f("lake_pin_key")),
    )


def _make_facts() -> None:
    op.create_table(
        "fact",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("fact_key")),
    )
    op.create_index(
        "fact_waiting", "fact", ["workspace", "number"], unique=False, postgresql_where=sa.text("not handled")
    )
    op.create_table(
        "fact_delivery",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "number", "subscriber", name=op.f("fact_delivery_key")),
    )


def _make_ingest() -> None:
    op.create_table(
        "source",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "name", name=op.f("source_key")),
    )
    op.create_table(
        "data_import",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("data_import_key")),
    )
    op.create_index("data_import_by_source", "data_import", ["workspace", "source"], unique=False)
    op.create_table(
        "import_count",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("grain", sa.Boolean(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("landed", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("read = landed + rejected + known", name="import_count_adds_up"),
        sa.PrimaryKeyConstraint("workspace", "number", "kind", name=op.f("import_count_key")),
    )


def _make_identity() -> None:
    op.create_table(
        "record",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.Uuid(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("import_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "key_hash", name=op.f("record_key")),
    )
    op.create_index("record_by_ordinal", "record", ["workspace", "record"], unique=True)
    op.create_table(
        "identifier",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("value_hash", sa.Uuid(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "type", "scope", "value_hash", "record", name=op.f("identifier_key")),
    )
    op.create_index("identifier_by_record", "identifier", ["workspace", "record"], unique=False)
    op.create_table(
        "customer",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("customer", sa.BigInteger(), nullable=False),
        sa.Column("one_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "customer", name=op.f("customer_key")),
        sa.UniqueConstraint("one_id", name=op.f("customer_one_id_unique")),
    )
    op.create_table(
        "record_customer",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("customer", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "record", name=op.f("record_customer_key")),
    )
    op.create_index("record_customer_by_customer", "record_customer", ["workspace", "customer"], unique=False)
    op.create_table(
        "population",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("alive", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name=op.f("population_key")),
    )


def _make_tags() -> None:
    op.create_table(
        "tag_run",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("definition_hash", sa.Text(), nullable=False),
        sa.Column("vector", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stale_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("tag_run_key")),
    )


def _make_audiences() -> None:
    op.create_table(
        "audience",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "name", "version", name=op.f("audience_key")),
    )
    op.create_table(
        "audience_snapshot",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("definition_hash", sa.Text(), nullable=False),
        sa.Column("tag_run", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("audience_snapshot_key")),
    )
    op.create_index(
        "audience_snapshot_by_audience", "audience_snapshot", ["workspace", "audience", "number"], unique=False
    )
