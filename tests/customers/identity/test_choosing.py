"""One value speaks for a customer, and which one does not depend on the order in which records came; and why it does.

The expression for everybody and the form for one customer choose alike under any policy.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import reader

from quanyu.customers.identity.choosing import WHY, Choice, Saying, choose
from quanyu.customers.identity.golden import RULES, GoldenPolicy, GoldenRule
from quanyu.customers.identity.surviving import survivors
from quanyu.customers.identity.tables import RECORDS

NAMES = ("city", "district", "gender", "birthday", "birth_year")
SOURCES = ("till", "site", "app")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ENGINE = reader()


def day(number: int) -> datetime:
    return EPOCH + timedelta(days=number)


def rules(*beside: str | None) -> st.SearchStrategy[GoldenRule]:
    by = st.lists(st.sampled_from(RULES), min_size=1, unique=True).map(tuple)
    return st.builds(
        GoldenRule,
        by,
        st.lists(st.sampled_from(SOURCES[:2]), min_size=1, unique=True).map(tuple),
        st.sampled_from(beside or (None,)),
    )


POLICIES = st.builds(
    lambda city, gender, district, otherwise: GoldenPolicy(
        {"city": city, "gender": gender, "district": district}, otherwise
    ),
    *(rules(), rules(), rules("city", "gender", None), rules()),
)
FEW = {"city": "AB", "district": "cd", "gender": "fm", "birthday": ("01-01", "02-02"), "birth_year": (1990, 1991)}


@st.composite
def records(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Records of two customers, with equal instants, imports and values often enough."""
    rows: list[dict[str, Any]] = []
    for record in range(draw(st.integers(1, 7))):
        row: dict[str, Any] = dict.fromkeys(RECORDS.schema.names)
        row |= {name: draw(st.sampled_from([None, *values])) for name, values in FEW.items()}
        observed = draw(st.integers(5, 7))
        older = draw(st.dictionaries(st.sampled_from([*FEW, "verified"]), st.integers(3, 4).map(day), max_size=3))
        row |= {
            "record": record,
            "source": draw(st.sampled_from(SOURCES)),
            "import_number": draw(st.integers(1, 2)),
            "observed_at": day(observed),
            "older_values": list(older.items()) or None,
            "verified": draw(st.sampled_from([None, True, False])),
            "customer": draw(st.integers(0, 1)),
        }
        rows.append(row)
    return rows


def sayings(rows: list[dict[str, Any]]) -> list[Saying]:
    """Write what rows of the lake say as plain as can be."""
    told: list[Saying] = []
    for row in rows:
        older = dict(row["older_values"] or [])
        at = {name: older.get(name, row["observed_at"]) for name in (*FEW, "verified")}
        checked = frozenset(name for name in FEW if row["verified"] and at[name] <= at["verified"])
        values = {name: row[name] for name in FEW}
        told.append(Saying(row["record"], row["source"], row["import_number"], values, at, checked))
    return told


def everybody(rows: list[dict[str, Any]], policy: GoldenPolicy) -> dict[int, dict[str, Any]]:
    schema = RECORDS.schema.append(pa.field("customer", pa.int64()))
    mapped = ibis.memtable(pa.Table.from_pylist(rows, schema=schema))
    found = ENGINE.to_pyarrow(survivors(mapped, policy, NAMES, traced=True)).to_pylist()
    assert len(found) == len({row["customer"] for row in found})
    return {row["customer"]: row for row in found}


def traced(choice: Choice | None) -> tuple[Any, ...]:
    return (None,) * 4 if choice is None else (choice.value, choice.saying.source, choice.at, choice.saying.record)


@pytest.mark.parametrize("examples", [12, pytest.param(60, marks=pytest.mark.scale)])
def test_the_expression_and_the_plain_form_choose_alike(examples):
    check_many = settings(max_examples=examples)(given(records(), POLICIES, st.randoms())(check_choice))
    check_many()


def check_choice(rows, policy, random):
    shuffled = rows.copy()
    random.shuffle(shuffled)
    told = everybody(shuffled, policy)
    assert told.keys() == {row["customer"] for row in rows}
    for customer, found in told.items():
        theirs = sayings([row for row in shuffled if row["customer"] == customer])
        for name in NAMES:
            choice = choose(theirs, policy, name)
            columns = (name, f"{name}_source", f"{name}_at", f"{name}_record")
            assert tuple(found[column] for column in columns) == traced(choice), name
            assert choice is None or choice.why in WHY


def said(record: int, city: str | None, at: int = 1, source: str = "till", **more: Any) -> Saying:
    values = {"city": city, **more}
    return Saying(record, source, more.pop("number", 1), values, dict.fromkeys(values, day(at)))


def by(*words: str, trusted: tuple[str, ...] = ()) -> GoldenPolicy:
    return GoldenPolicy({"district": GoldenRule(beside="city")}, GoldenRule(words, trusted))


FIRST = said(1, "A", 1, "site")
CHECKED = Saying(9, "till", 1, {"city": "C"}, {"city": day(0)}, frozenset({"city"}))


@pytest.mark.parametrize(
    ("policy", "told", "value", "why", "others"),
    [
        (by("most_recent"), [said(1, "A")], "A", "only", 0),
        (by("most_recent"), [said(1, "A"), said(2, "A", 3)], "A", "agreed", 0),
        (by("most_recent"), [said(1, "A", 2), said(2, "B", 1)], "A", "most_recent", 1),
        (by("most_recent"), [said(1, "A", number=2), said(2, "B")], "A", "later_import", 1),
        (by("most_recent"), [said(1, "A"), said(2, "B")], "B", "higher_record", 1),
        (by("most_frequent"), [said(1, "A"), said(2, "A"), said(3, "B", 9)], "A", "most_frequent", 1),
        (by("most_frequent"), [said(1, "A"), said(2, "B", 9)], "B", "most_recent", 1),
        (by("most_trusted", trusted=("site",)), [FIRST, said(2, "B", 9)], "A", "most_trusted", 1),
        (by("most_trusted", trusted=("app", "site")), [FIRST, said(2, "B", 9)], "A", "most_trusted", 1),
        (by("most_trusted", trusted=("app",)), [FIRST, said(2, "B", 9)], "B", "most_recent", 1),
        (by("verified", "most_recent"), [CHECKED, said(1, "A", 5), said(2, "B", 4)], "C", "verified", 2),
        (by("most_frequent", "verified"), [CHECKED, said(1, "A"), said(2, "B", 4)], "C", "verified", 2),
    ],
)  # fmt: skip
def test_the_first_rule_that_tells_them_apart_is_why(policy, told, value, why, others):
    choice = choose(told, policy, "city")
    assert choice is not None
    assert (choice.value, choice.why, choice.others) == (value, why, others)


def test_a_district_is_that_of_the_city():
    both = [said(1, "杭州市", 1, district="西湖区"), said(2, "宁波市", 2, district=None)]
    assert choose(both, by("most_recent"), "district") is None, "of another city"
    silent = [*both, said(3, None, 1, district="江北区")]
    assert traced(choose(silent, by("most_recent"), "district"))[0] == "江北区"
    named = [*silent, said(4, "宁波市", 3, district="海曙区")]
    choice = choose(named, by("most_recent"), "district")
    assert choice is not None
    assert (choice.value, choice.why, choice.beside, choice.others) == ("海曙区", "beside", "city", 2)
