"""Pairs of records that parcels suggest: a buyer's go to a phone that somebody else's record has, or to his door.

Who tells no name, while several share his phone, is likely the one of them to whom his parcels go.
None of that is a proof. Who sends presents, whose parcels wait at a station or an office, and a number or a door that
receives for many say nothing; nor does a receiver whose name contradicts either record.
"""

from dataclasses import dataclass

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
_WORDS = ("family", "name", "born", "gender")
NONE = pa.schema([("one", pa.int64()), ("other", pa.int64()), ("probability", pa.float64())]).empty_table()


@dataclass(frozen=True)
class Suggested:
    """What parcels suggest, as one and other (ordinals, the lower first) and probability, each pair once.

    `received` are buyers with whoever has the phone or the door to which theirs go. `sharers` are buyers who tell no
    name, with whom they share a phone and to whose name all their parcels go: the policy has left open whose they are,
    since several have the phone. One parcel is enough to choose among these, though not to tell a name by.
    """

    received: pa.Table
    sharers: pa.Table


def pairs_by_parcels(
    workspace: Workspace, connection: sa.Connection, vector: Vector, policy: Policy, owned: ir.Table
) -> Suggested:
    """Return what parcels suggest; `owned` says whose each record is."""
    rule = policy.rule(RECEIVER_PHONE)
    if rule.strength != "suggests" or RECEIVERS.name not in vector:
        return Suggested(NONE, NONE)
    lake, most = workspace.lake, policy.rule(PHONE).customers or CUSTOMERS
    barred = _barred(workspace, connection)
    with (
        lake.held(_told(workspace, vector, owned)) as told,
        lake.held(_counted(lake.table(RECEIVERS, vector), told)) as parcels,
    ):
        with lake.held(_lonely(parcels.anti_join(barred, ["high", "low"]), rule.customers or CUSTOMERS)) as numbers:
            found = ibis.union(_by_phone(numbers, _holders(workspace, vector, told, numbers)), _by_door(parcels))
            one, other = ibis.least(found.one, found.other), ibis.greatest(found.one, found.other)
            each = found.select(one=one, other=other, probability="probability").group_by("one", "other")
            received = lake.to_arrow(each.agg(probability=_.probability.max()).order_by("one", "other"))
        with lake.held(_phones(workspace, vector, told).anti_join(barred, ["high", "low"])) as phones:
            sharers = lake.to_arrow(_by_own_phone(_silent(parcels, told), phones, most))
    return Suggested(received.cast(NONE.schema), sharers.cast(NONE.schema))


def _barred(workspace: Workspace, connection: sa.Connection) -> ir.Table:
    """Return the values that are nobody's, as people have said, or the company's own."""
    said = read_said(workspace, connection)
    nobodys = np.flatnonzero((said.record < 0) & (said.question < 0))
    high, low = halves_of(said.value_hash)
    return ibis.memtable(pa.table({"high": high[nobodys], "low": low[nobodys]}))


def _told(workspace: Workspace, vector: Vector, owned: Value) -> ir.Table:
    """Return record, customer and what his records say (`_WORDS`), NULL where none or several do."""
    said = evidence_in(workspace.lake, vector).select("record", *_WORDS)
    beside: Value = owned.inner_join(said, "record")
    whole = beside.group_by("customer").agg(
        **{word: ibis.ifelse(beside[word].nunique() == 1, beside[word].min(), None) for word in _WORDS},
        names=beside.family.nunique(),
    )
    return owned.left_join(whole, "customer").select("record", "customer", *_WORDS, names=_.names.fill_null(0))


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
    counted = mine.filter(himself.fill_null(False) | mine.of_family.isnull())
    return counted.select("record", "customer", "high", "low", "address", "of_family", "of_name")


def _phones(workspace: Workspace, vector: Vector, told: ir.Table) -> ir.Table:
    """Return which phones records have as their own, and what their customers say."""
    given: Value = workspace.lake.table(GIVEN_IDENTIFIERS, vector)
    own = given.filter(given["type"] == PHONE).select("record", "high", "low")
    return own.inner_join(told, "record").select("record", "high", "low", "customer", *_WORDS)


def _silent(parcels: Value, told: Value) -> ir.Table:
    """Return buyer (a record), customer, born, gender and of_name of those who tell no name and whose parcels tell one.

    Of a customer's records the first one stands for him.
    """
    named = parcels.filter(parcels.of_name.notnull()).group_by("customer")
    only = named.agg(buyer=_.record.min(), of_name=_.of_name.min(), receivers=_.of_name.nunique())
    silent = told.filter(told.names == 0, told.name.isnull()).select("customer", "born", "gender").distinct()
    return only.filter(_.receivers == 1).inner_join(silent, "customer").drop("receivers")


def _by_own_phone(silent: Value, phones: Value, most: int) -> ir.Table:
    """Return buyers and those who share a phone with them, bear the receiver's name and contradict in nothing else."""
    few = phones.group_by("high", "low").agg(holders=phones.customer.nunique()).filter(_.holders <= most)
    shared = phones.semi_join(few, ["high", "low"])
    mine = shared.select("high", "low", "customer").distinct().inner_join(silent, "customer")
    theirs = shared.rename(other="record", whose="customer", **{f"their_{word}": word for word in _WORDS})
    met: Value = mine.inner_join(theirs, ["high", "low"])
    agree = [(met[word] == met[f"their_{word}"]).fill_null(True) for word in ("born", "gender")]
    fits = met.filter(met.customer != met.whose, met.of_name == met.their_name, *agree)
    pairs: Value = fits.group_by("buyer", "whose").agg(other=fits.other.min())
    one, other = ibis.least(pairs.buyer, pairs.other), ibis.greatest(pairs.buyer, pairs.other)
    return pairs.select(one=one, other=other, probability=ibis.literal(NAMED)).order_by("one", "other")


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
