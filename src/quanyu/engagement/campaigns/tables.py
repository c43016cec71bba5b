"""The tables of campaigns: definitions with the shares of their arms, stages, approvals, and what was done by whom."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from quanyu.foundation.database.schema import workspace_table

campaign = workspace_table(
    "campaign",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),  # from 1; the highest is in force
    sa.Column("text", sa.Text, nullable=False),  # the file as it was written
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),  # who put it in force, as token:li.na
    sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("shares", JSONB, nullable=False),  # arm: share of the customers
)

campaign_stage = workspace_table(
    "campaign_stage",
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("stage", sa.Integer, primary_key=True),  # from 1
    sa.Column("version", sa.Integer, nullable=False),  # of the definition by which it was let out
    sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),  # customers that it brought in
    sa.Column("counted", JSONB, nullable=False),  # what guard rails had counted when somebody let it go on
)

campaign_approval = workspace_table(
    "campaign_approval",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("campaign", sa.Text, nullable=False),
    sa.Column("bound", JSONB, nullable=False),  # what was approved: any of it changed, it holds no longer
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("campaign_approval_by_campaign", "workspace", "campaign", "number"),
)

campaign_act = workspace_table(
    "campaign_act",  # lines are added, never changed
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("campaign", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),  # a word of `model.ACTS`
    sa.Column("told", JSONB, nullable=False),
    sa.Index("campaign_act_by_campaign", "workspace", "campaign", "number"),
)
