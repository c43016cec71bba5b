"""The tables of channels: accounts, the outbox of batches, the chunks of each, who got nothing and why, what came."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from quanyu.foundation.database.schema import workspace_table

channel_account = workspace_table(
    "channel_account",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("through", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("settings", JSONB, nullable=False),
    sa.Column("secrets", sa.Text, nullable=False),  # sealed, base64
    sa.Column("rate", JSONB),
    sa.Column("quotas", JSONB, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("tokens", sa.Double),  # in the bucket at `filled_at`; none yet: it is full
    sa.Column("filled_at", sa.DateTime(timezone=True)),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # one after the other
    sa.Column("held_until", sa.DateTime(timezone=True)),
    sa.Column("broken", sa.Text),  # a word that says why it is of no use until somebody mends it
)

channel_use = workspace_table(
    "channel_use",  # messages that an account has handed over, by window of a quota
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("per", sa.Text, primary_key=True),
    sa.Column("since", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("messages", sa.BigInteger, nullable=False),
)

channel_batch = workspace_table(
    "channel_batch",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("content_version", sa.Integer, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("campaign", sa.Text, nullable=False),
    sa.Column("members", sa.LargeBinary, nullable=False),  # Roaring, customers
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True)),
    sa.Column("state", sa.Text, nullable=False),  # a word of `model.STATES`
    sa.Column("given", sa.LargeBinary),  # Arrow, sealed: what the maker brings for customers, by name of a variable
    sa.Column("fields", JSONB(none_as_null=True)),  # what a receiver is told of customers; none: messages
    sa.Column("position", sa.BigInteger, nullable=False, server_default="-1"),  # customers up to here were cut off
    sa.Column("changes", sa.Integer, nullable=False, server_default="0"),  # how often `members` became others
    sa.Column("chunks", sa.Integer, nullable=False, server_default="0"),
    sa.Column("accepted", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Index("channel_batch_by_key", "workspace", "key", unique=True),
    sa.Index("channel_batch_open", "workspace", "due_at", postgresql_where=sa.text("state in ('waiting', 'paused')")),
)

channel_chunk = workspace_table(
    "channel_chunk",
    sa.Column("batch", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # flying, waiting, done
    sa.Column("members", sa.LargeBinary, nullable=False),  # Roaring, customers whose message is still to be settled
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lost", sa.Boolean, nullable=False, server_default=sa.false()),  # some of them may have got it
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("handed_at", sa.DateTime(timezone=True)),
    sa.Column("outcome", sa.LargeBinary),  # Arrow: customer, record, code, at
    sa.Column("outcomes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("landed", sa.Integer, nullable=False, server_default="0"),  # of the outcomes, how many the lake has
    sa.Index("channel_chunk_open", "workspace", "batch", postgresql_where=sa.text("state <> 'done'")),
    sa.Index("channel_chunk_unlanded", "workspace", "batch", postgresql_where=sa.text("outcomes > landed")),
)

channel_reason = workspace_table(
    "channel_reason",  # who did not get a message, and why
    sa.Column("batch", sa.BigInteger, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("chunk", sa.Integer, primary_key=True),  # 0: the rest of the batch
    sa.Column("members", sa.LargeBinary, nullable=False),  # Roaring, customers
    sa.Column("customers", sa.BigInteger, nullable=False),
)

channel_response = workspace_table(
    "channel_response",  # what came back, until the lake has it and its window is over
    sa.Column("batch", sa.BigInteger, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),  # the sender's own id, else of message, event and instant
    sa.Column("customer", sa.BigInteger, nullable=False),  # as the message named him
    sa.Column("record", sa.BigInteger, nullable=False),  # whose address was used
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("landed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("channel_response_unlanded", "workspace", "received_at", postgresql_where=sa.text("not landed")),
)
