"""Counts, per source, who is linked to other sources, by which identifiers, and of whom there is anything to say.

One pass over records and identifiers; what comes out of it is a row for each source and set of identifiers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from quanyu.customers.identity.identifiers import PROPOSED
from quanyu.customers.identity.policy import Policy
from quanyu.customers.identity.tables import (
    CUSTOMER_OF_RECORD,
    GIVEN_IDENTIFIERS,
    OPENED_RECORDS,
    RECORDS,
)
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import LakeTable, Value, Vector
from quanyu.foundation.lake.store import Lake

TABLES = (OPENED_RECORDS, GIVEN_IDENTIFIERS, CUSTOMER_OF_RECORD, RECORDS)
TAGGED_BY = ("gender", "birth_year", "birthday", "province", "city", "level", "registered_at")
"""Attributes of which any one is enough for a first tag."""


@dataclass(frozen=True)
class Standing:
    """`sets`: source, mask (a bit for each of `types`), records, linked. `customers`: source, customers, identified,
    taggable; source None stands for all. `months`: month (date), customers whose first record was registered then.

    A record is linked if its customer has a record of another source, too; a customer is identified if any record of
    his has a phone.
    """

    types: tuple[str, ...]
    sets: pa.Table
    customers: pa.Table
    months: pa.Table


def take_standing(lake: Lake, vector: Vector, policy: Policy, facts: Sequence[LakeTable], time_zone: str) -> Standing:
    """Look at everybody; `facts` are tables of what records did, with a column `record`."""
    given: Value = lake.table(GIVEN_IDENTIFIERS, vector)
    known = lake.to_arrow(given.select("type").distinct().order_by("type"))["type"].to_pylist()
    types = tuple(type_ for type_ in known if type_ not in PROPOSED and policy.rule(type_).strength == "proves")[:_BITS]
    with lake.held(_records(lake, vector, types, facts)) as records, lake.held(_customers(records)) as customers:
        told: Value = records.inner_join(customers, "customer")
        sets = told.group_by("source", "mask").agg(records=_.count(), linked=(_.sources > 1).sum())
        return Standing(
            types,
            lake.to_arrow(sets.order_by("source", "mask")),
            lake.to_arrow(_by_source(told, types)),
            lake.to_arrow(_months(customers, time_zone)),
        )


_BITS = 62  # of a whole number
_PHONE = "phone"


def _records(lake: Lake, vector: Vector, types: Sequence[str], facts: Sequence[LakeTable]) -> ir.Table:
    """One row per record of a person: record, customer, source, mask, says (any attribute or fact), registered_at."""
    opened: Value = lake.table(OPENED_RECORDS, vector)
    persons = opened.filter(~opened.follows).select("record", source=opened.opened_by)
    owned: Value = persons.inner_join(lake.table(CUSTOMER_OF_RECORD, vector), "record")
    given: Value = lake.table(GIVEN_IDENTIFIERS, vector)
    bits: list[Value] = [ibis.ifelse(given.type == type_, 1 << place, 0) for place, type_ in enumerate(types)]
    bit: Value = reduce(or_, bits, ibis.literal(0, "int64"))
    masks = given.mutate(bit=bit).group_by("record").agg(mask=_.bit.bit_or())
    told: Value = lake.table(RECORDS, vector)
    said = told.select("record", "registered_at", told=reduce(or_, [told[name].notnull() for name in TAGGED_BY]))
    rows: Value = owned.left_join(masks, "record").drop("record_right").left_join(said, "record").drop("record_right")
    did = [lake.table(table, vector).select("record") for table in facts if table.name in vector]
    if did:
        acted = (
            (ibis.union(*did) if len(did) > 1 else did[0])
            .filter(_.record.notnull())
            .distinct()
            .mutate(acted=ibis.literal(True))
        )
        rows = rows.left_join(acted, "record").drop("record_right")
    else:
        rows = rows.mutate(acted=ibis.literal(False))
    says = rows.told.fill_null(False) | rows.acted.fill_null(False)
    return rows.select("record", "customer", "source", "registered_at", mask=rows["mask"].fill_null(0), says=says)


def _customers(records: Value) -> ir.Table:
    """One row per customer: how many sources know him, what his records have together, his first registration."""
    return records.group_by("customer").agg(
        sources=_.source.nunique(),
        whole=_["mask"].bit_or(),
        taggable=_.says.any(),
        first=_.registered_at.min(),
    )


def _by_source(told: Value, types: Sequence[str]) -> ir.Table:
    """Count customers per source and, with source NULL, of all."""
    phone = 1 << types.index(_PHONE) if _PHONE in types else 0
    once = told.select("source", "customer", "taggable", linked=told.sources > 1, phone=(told.whole & phone) != 0)
    sums = {
        "customers": _.count(),
        "linked": _.linked.sum(),
        "identified": _.phone.sum(),
        "taggable": _.taggable.sum(),
    }
    each = once.distinct().group_by("source").agg(**sums)
    whole = once.drop("source").distinct().agg(**sums).mutate(source=ibis.null("string"))
    return ibis.union(each, whole.select(*each.columns)).order_by(ibis.desc("customers"), "source")


def _months(customers: Value, time_zone: str) -> ir.Table:
    """Count customers by the local month in which their first record was registered."""
    dated = customers.filter(customers["first"].notnull())
    month: Value = local_of(dated["first"], time_zone).truncate("M").cast("date")
    return dated.group_by(month=month).agg(customers=_.count()).order_by("month")
