"""The tables of ingest: sources, imports with their control totals, and what was refused."""

import pyarrow as pa
import sqlalchemy as sa

from quanyu.foundation.database.schema import workspace_table
from quanyu.foundation.lake.model import LakeTable

source = workspace_table(
    "source",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("mapping", sa.Text, nullable=False),  # the latest mapping file, as it was written
    sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
)

data_import = workspace_table(
    "data_import",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # running, landed, failed, interrupted
    sa.Column("files", sa.Integer, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Column("error", sa.Text),
    sa.Index("data_import_by_source", "workspace", "source"),
)

import_count = workspace_table(
    "import_count",
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("grain", sa.Boolean, nullable=False),  # one line of the file is one of this kind
    sa.Column("read", sa.BigInteger, nullable=False),
    sa.Column("landed", sa.BigInteger, nullable=False),
    sa.Column("rejected", sa.BigInteger, nullable=False),
    sa.Column("known", sa.BigInteger, nullable=False),
    sa.CheckConstraint("read = landed + rejected + known", name="import_count_adds_up"),
)

REJECTS = LakeTable(
    name="rejects",
    schema=pa.schema(
        [
            ("import_number", pa.int64()),
            ("source", pa.string()),
            ("file", pa.string()),
            ("line", pa.int64()),  # in the file, from 1, header counted; unreadable lines above it are not
            ("input", pa.string()),  # of the kind; NULL where the line itself could not be read
            ("column", pa.string()),
            ("reason", pa.string()),
            ("text", pa.string()),  # the raw line; it expires with the table's retention
        ]
    ),
    sort_by=("import_number",),
)
