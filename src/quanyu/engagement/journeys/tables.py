"""The tables of journeys: definitions, states, who stands where, who waits to enter, who has been, and what was done.

Sets are portable Roaring of customer ordinals.
"""

import sqlalchemy as sa

from quanyu.foundation.database.schema import workspace_table

journey = workspace_table(
    "journey",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),  # from 1; the highest is in force for who enters
    sa.Column("text", sa.Text, nullable=False),  # the file as it was written
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)

journey_state = workspace_table(
    "journey_state",
    sa.Column("journey", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    sa.Column("looked_at", sa.DateTime(timezone=True)),  # up to when triggers of time were looked at
    sa.Column("ticks", sa.BigInteger, nullable=False),
    sa.Column("keeper", sa.Text),  # the room that defines it and brings people in; none: whoever applies it
)

journey_cohort = workspace_table(
    "journey_cohort",
    sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("journey", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("due", sa.DateTime(timezone=True), nullable=False),
    sa.Column("watched", sa.Boolean, nullable=False),  # may move before it is due
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("members", sa.LargeBinary, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("awaits", sa.Text),  # key of the batch whose end decides where they go
    sa.Index("journey_cohort_by_journey", "workspace", "journey", "due"),
)

journey_entrance = workspace_table(
    "journey_entrance",  # who waits to enter; `key` is natural: told twice, it is one
    sa.Column("journey", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("members", sa.LargeBinary, nullable=False),
    sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("taken", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("context", sa.LargeBinary),  # Arrow, sealed: customer, and a text for each thing that was told of him
)

journey_context = workspace_table(
    "journey_context",  # of who is inside, which entrance tells of him
    sa.Column("journey", sa.Text, primary_key=True),
    sa.Column("customer", sa.BigInteger, primary_key=True),
    sa.Column("named", sa.BigInteger, nullable=False),  # the customer as the entrance's context names him
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
)

journey_entered = workspace_table(
    "journey_entered",  # who has entered, by day: whoever may not enter again is looked for here
    sa.Column("journey", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("members", sa.LargeBinary, nullable=False),
)

journey_move = workspace_table(
    "journey_move",  # what happened to whom at a step in a tick
    sa.Column("journey", sa.Text, primary_key=True),
    sa.Column("tick", sa.BigInteger, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("members", sa.LargeBinary, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("expected", sa.Double),  # of messages sent and capped: what one was expected to bring, where that counted
)

journey_tally = workspace_table(
    "journey_tally",  # how many messages each customer was to get on a day: bit `bit` of the number, as a set
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("counted", sa.Text, primary_key=True),  # all, channel:<channel>, purpose:<purpose>
    sa.Column("bit", sa.SmallInteger, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("members", sa.LargeBinary, nullable=False),
)

journey_policy = workspace_table(
    "journey_policy",
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
)

journey_expectation = workspace_table(
    "journey_expectation",  # what a message is expected to bring, in major units, and whether that was borne out
    sa.Column("journey", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, nullable=False),  # on which it was worked out
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("expected", sa.Double),
    sa.Column("foretold", sa.Double),
    sa.Column("measured", sa.Double),
    sa.Column("measured_low", sa.Double),
    sa.Column("measured_high", sa.Double),
)

journey_reach = workspace_table(
    "journey_reach",  # whose light is on: worked out anew when what lights are measured from has changed
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("seen", sa.Text, nullable=False),  # hash of the versions read, the day and the declarations
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("members", sa.LargeBinary, nullable=False),
)
