"""The tables of identity: records and their identifiers, customers, and the one mapping between them."""

import pyarrow as pa
import sqlalchemy as sa

from quanyu.foundation.database.schema import workspace_table
from quanyu.foundation.lake.model import LakeTable

INSTANT = pa.timestamp("us", tz="UTC")

record = workspace_table(
    "record",
    sa.Column("key_hash", sa.Uuid, primary_key=True),  # keyed hash of (source, key within the source)
    sa.Column("record", sa.BigInteger, nullable=False),  # ordinal
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("import_number", sa.BigInteger, nullable=False),
    sa.Column(
        "anonymous", sa.Boolean, nullable=False, server_default=sa.false()
    ),  # a device that nobody has identified
    sa.Column("follows", sa.Boolean, nullable=False, server_default=sa.false()),  # is whoever names it, else nobody
    sa.Index("record_by_ordinal", "workspace", "record", unique=True),
    sa.Index("record_named", "workspace", "record", postgresql_where=sa.text("not anonymous")),
)

identifier = workspace_table(
    "identifier",
    sa.Column("type", sa.Text, primary_key=True),
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("value_hash", sa.Uuid, primary_key=True),  # keyed hash of the normalised value
    sa.Column("record", sa.BigInteger, primary_key=True),
    sa.Column("import_number", sa.BigInteger),  # that gave it first; unknown in homes of the first schema
    # When the record had it last, by the source, and which import says so: of types that the policy wants to be dated.
    sa.Column("seen", sa.Date),
    sa.Column("seen_import", sa.BigInteger),
    sa.Index("identifier_by_record", "workspace", "record"),
)

own_identifier = workspace_table(
    "own_identifier",  # of the company's staff and stores: it joins no customers, whatever a policy says
    sa.Column("type", sa.Text, primary_key=True),
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("value_hash", sa.Uuid, primary_key=True),
    sa.Column("import_number", sa.BigInteger, nullable=False),
)

customer = workspace_table(
    "customer",
    sa.Column("customer", sa.BigInteger, primary_key=True),  # ordinal
    sa.Column("one_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    sa.Column("merged_into", sa.BigInteger),
    # The record he was opened for: who has it is him, whatever is merged and parted. None: he will not come back.
    sa.Column("founder", sa.BigInteger),
    sa.Index("customer_by_founder", "workspace", "founder"),
)

record_customer = workspace_table(
    "record_customer",
    sa.Column("record", sa.BigInteger, primary_key=True),
    sa.Column("customer", sa.BigInteger, nullable=False),
    sa.Index("record_customer_by_customer", "workspace", "customer"),
)

identity_moved = workspace_table(
    "identity_moved",  # a record whose customer the lake does not show yet; the view `shown_record_customer` does
    sa.Column("record", sa.BigInteger, primary_key=True),
    sa.Column("customer", sa.BigInteger, nullable=False),  # whose it is as the lake shows it; -1: nobody's
    sa.Index("identity_moved_by_customer", "workspace", "customer"),
)

record_evidence = workspace_table(
    "record_evidence",  # what tells persons apart who share an identifier, as the lake's records say it now
    sa.Column("record", sa.BigInteger, primary_key=True),
    sa.Column("family", sa.BigInteger),  # keyed hash of the surname as it is read
    sa.Column("name", sa.BigInteger),  # keyed hash of the whole name as it is read
    sa.Column("born", sa.SmallInteger),  # month * 100 + day
    sa.Column("gender", sa.SmallInteger),  # 1 a woman, 2 a man
)

identity_waiting = workspace_table(
    "identity_waiting",  # records known before about which something changed that recognition has not looked at
    sa.Column("record", sa.BigInteger, primary_key=True),
)

identity_policy = workspace_table(
    "identity_policy",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),  # the last one holds
    sa.Column("body", sa.Text, nullable=False),  # the file as it was written
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
)

identity_act = workspace_table(
    "identity_act",  # somebody has said something of who is who; remembered across every run, and the last word holds
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),  # a word of `deciding.VERDICTS`
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("withdrawn_by", sa.Text),
    sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
)

identity_decision = workspace_table(
    "identity_decision",  # what an act says: of a value and a record, of a value alone, or of two records
    sa.Column("act", sa.BigInteger, primary_key=True),
    sa.Column("place", sa.BigInteger, primary_key=True),
    # With a question: by this value the record is one person with the others of the same question. Without: the value
    # is not this record's, or, where there is no record, no person's.
    sa.Column("type", sa.Text),
    sa.Column("scope", sa.Text),
    sa.Column("value_hash", sa.Uuid),
    sa.Column("record", sa.BigInteger),
    sa.Column("question", sa.BigInteger),
    sa.Column("other", sa.BigInteger),  # a record that is not the person of `record`, whatever they share
    sa.Index("identity_decision_by_value", "workspace", "type", "scope", "value_hash"),
    sa.Index("identity_decision_by_record", "workspace", "record", postgresql_where=sa.text("other is not null")),
)

identity_question = workspace_table(
    "identity_question",  # a value that several persons share and that does not join them: somebody may know more
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("value_hash", sa.Uuid, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),  # a word of `resolving.REASONS`
    sa.Column("differ", sa.Text, nullable=False),  # words of `questions.DIFFER`, joined by +
    sa.Column("sources", sa.Text, nullable=False),  # whose records have it, joined by +
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("customers", sa.BigInteger, nullable=False),
    sa.Column("fingerprint", sa.BigInteger, nullable=False),  # of the records that have it
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),  # since when these records have
    sa.Column("settled", sa.BigInteger),  # the act that says that it stays as it is, until other records have it
    sa.Index("identity_question_by_value", "workspace", "value_hash", unique=True),
)

identity_score = workspace_table(
    "identity_score",  # what the last ID report of each day said of all sources together
    sa.Column("day", sa.Date, primary_key=True),  # of the workspace
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("customers", sa.BigInteger, nullable=False),
    sa.Column("linked", sa.BigInteger, nullable=False),
    sa.Column("identified", sa.BigInteger, nullable=False),
    sa.Column("taggable", sa.BigInteger, nullable=False),
    sa.Column("score", sa.SmallInteger, nullable=False),
)

population = workspace_table(
    "population",
    sa.Column("epoch", sa.Integer, nullable=False),  # raised by a renumbering
    sa.Column("records", sa.BigInteger, nullable=False),  # ordinals given out
    sa.Column("customers", sa.BigInteger, nullable=False),
    # Roaring: customers that were not merged away or erased, as the lake shows them.
    sa.Column("alive", sa.LargeBinary, nullable=False),
    sa.Column("shown", sa.BigInteger, nullable=False, server_default="0"),  # customers below it are in the lake
    sa.Column("recognised", sa.BigInteger, nullable=False, server_default="0"),  # records below it were looked at
    sa.Column("policy", sa.Text),  # the key of the policy under which they were
    # The lake's roll holds every record and identifier; not yet so in a home from before there was one.
    sa.Column("enrolled", sa.Boolean, nullable=False, server_default=sa.false()),
    # Every phone in that roll has its tail; not yet so in a home from before there were any.
    sa.Column("tailed", sa.Boolean, nullable=False, server_default=sa.false()),
)

RECORDS = LakeTable(
    name="records",
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("source", pa.string()),
            ("country", pa.string()),
            ("province", pa.string()),
            ("city", pa.string()),
            ("district", pa.string()),
            ("gender", pa.string()),  # f, m, other
            ("birth_year", pa.int32()),
            ("birthday", pa.string()),  # MM-DD
            ("language", pa.string()),
            ("registered_at", INSTANT),
            ("store", pa.string()),  # code of the home store
            ("staff", pa.string()),  # number of the guide
            ("channel", pa.string()),  # where he joined
            ("level", pa.string()),
            ("status", pa.string()),  # active, blocked, closed
            ("verified", pa.bool_()),  # the source has checked what the row says
            ("family_key", pa.int64()),  # keyed, of the surname as it is read: equal where two records bear it
            ("name_key", pa.int64()),  # the same of the whole name
            ("name_gender", pa.string()),  # whose name it is, f or m, else open; tells persons apart, is no attribute
            ("name_hash", pa.int64()),  # keyed, of what is sealed: tells whether it has changed, and nothing else
            ("birth_date_hash", pa.int64()),
            ("address_hash", pa.int64()),
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("older_values", pa.map_(pa.string(), INSTANT)),  # when those were observed that are older than the row
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("record",),
    versioned_by=("record",),
)

RECORDS_PRIVATE = LakeTable(
    name="records_private",
    schema=pa.schema(
        [
            ("first_record", pa.int64()),  # the block holds records first_record … last_record
            ("last_record", pa.int64()),
            ("rows", pa.int32()),
            ("block", pa.binary()),  # AES-256-GCM over an Arrow IPC stream: record, type, scope, value
            ("import_number", pa.int64()),
            ("attributes", pa.bool_()),  # the block holds names, births and addresses; else it holds identifiers
        ]
    ),
    sort_by=("first_record",),
    group_bytes=1 << 18,  # two or three blocks
)

IDENTIFIER_FAULTS = LakeTable(
    name="identifier_faults",
    schema=pa.schema(
        [
            ("import_number", pa.int64()),
            ("source", pa.string()),
            ("type", pa.string()),
            ("scope", pa.string()),
            ("reason", pa.string()),  # a code of `identifiers.REASONS`
            ("times", pa.int64()),  # records for which such a value was given
        ]
    ),
    sort_by=("import_number",),
)

OPENED_RECORDS = LakeTable(
    name="opened_records",
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("opened_by", pa.string()),  # the source whose record it is
            ("follows", pa.bool_()),  # a device or a recipient: it is whoever names it, else nobody
        ]
    ),
    sort_by=("record",),
)

GIVEN_IDENTIFIERS = LakeTable(
    name="given_identifiers",  # what the database's `identifier` holds, for whoever reads all of it
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("type", pa.string()),
            ("scope", pa.string()),
            ("high", pa.int64()),  # the first 64 bits of the keyed hash of the normalised value
            ("low", pa.int64()),  # the other ones
            ("tail", pa.int64()),  # keyed, of a phone's last four digits; null of what is no phone
        ]
    ),
    sort_by=("record",),
)

RECEIVERS = LakeTable(
    name="receivers",  # whom the parcels of a buyer's orders go to, where the source's terms allow to hold it
    schema=pa.schema(
        [
            ("record", pa.int64()),  # the buyer's
            ("source", pa.string()),
            ("order_number", pa.string()),
            ("high", pa.int64()),  # the halves of the hash that the phone has as an identifier; null: none is told
            ("low", pa.int64()),
            ("family_key", pa.int64()),  # as in `records`
            ("name_key", pa.int64()),
            ("address_key", pa.int64()),  # keyed, of where the parcel goes
            ("aside", pa.string()),  # why it tells nothing of the buyer: a code of `receivers.ASIDE`; null: it may
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("record",),
    versioned_by=("source", "order_number"),
)

POINTING = (OPENED_RECORDS, GIVEN_IDENTIFIERS)
"""What any kind may write whose rows point at records: a kind names these among its tables."""

CUSTOMER_OF_RECORD = LakeTable(
    name="customer_of_record",
    schema=pa.schema([("record", pa.int64()), ("customer", pa.int64())]),
    sort_by=("record",),
    keyed_by=("record",),
)

CUSTOMERS = LakeTable(
    name="customers",
    schema=pa.schema([("customer", pa.int64()), ("one_id", pa.string()), ("since", INSTANT)]),
    sort_by=("customer",),
)

GOLDEN_RULES = LakeTable(
    name="golden_rules",  # the policy by which a value of several speaks; none: that for retail
    schema=pa.schema(
        [
            ("attribute", pa.string()),
            ("by", pa.list_(pa.string())),
            ("trusted", pa.list_(pa.string())),
            ("beside", pa.string()),
        ]
    ),
    sort_by=("attribute",),
    terms=True,
)

BRANDS = LakeTable(
    name="brands",  # whose sources are which by the policy; none: there is one brand
    schema=pa.schema([("brand", pa.string()), ("source", pa.string())]),
    sort_by=("brand", "source"),
    terms=True,
)
