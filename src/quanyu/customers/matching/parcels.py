"""Pairs of records that parcels suggest: a buyer's go to a phone that somebody else's record has, or to his door.

Neither is a proof. Who sends presents, whose parcels wait at a station or an office, and a number or a door that
receives for many say nothing; nor does a receiver whose name contradicts either record.
"""

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from ibis import _

from quanyu.customers.identity.decided import read_said
from quanyu.customers.identity.evidence import evidence_in
from quanyu.customers.identity.identifiers import PHONE, RECEIVER_PHONE
from quanyu.customers.identity.policy import Policy
from quanyu.customers.identity.roll import halves_of
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, GIVEN_IDENTIFIERS, OPENED_RECORDS, RECEIVERS, RECORDS
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.workspace import Workspace

READ = (RECEIVERS, RECORDS, CUSTOMER_OF_RECORD, GIVEN_IDENTIFIERS, OPENED_RECORDS)
CUSTOMERS = 3
"""For whom a number may receive at most, where the policy does not say."""
NAMES = 4
"""Names that parcels to one address may bear; to more is an office, whatever it is called."""
NAMED, SURNAME, SILENT, DOOR = 0.99, 0.97, 0.9, 0.97
"""How likely it is one person: the record that has the phone bears the receiver's name, his surname, or tells none;
both have parcels to one name at one address."""
NONE = pa.schema([("one", pa.int64()), ("other", pa.int64()), ("probability", pa.float64())]).empty_table()


def pairs_by_parcels(
    workspace: Workspace, connection: sa.Connection, vector: Vector, policy: Policy, owned: ir.Table
) -> pa.Table:
    """Return one and other (ordinals, the lower first) and probability, each pair once.

    `owned` says whose each record is.
    """
    rule = policy.rule(RECEIVER_PHONE)
    if rule.strength != "suggests" or RECEIVERS.name not in vector:
        return NONE
    lake, said = workspace.lake, read_said(workspace, connection)
    nobodys = np.flatnonzero((said.record < 0) & (said.question < 0))
    high, low = halves_of(said.value_hash)
    barred = ibis.memtable(pa.table({"high": high[nobodys], "low": low[nobodys]}))
    with (
        lake.held(_told(workspace, vector, owned)) as told,
        lake.held(_counted(lake.table(RECEIVERS, vector), told)) as parcels,
        lake.held(_lonely(parcels.anti_join(barred, ["high", "low"]), rule.customers or CUSTOMERS)) as numbers,
    ):
        found = ibis.union(_by_phone(numbers, _holders(workspace, vector, told, numbers)), _by_door(parcels))
        one, other = ibis.least(found.one, found.other), ibis.greatest(found.one, found.other)
        each = found.select(one=one, other=other, probability="probability").group_by("one", "other")
        return lake.to_arrow(each.agg(probability=_.probability.max()).order_by("one", "other")).cast(NONE.schema)


def _told(workspace: Workspace, vector: Vector, owned: Value) -> ir.Table:
    """Return record, customer and the name that his records bear: family and name, NULL where none or several do."""
    said = evidence_in(workspace.lake, vector).select("record", "family", "name")
    beside = owned.inner_join(said, "record").group_by("customer")
    names = beside.agg(
        family=ibis.ifelse(_.family.nunique() == 1, _.family.min(), None),
        name=ibis.ifelse(_.name.nunique() == 1, _.name.min(), None),
    )
    return owned.left_join(names, "customer").select("record", "customer", "family", "name")


def _counted(receivers: Value, told: ir.Table) -> ir.Table:
    """Return the parcels that may tell of their buyer, each way of addressing them once.

    Columns record, customer, high and low, address, and of_family and of_name, those of the receiver.
    """
    good = receivers.filter(_.aside.isnull())
    busy = good.filter(good.address_key.notnull()).group_by("address_key").agg(names=good.name_key.nunique())
    home = good.anti_join(busy.filter(_.names > NAMES), "address_key")
    shown = home.select(
        "record", "high", "low", address="address_key", of_family="family_key", of_name="name_key"
    ).distinct()
    mine: Value = shown.inner_join(told, "record")
    bears = mine.name.isnull() | (mine.name == mine.of_name)
    himself = bears & (mine.family.isnull() | (mine.family == mine.of_family))
    return mine.filter(himself.fill_null(False) | mine.of_family.isnull()).drop("family", "name")


def _lonely(parcels: Value, most: int) -> ir.Table:
    """Leave the numbers that receive for few."""
    told = parcels.filter(_.high.notnull())
    few = told.group_by("high", "low").agg(buyers=told.customer.nunique()).filter(_.buyers <= most)
    return (
        told.semi_join(few, ["high", "low"])
        .select("record", "customer", "high", "low", "of_family", "of_name")
        .distinct()
    )


def _holders(workspace: Workspace, vector: Vector, told: ir.Table, numbers: ir.Table) -> ir.Table:
    """Return the records that have such a number as their own, what they say, and how many customers have it."""
    given: Value = workspace.lake.table(GIVEN_IDENTIFIERS, vector)
    own = given.filter(given["type"] == PHONE).select("record", "high", "low").semi_join(numbers, ["high", "low"])
    mine: Value = own.inner_join(told, "record")
    each = mine.group_by("high", "low").agg(holders=mine.customer.nunique())
    return mine.inner_join(each, ["high", "low"]).select(
        "high", "low", "holders", other="record", family="family", name="name"
    )


def _by_phone(numbers: Value, holders: ir.Table) -> ir.Table:
    met: Value = numbers.inner_join(holders, ["high", "low"])
    met = met.filter(met.record != met.other)
    named = (met.name == met.of_name).fill_null(False)
    surname = (met.name.isnull() & (met.family == met.of_family)).fill_null(False)
    silent = met.family.isnull() & met.name.isnull()
    alone = met.holders == 1
    probability = ibis.cases((named, NAMED), (surname & alone, SURNAME), (silent & alone, SILENT), else_=0.0)
    return met.select(one="record", other="other", probability=probability).filter(_.probability > 0)


def _by_door(parcels: Value) -> ir.Table:
    """Return buyers whose parcels go to one name at one address."""
    doors: Value = parcels.filter(_.address.notnull(), _.of_name.notnull())
    doors = doors.select("record", "customer", "address", "of_name").distinct()
    few = doors.group_by("address", "of_name").agg(buyers=doors.customer.nunique()).filter(_.buyers <= CUSTOMERS)
    mine = doors.semi_join(few, ["address", "of_name"]).drop("customer")
    theirs = mine.rename(other="record")
    met: Value = mine.inner_join(theirs, ["address", "of_name"])
    return met.filter(met.record < met.other).select(one="record", other="other", probability=ibis.literal(DOOR))
