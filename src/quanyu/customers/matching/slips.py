"""Pairs of customers whose phones differ by one slip of the pen, and how likely they are one person: without labels.

Numbers of strangers are near each other by chance, the oftener the more customers there are. How often, those tell who
bear two different names: of pairs that bear one name nearly all are one person, and who tells no name is as likely
one as those are who tell theirs. Customers who are known to live in two cities are told apart from the others.
"""

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from quanyu.customers.identity.evidence import evidence_in
from quanyu.customers.identity.identifiers import PHONE
from quanyu.customers.identity.private import open_values
from quanyu.customers.identity.tables import OPENED_RECORDS, RECORDS
from quanyu.customers.matching.namesakes import ENOUGH, SHARED, cities_of
from quanyu.customers.matching.parcels import NONE
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.lake.store import Lake
from quanyu.foundation.workspace import Workspace

_MOST = 0.999
_NUMBER = r"^\+(\d{8,15})$"
_AT_ONCE = 1_000_000  # records whose identifiers are open at one time
_EVIDENCE = ("name", "family", "born", "gender")
_PHONES = pa.schema([("record", pa.int64()), ("number", pa.int64())])
WHOLE, SURNAME, SILENT = "whole", "surname", "silent"
TWO_NAMES, TWO_SURNAMES = "two names", "two surnames"
"""What the names of two say: one whole name; one surname, while one of them says no more; nothing, of one of them;
two whole names; two surnames, while one of them says no more."""


@ibis.udf.scalar.builtin(name="damerau_levenshtein")
def _slips(_one: str, _other: str) -> int:  # pyright: ignore[reportReturnType]
    """Count the signs that are another one, exchanged with the next, too many or missing."""
    ...


def pairs_by_slips(workspace: Workspace, vector: Vector, owned: ir.Table, records: int) -> pa.Table:
    """Return one and other (ordinals, the lower first) and probability, each pair once.

    `owned` says whose each record is, `records` how many ordinals there are. Phones are opened for this comparison
    only. At least one of the two numbers stands in one record alone, as what somebody has mistyped does.
    """
    lake = workspace.lake
    if RECORDS.name not in vector:
        return NONE
    phones = pa.concat_tables([_PHONES.empty_table(), *_opened(workspace, vector, records)])
    with (
        lake.held(_holders(ibis.memtable(phones), owned)) as holders,
        lake.held(_near(holders)) as near,
        lake.held(_persons(lake, vector, owned)) as persons,
        lake.held(_pairs(near, holders)) as pairs,
        lake.held(_met(lake, vector, owned, pairs, persons)) as met,
    ):
        told = _likely(met, _by_chance(lake, persons, "name"), _by_chance(lake, persons, "family"))
        return lake.to_arrow(told.order_by("one", "other")).cast(NONE.schema)


def _opened(workspace: Workspace, vector: Vector, records: int) -> list[pa.Table]:
    """Return record and number, which is that in international form."""
    found: list[pa.Table] = []
    for start in range(0, records, _AT_ONCE):
        opened: Value = ibis.memtable(open_values(workspace, vector, range(start, min(start + _AT_ONCE, records))))
        mine = opened.filter(opened["type"] == PHONE, opened.value.re_search(_NUMBER))
        number = mine.value.re_extract(_NUMBER, 1).cast("int64")
        found.append(workspace.lake.to_arrow(mine.select("record", number=number).distinct()).cast(_PHONES))
    return found


def _holders(phones: ir.Table, owned: ir.Table) -> ir.Table:
    """Return record, customer, number, and how many customers (`holders`) and records (`times`) have it, if few do."""
    mine: Value = phones.inner_join(owned.select("record", "customer"), "record")
    counted = mine.group_by("number").agg(holders=mine.customer.nunique(), times=mine.count())
    return mine.inner_join(counted.filter(counted.holders <= SHARED), "number").select(
        "record", "customer", "number", "holders", "times"
    )


def _near(holders: Value) -> ir.Table:
    """Return pairs of numbers that a slip lies between, `number` below `near`.

    What is left of a number without one of its digits is equal where one digit is another one, missing, or exchanged
    with the next. Numbers that share such a rest are few, however many there are.
    """
    each = holders.group_by("number").agg(times=holders["times"].max())
    text = each.number.cast("string")
    cut = each.mutate(text=text, at=ibis.range(0, text.length()).unnest())
    rest = cut.text.left(cut["at"]).concat(cut.text.substr(cut["at"] + 1))
    keyed = cut.select("number", "text", "times", rest=rest.cast("int64")).distinct()
    beside = keyed.rename(near="number", near_text="text", near_times="times")
    met: Value = keyed.inner_join(beside, "rest")
    once = met.filter(met.number < met.near, ibis.least(met["times"], met.near_times) == 1)
    pairs: Value = once.select("number", "near", "text", "near_text").distinct()
    told: Value = pairs.mutate(slips=_slips(pairs.text, pairs.near_text))
    return told.filter(told.slips <= 1).select("number", "near")


def _persons(lake: Lake, vector: Vector, owned: ir.Table) -> ir.Table:
    """Return customer, name, family, born, gender and city; NULL where none is known, or several are."""
    told = evidence_in(lake, vector).select("record", *_EVIDENCE)
    said = owned.select("record", "customer").inner_join(told, "record")
    each: Value = said.left_join(cities_of(lake, vector, owned), "record")
    words = (*_EVIDENCE, "city")
    return each.group_by("customer").agg(
        **{word: ibis.ifelse(each[word].nunique() == 1, each[word].min(), None) for word in words}
    )


def _met(lake: Lake, vector: Vector, owned: ir.Table, pairs: Value, persons: ir.Table) -> ir.Table:
    """Return one, other (records), names, elsewhere, alone, twice of those whose birthday and gender do not contradict.

    `elsewhere` says that they live in two cities, `alone` that nobody else has either number or one near it, `twice`
    that one source knows both.
    """
    sides = pairs.select(whose="first").union(pairs.select(whose="second"))
    many = sides.group_by("whose").agg(pairs=sides.count()).filter(_.pairs > 1)
    opened: Value = lake.table(OPENED_RECORDS, vector)
    sources = opened.filter(~opened.follows).inner_join(owned, "record").select("customer", "opened_by").distinct()
    both = pairs.inner_join(sources.rename(first="customer"), "first")
    both = both.inner_join(sources.rename(second="customer"), ["second", "opened_by"])
    told: Value = (
        pairs.left_join(persons.rename(**{f"{name}_1": name for name in persons.columns}), [("first", "customer_1")])
        .left_join(persons.rename(**{f"{name}_2": name for name in persons.columns}), [("second", "customer_2")])
        .left_join(many.select(_busy="whose"), [("first", "_busy")])
        .left_join(many.select(_busy_too="whose"), [("second", "_busy_too")])
        .left_join(
            both.select(_first="first", _second="second").distinct(), [("first", "_first"), ("second", "_second")]
        )
    )
    agree = [(told[f"{word}_1"] == told[f"{word}_2"]).fill_null(True) for word in ("born", "gender")]
    # Of strangers all are counted: who says nothing is as often one, and has nothing to contradict.
    kept: Value = told.filter((agree[0] & agree[1]) | _names(told).isin([TWO_NAMES, TWO_SURNAMES]))
    return kept.select(
        "one",
        "other",
        names=_names(kept),
        elsewhere=(kept.city_1 != kept.city_2).fill_null(False),
        alone=(kept.holders == 1) & kept["_busy"].isnull() & kept["_busy_too"].isnull(),
        twice=kept["_first"].notnull(),
    )


def _pairs(near: Value, holders: Value) -> ir.Table:
    """Return each pair of customers of near numbers once: first, second, their records, and how many have a number."""
    columns = [name for name in holders.columns if name != "number"]
    mine = holders.rename(**{f"{name}_1": name for name in columns})
    theirs = holders.rename(near="number", **{f"{name}_2": name for name in columns})
    met: Value = near.inner_join(mine, "number").inner_join(theirs, "near")
    each: Value = met.select(
        first=ibis.least(met.customer_1, met.customer_2),
        second=ibis.greatest(met.customer_1, met.customer_2),
        one=ibis.least(met.record_1, met.record_2),
        other=ibis.greatest(met.record_1, met.record_2),
        holders=ibis.greatest(met.holders_1, met.holders_2),
    )
    apart: Value = each.filter(each.first != each.second)
    place = ibis.row_number().over(group_by=["first", "second"], order_by=["one", "other"])
    most = apart.holders.max().over(group_by=["first", "second"])
    return apart.mutate(place=place, holders=most).filter(_.place == 0).drop("place")


def _names(pairs: Value) -> Value:
    wholes = pairs.name_1.notnull() & pairs.name_2.notnull()
    families = pairs.family_1.notnull() & pairs.family_2.notnull()
    return ibis.cases(
        (wholes & (pairs.name_1 == pairs.name_2), WHOLE),
        (wholes, TWO_NAMES),
        (families & (pairs.family_1 == pairs.family_2), SURNAME),
        (families, TWO_SURNAMES),
        else_=SILENT,
    )


def _by_chance(lake: Lake, persons: Value, word: str) -> float:
    """Return how often two strangers bear one name."""
    counted = persons.filter(persons[word].notnull()).group_by(word).agg(n=_.count())
    times = lake.to_arrow(counted)["n"].to_numpy().astype(float)
    total = float(times.sum())
    return float((times * (times - 1)).sum() / max(total * (total - 1), 1.0))


def _likely(met: Value, whole: float, surname: float) -> ir.Table:
    """Return one, other and probability of the pairs of which enough like them are known."""
    lone = met.alone & ~met.twice
    counts: dict[str, Value] = {
        "wholes": (met.names == WHOLE).sum(),
        "strangers": (met.names == TWO_NAMES).sum(),
        "surnames": (met.names == SURNAME).sum(),
        "families": (met.names == TWO_SURNAMES).sum(),
        "agreeing": (met.names.isin([WHOLE, SURNAME]) & lone).sum(),
        "differing": (met.names.isin([TWO_NAMES, TWO_SURNAMES]) & lone).sum(),
    }
    told: Value = met.group_by("elsewhere").agg(**counts)
    known: Value = met.inner_join(told.filter(told.wholes >= ENOUGH), "elsewhere")
    # One stranger more than was seen, so that nothing is certain.
    silent = known.agreeing / (known.agreeing + known.differing + 1)
    share = ibis.cases(
        (known.names == WHOLE, 1 - (known.strangers + 1) * (whole / (1 - whole)) / known.wholes),
        (known.names == SURNAME, 1 - (known.families + 1) * (surname / (1 - surname)) / known.surnames),
        ((known.names == SILENT) & known.alone & ~known.twice, silent),
        else_=0.0,
    )
    found: Value = known.mutate(probability=ibis.least(share, _MOST).cast("float64"))
    return found.filter(found.probability > 0).select("one", "other", "probability")
