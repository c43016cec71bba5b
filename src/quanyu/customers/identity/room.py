"""The manifest of identity."""

from collections.abc import Sequence

from quanyu.customers.identity.disowning import OWN_IDENTIFIER
from quanyu.customers.identity.landing import CUSTOMER_RECORD, IDENTIFIER
from quanyu.customers.identity.measures import FIELDS
from quanyu.customers.identity.model import RecordsOpened
from quanyu.customers.identity.receivers import RECEIVER
from quanyu.customers.identity.recognising import land, resolve_new
from quanyu.customers.identity.tables import (
    BRANDS,
    CUSTOMER_OF_RECORD,
    CUSTOMERS,
    GIVEN_IDENTIFIERS,
    GOLDEN_RULES,
    IDENTIFIER_FAULTS,
    OPENED_RECORDS,
    RECEIVERS,
    RECORDS,
    RECORDS_PRIVATE,
    customer,
    identifier,
    identity_act,
    identity_decision,
    identity_moved,
    identity_policy,
    identity_question,
    identity_score,
    identity_waiting,
    own_identifier,
    population,
    record,
    record_customer,
    record_evidence,
)
from quanyu.customers.identity.tailing import enter_tails
from quanyu.foundation.bus.model import Fact
from quanyu.foundation.room import HoldsCustomers, Refresh, Room, Subscription
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


def recognise_opened(workspace: Workspace, _: Fact) -> None:
    """Resolve whose records were opened; nothing is left to do when it is told twice."""
    resolve_new(workspace)


def refresh(workspace: Workspace) -> Sequence[Text]:
    """Resolve what waits, and show in the lake what has been resolved since the last time, be it by many facts."""
    enter_tails(workspace)
    done = resolve_new(workspace) or land(workspace)
    if not (done.records or done.merged or done.parted):
        return ()
    counts = (done.records, done.created, done.merged, done.parted)
    return (
        Text(
            "{:,} records recognised, {:,} customers opened, {:,} merged, {:,} parted".format(*counts),
            "识别 {:,} 条记录，新建 {:,} 位客户，合并 {:,} 位，拆分 {:,} 位".format(*counts),
        ),
    )


_POINTER = "the pointer itself: it moves to the survivor in the same transaction"

ROOM = Room(
    name="identity",
    title=Text("One-ID", "全域唯一身份"),
    kinds=(CUSTOMER_RECORD, IDENTIFIER, OWN_IDENTIFIER, RECEIVER),
    fields=FIELDS,
    tables=(
        record,
        identifier,
        own_identifier,
        customer,
        record_customer,
        record_evidence,
        identity_moved,
        identity_waiting,
        identity_policy,
        identity_act,
        identity_decision,
        identity_question,
        identity_score,
        population,
    ),
    lake_tables=(
        RECORDS,
        RECORDS_PRIVATE,
        RECEIVERS,
        IDENTIFIER_FAULTS,
        OPENED_RECORDS,
        GIVEN_IDENTIFIERS,
        CUSTOMER_OF_RECORD,
        CUSTOMERS,
        GOLDEN_RULES,
        BRANDS,
    ),
    subscriptions=(Subscription(RecordsOpened, recognise_opened),),
    refreshes=(Refresh("identity", refresh),),
    holds=(
        HoldsCustomers("record", "record", "records do not change", "the row is removed; a keyed hash stays"),
        HoldsCustomers("identifier", "record", "identifiers stay with their record", "the record's rows are removed"),
        HoldsCustomers("customer", "customer", "the merged-away row names its survivor", "the row is removed"),
        HoldsCustomers("record_customer", "record", _POINTER, "the record's row is removed"),
        HoldsCustomers("identity_moved", "record", "remembers whose it was", "goes when the lake shows what is there"),
        HoldsCustomers("record_evidence", "record", "carries the record only", "the record's row is removed"),
        HoldsCustomers("identity_waiting", "record", "carries the record only", "the record's row is removed"),
        HoldsCustomers("identity_decision", "record", "what was decided stays", "the record's rows are removed"),
        HoldsCustomers("population", "customer", "the merged-away leaves the alive set", "he leaves the alive set"),
        HoldsCustomers("records", "record", "carries the record only", "the record's rows are rewritten without it"),
        HoldsCustomers("records_private", "record", "carries the record only", "its block is sealed anew without it"),
        HoldsCustomers("receivers", "record", "carries the record only", "the record's rows are rewritten without it"),
        HoldsCustomers("opened_records", "record", "records do not change", "the record's row is removed"),
        HoldsCustomers("given_identifiers", "record", "carries the record only", "the record's rows are removed"),
        HoldsCustomers("customer_of_record", "record", _POINTER + ", and is written anew", "written anew without it"),
        HoldsCustomers("customers", "customer", "the ordinal leaves the alive set", "the row is rewritten without it"),
    ),
    routes="quanyu.customers.identity.routes:router",
)
