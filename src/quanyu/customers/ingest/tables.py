"""The tables of ingest: sources, imports with their control totals, what was refused and what became of it."""

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from quanyu.foundation.database.schema import workspace_table
from quanyu.foundation.lake.model import LakeTable

source = workspace_table(
    "source",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("mapping", sa.Text, nullable=False),  # the latest mapping file, as it was written
    sa.Column("class", sa.Text),  # first_party, media, marketplace, third_party
    sa.Column("legal_basis", JSONB),  # basis, purposes and channels
    sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
)

data_import = workspace_table(
    "data_import",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # running, landed, failed, interrupted, cancelled, taken back
    sa.Column("files", sa.Integer, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Column("error", sa.Text),
    sa.Column("step", sa.Text),  # what it is doing, of one that runs
    sa.Column("share", sa.REAL, nullable=False, server_default="0"),  # of its work that is done, 0 to 1
    sa.Column("cancel_asked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("mapping", sa.Text),  # the mapping file by which it was read; unknown in homes of the first schema
    sa.Column("replays", sa.BigInteger),  # number of the import whose refused lines came in again
    sa.Column("final", sa.Boolean, nullable=False, server_default=sa.false()),  # too old to be taken back
    sa.Column("job", sa.BigInteger),  # of the queue that it runs in; null: by hand
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

replayed_reject = workspace_table(
    "replayed_reject",
    sa.Column("number", sa.BigInteger, primary_key=True),  # of the import that refused the line
    sa.Column("position", sa.BigInteger, primary_key=True),  # among the lines that it refused, from 1
    sa.Column("replayed_by", sa.BigInteger, nullable=False),  # number of the import with which it landed
    sa.Index("replayed_reject_by_import", "workspace", "replayed_by"),
)

REJECTS = LakeTable(
    name="rejects",
    schema=pa.schema(
        [
            ("import_number", pa.int64()),
            ("source", pa.string()),
            ("file", pa.string()),
            ("line", pa.int64()),  # as an editor shows it; in a sheet or an array the row or element
            ("input", pa.string()),  # of the kind; NULL where the line itself could not be read
            ("column", pa.string()),
            ("reason", pa.string()),
            ("text", pa.string()),  # the raw line; it expires with the table's retention
        ]
    ),
    sort_by=("import_number",),
)
