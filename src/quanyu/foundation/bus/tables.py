"""The outbox of facts and how far each subscriber is with them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from quanyu.foundation.database.schema import workspace_table

fact = workspace_table(
    "fact",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("handled", sa.Boolean, nullable=False, server_default=sa.text("false")),  # by every subscriber
    sa.Index("fact_waiting", "workspace", "number", postgresql_where=sa.text("not handled")),
)

fact_delivery = workspace_table(
    "fact_delivery",
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("subscriber", sa.Text, primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("handled_at", sa.DateTime(timezone=True)),
    sa.Column("error", sa.Text),  # its class only: a message may hold personal data
)
