"""What the database knows of the lake: the published version of each table, and the work that wrote it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from quanyu.foundation.database.schema import workspace_table

lake_table = workspace_table(
    "lake_table",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),  # of the Delta table, that readers see
    sa.Column("superseded", sa.Boolean, nullable=False),  # older versions of some rows lie among the files
    sa.Column("batch", sa.BigInteger, nullable=False),
)

lake_batch = workspace_table(
    "lake_batch",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("work", sa.Text, nullable=False),
    sa.Column("tables", ARRAY(sa.Text), nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # writing, published, rolled back
)

lake_pin = workspace_table(
    "lake_pin",
    sa.Column("holder", sa.Text, primary_key=True),  # such as tags:12
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)
