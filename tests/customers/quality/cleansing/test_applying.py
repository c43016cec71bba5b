"""Rules mend, clear and hold back exactly the values they name, and every change is told."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import reader

from quanyu.app.rooms import ROOMS
from quanyu.customers.quality.cleansing.applying import apply
from quanyu.customers.quality.cleansing.publishing import Published
from quanyu.customers.quality.cleansing.rules import Rule, When, read_rules
from quanyu.customers.quality.tables import CLEANSED
from quanyu.foundation.text import Text

KINDS = {kind.name: kind for room in ROOMS for kind in room.kinds}
NOW = datetime(2026, 3, 1, tzinfo=UTC)
RULES = """rules:
  - {name: cities, kind: customer_record, input: city, reason: {en: a, zh: 一},
     do: {normalise: {words: {杭州: 杭州市}}}}
  - {name: blanks, kind: customer_record, input: city, reason: {en: b, zh: 二},
     do: {normalise: {pattern: "\\\\s+", replacement: ""}}}
  - {name: early, kind: customer_record, input: birth_date, source: crm, reason: {en: c, zh: 三},
     when: {beyond: {least: 1900-01-02}}, do: clear}
  - {name: late, kind: customer_record, input: birth_date, reason: {en: d, zh: 四}, when: {in_future: true}, do: clear}
  - {name: tests, kind: customer_record, input: name, reason: {en: e, zh: 五}, when: {matches: 测试}, do: quarantine}
"""
ROWS = [
    {"line": 1, "key": "1", "name": "王芳", "city": "杭州", "birth_date": date(1900, 1, 1)},
    {"line": 2, "key": "2", "name": "李雷", "city": "上 海市", "birth_date": date(2030, 1, 1)},
    {"line": 3, "key": "3", "name": "测试", "city": "杭州", "birth_date": None},
    {"line": 4, "key": "4", "name": None, "city": None, "birth_date": date(1990, 1, 1)},
    {"line": 5, "key": "5", "name": "韩梅", "city": "杭州市", "birth_date": date(1990, 1, 1)},
]
_SCHEMA = pa.schema(
    [
        ("line", pa.int64()),
        ("key", pa.string()),
        ("name", pa.string()),
        ("city", pa.string()),
        ("birth_date", pa.date32()),
    ]
)


def asked(table: Any) -> list[dict[str, Any]]:
    return reader().to_pyarrow(table).to_pylist()


def cleansed(rows: list[dict[str, Any]], source: str = "crm") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    table = ibis.memtable(pa.Table.from_pylist(rows, schema=_SCHEMA))
    kind = KINDS["customer_record"]
    found = apply(read_rules(RULES, list(KINDS.values())), table, kind, source, NOW)
    assert found is not None
    return asked(found.rows.order_by("line")), asked(found.changes.order_by("line", "input"))


def test_each_rule_does_what_it_says():
    rows, changes = cleansed(ROWS)
    assert [(r["line"], r["city"], r["birth_date"]) for r in rows] == [
        (1, "杭州市", None),
        (2, "上海市", None),
        (4, None, date(1990, 1, 1)),
        (5, "杭州市", date(1990, 1, 1)),
    ]
    told = [(c["line"], c["input"], c["rule"], c["action"], c["raw"], c["value"]) for c in changes]
    assert told == [
        (1, "birth_date", "early", "clear", "1900-01-01", None),
        (1, "city", "cities", "normalise", "杭州", "杭州市"),
        (2, "birth_date", "late", "clear", "2030-01-01", None),
        (2, "city", "blanks", "normalise", "上 海市", "上海市"),
        (3, "city", "cities", "normalise", "杭州", "杭州市"),
        (3, "name", "tests", "quarantine", "测试", "测试"),
    ]


def test_a_rule_of_another_source_or_kind_is_nobody_s_matter():
    rows, _ = cleansed(ROWS[:1], source="pos")
    assert rows[0]["birth_date"] == date(1900, 1, 1)
    lines = ibis.memtable(pa.table({"line": [1], "product": ["a"]}))
    assert apply(read_rules(RULES, list(KINDS.values())), lines, KINDS["order_line"], "crm", NOW) is None


def test_amounts_are_compared_as_numbers():
    words = Text("a", "一")
    rules = [
        Rule("dear", "order_line", "unit_price", words, When(most=Decimal("99.5")), "quarantine"),
        Rule("none", "order_line", "quantity", words, When(one_of=(Decimal(0),)), "clear"),
    ]
    rows = ibis.memtable(
        pa.table(
            {
                "line": [1, 2, 3],
                "unit_price": pa.array([Decimal("99.500000"), Decimal("99.500001"), None], pa.decimal128(18, 6)),
                "quantity": pa.array([Decimal(0), Decimal(1), Decimal(2)], pa.decimal128(18, 6)),
            }
        )
    )
    found = apply(rules, rows, KINDS["order_line"], "pos", NOW)
    assert found is not None
    assert [(row["line"], row["quantity"]) for row in asked(found.rows.order_by("line"))] == [
        (1, None),
        (3, Decimal(2)),
    ]


def test_what_stands_beside_a_cleared_value_goes_with_it_and_nothing_needed_is_left_empty():
    words = Text("a", "一")
    rules = [
        Rule("late", "order", "shipped_at", words, When(in_future=True), "clear"),
        Rule("blank", "order", "order_number", words, When(), "normalise", pattern="[x-]"),
    ]
    instants = pa.array([datetime(2030, 1, 1, tzinfo=UTC), None], pa.timestamp("us", tz="UTC"))
    local = instants.cast(pa.timestamp("us"))
    told = {"line": [1, 2], "order_number": ["xx", "-a"], "shipped_at": instants, "shipped_at_local": local}
    found = apply(rules, ibis.memtable(pa.table(told)), KINDS["order"], "shop", NOW)
    assert found is not None
    rows = [tuple(row.values()) for row in asked(found.rows.order_by("line"))]
    assert rows == [(1, "xx", None, None), (2, "a", None, None)]
    changes = asked(found.changes.order_by("line"))
    assert [(row["line"], row["rule"], row["held"]) for row in changes] == [(1, "late", False), (2, "blank", False)]


def test_what_is_sealed_elsewhere_is_kept_as_a_hash():
    table = ibis.memtable(pa.Table.from_pylist(ROWS, schema=_SCHEMA))
    kind = KINDS["customer_record"]
    found = apply(read_rules(RULES, list(KINDS.values())), table, kind, "crm", NOW)
    assert found is not None
    published = Published(3, NOW, read_rules(RULES, list(KINDS.values())), NOW, "secret")
    kept = asked(published.written(found.changes, kind, "crm", 7).order_by("line", "input"))
    assert list(kept[0]) == CLEANSED.schema.names
    assert {(row["input"], row["raw"]) for row in kept} == {
        ("birth_date", None),
        ("name", None),
        ("city", "杭州"),
        ("city", "上 海市"),
    }
    assert all(row["raw_hash"] and row["key_hash"] and (row["import_number"], row["rules"]) == (7, 3) for row in kept)
    assert "测试" not in str(kept)


@settings(max_examples=6)
@given(st.lists(st.sampled_from(["杭州", "杭州市", " 杭州", "上海市", "测试", None]), max_size=12))
def test_no_row_is_lost_and_no_value_changes_untold(cities: list[str | None]):
    given_rows = [
        {"line": n, "key": f"{n}", "name": city, "city": city, "birth_date": None} for n, city in enumerate(cities)
    ]
    rows, changes = cleansed(given_rows)
    held = {change["line"] for change in changes if change["action"] == "quarantine"}
    assert {row["line"] for row in rows} | held == set(range(len(cities)))
    assert len(rows) + len(held) == len(cities)
    told = {(change["line"], change["input"]): change["value"] for change in changes}
    for row in rows:
        assert row["city"] == told.get((row["line"], "city"), cities[row["line"]])
