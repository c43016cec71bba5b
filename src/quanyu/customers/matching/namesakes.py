"""Pairs of customers with one rare name in one city, and how likely they are one person: told without labels.

Strangers of one name live in one city no more often than chance has it; how many pairs of them there are is told by
those who live in different ones. What there is beyond that are records of one person. This is told apart for names
that few or more bear, and for pairs of which one has no phone that could have joined him.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.identity.evidence import evidence_in
from quanyu.customers.identity.identifiers import PHONE
from quanyu.customers.identity.tables import GIVEN_IDENTIFIERS, OPENED_RECORDS, RECEIVERS, RECORDS
from quanyu.customers.matching.parcels import NONE
from quanyu.foundation.lake.model import LakeTable, Value, Vector
from quanyu.foundation.lake.store import Lake

READ: Sequence[LakeTable] = (RECORDS, RECEIVERS, GIVEN_IDENTIFIERS, OPENED_RECORDS)
RARE = 3
"""Customers who may bear a name that is looked at."""
ENOUGH = 30
"""Pairs of one city that a group of pairs needs before anything is said of it."""
SHARED = 3
"""Customers who may have a phone that tells of anybody."""
_MOST = 0.99
_PLACES = ("store", "staff", "channel")
_AT_HOME, _SUPPORT = 0.6, 5
"""The part of a store's customers, and how many, who have to live in one city before it is taken to lie there."""


def pairs_by_name(lake: Lake, vector: Vector, owned: ir.Table) -> ir.Table:
    """Return one and other (ordinals, the lower first) and probability of pairs of customers, each once.

    `owned` says whose each record is. Who have a source in common, or contradict each other by birthday or gender, are
    no pair: one system seldom has a person twice.
    """
    if RECORDS.name not in vector:
        return ibis.memtable(NONE)
    with lake.held(_persons(lake, vector, owned)) as persons, lake.held(_pairs(lake, vector, owned, persons)) as pairs:
        sizes = lake.to_arrow(persons.group_by("city").agg(n=_.count()))["n"].to_numpy()
        chance = float((sizes.astype(float) ** 2).sum() / max(float(sizes.sum()) ** 2, 1.0))
        by_chance = chance / max(1.0 - chance, 1e-9)
        groups: Value = pairs.group_by("bearers", "lacking").agg(same=_.same.sum(), other=(~_.same).sum())
        share = 1.0 - groups["other"] * by_chance / groups["same"]
        known = groups.filter(groups["same"] >= ENOUGH).mutate(probability=ibis.least(share, _MOST))
        found = pairs.filter(_.same).inner_join(known, ["bearers", "lacking"])
        told = found.select("one", "other", probability=_.probability.cast("float64")).filter(_.probability > 0)
        return ibis.memtable(lake.to_arrow(told.order_by("one", "other")).cast(NONE.schema))


def _persons(lake: Lake, vector: Vector, owned: ir.Table) -> ir.Table:
    """Return customers who bear one whole name in one city: customer, record, name, city, born, gender, lacking.

    `bearers` counts all customers who bear the name, wherever they live.
    """
    told_now = evidence_in(lake, vector).select("record", "name", "born", "gender")
    said = owned.select("record", "customer").inner_join(told_now, "record")
    lived = cities_of(lake, vector, owned)
    each: Value = said.left_join(lived, "record")
    names = each.group_by("customer").agg(
        record=each.record.min(where=each.name.notnull()),
        names=each.name.nunique(),
        cities=each.city.nunique(),
        **{word: each[word].min() for word in ("name", "city")},
        **{word: ibis.ifelse(each[word].nunique() == 1, each[word].min(), None) for word in ("born", "gender")},
    )
    borne: Value = names.filter(names.names == 1)
    counted = borne.group_by("name").agg(bearers=_.count())
    known = borne.filter(borne.cities == 1).inner_join(counted, "name")
    told = known.left_join(_telling(lake, vector, owned), [("customer", "whose")])
    return told.select("customer", "record", "name", "city", "born", "gender", "bearers", lacking=told.whose.isnull())


def cities_of(lake: Lake, vector: Vector, owned: ir.Table) -> ir.Table:
    """Return record and city: that which it says, else where its store, guide or channel has its customers.

    Where that is, those of them say who say their city.
    """
    rows = lake.table(RECORDS, vector).select("record", "source", "city", *_PLACES)
    mine: Value = rows.inner_join(owned, "record")
    homes = mine.filter(_.city.notnull()).group_by("customer").agg(cities=_.city.nunique(), home=_.city.min())
    sole = homes.filter(_.cities == 1).select("customer", "home")
    beside: Value = rows
    for word in _PLACES:  # codes of a guide or a channel are those of a source
        visits = mine.filter(mine[word].notnull()).select("customer", "source", word).distinct()
        near = visits.inner_join(sole, "customer").group_by("source", word, "home").agg(n=_.count())
        whole = near.group_by("source", word).agg(all=_.n.sum(), most=_.n.max(), place=_["home"].argmax(_.n))
        sure = whole.filter(_.most >= _SUPPORT, _.most >= _AT_HOME * _["all"])
        known = sure.select(_source="source", _code=word, **{f"near_{word}": "place"})
        joined: Value = beside.left_join(known, [("source", "_source"), (word, "_code")])
        beside = joined.select(*beside.columns, f"near_{word}")
    city = beside.city.coalesce(*(beside[f"near_{word}"] for word in _PLACES))
    return beside.select("record", city=city).filter(_.city.notnull())


def _telling(lake: Lake, vector: Vector, owned: ir.Table) -> ir.Table:
    """Return the customers who have a phone that few others have, as `whose`."""
    given: Value = lake.table(GIVEN_IDENTIFIERS, vector)
    phones = given.filter(given["type"] == PHONE).select("record", "high", "low").inner_join(owned, "record")
    few = phones.group_by("high", "low").agg(holders=_.customer.nunique()).filter(_.holders <= SHARED)
    return phones.semi_join(few, ["high", "low"]).select(whose="customer").distinct()


def _pairs(lake: Lake, vector: Vector, owned: ir.Table, persons: Value) -> ir.Table:
    """Return pairs of a rare name: one, other, bearers, lacking, and whether they live in the same city."""
    rare = persons.filter(persons.bearers.between(2, RARE))
    beside = rare.rename({f"{name}_": name for name in rare.columns if name != "name"})
    met: Value = rare.inner_join(beside, "name")
    agree = [(met[word] == met[f"{word}_"]).fill_null(True) for word in ("born", "gender")]
    apart = met.filter(met.customer < met.customer_, *agree)
    opened: Value = lake.table(OPENED_RECORDS, vector)
    known = opened.filter(~opened.follows).inner_join(owned, "record").select("customer", source="opened_by").distinct()
    theirs = known.rename(customer_="customer", source_="source")
    both = apart.inner_join(known, "customer").inner_join(theirs, [("customer_", "customer_"), ("source", "source_")])
    twice = both.select("customer", "customer_").distinct()
    told: Value = apart.anti_join(twice, ["customer", "customer_"])
    return told.select(
        "bearers",
        one=ibis.least(told.record, told.record_),
        other=ibis.greatest(told.record, told.record_),
        lacking=told.lacking | told.lacking_,
        same=told.city == told.city_,
    )
