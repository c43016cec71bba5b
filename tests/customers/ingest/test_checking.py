"""Texts become typed inputs, or a reason; clean texts, exact numbers, local times."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.checking import Checking
from quanyu.customers.ingest.kindmapping import Identifier, KindMapping
from quanyu.customers.ingest.mapping import SourceMapping
from quanyu.customers.ingest.spec import FILE, Opened
from quanyu.foundation.kinds import Accepted, Code, Input, Kind
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text
from quanyu.plugins.sources.parquet import SOURCE

KINDS = {kind.name: kind for room in ROOMS for kind in room.kinds}
COLUMNS = {"order_number": "no", "product": "no", "quantity": "qty", "unit_price": "qty", "placed_at": "at"}
BOX = Kind(
    name="box",
    title=Text("Box", "箱"),
    inputs=(
        Input("id", "key", Text("Id", "编号")),
        Input("name", "text", Text("Name", "名称")),
        Input("n", "integer", Text("Number", "数"), most=100, least=0),
        Input("on", "date", Text("On", "日")),
        Input("full", "flag", Text("Full", "满")),
        Input(
            "colour",
            "code",
            Text("Colour", "颜色"),
            codes=(Code("red", Text("Red", "红"), ("crimson",)), Code("blue", Text("Blue", "蓝"))),
        ),
    ),
    key=("id",),
    tables=(),
    land=lambda delivery: Accepted(0, 0),
    content=("n", "on", "full", "colour"),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDB]:
    folder = tmp_path_factory.mktemp("engine")
    opened = DuckDB(Settings(folder, memory=1 << 30, threads=2), folder / "spill")
    yield opened
    opened.close()


def mapped(*kinds: KindMapping, missing: Sequence[str] = (), zone: str = "Europe/London") -> SourceMapping:
    return SourceMapping("till", (Path("till.csv"),), SOURCE, {}, zone, "GBP", tuple(missing), kinds, "")


def lines(**formats: str) -> KindMapping:
    return KindMapping(KINDS["order_line"], COLUMNS, {name: (form,) for name, form in formats.items()})


def check(engine: DuckDB, mapping: SourceMapping, **columns: list[str | None]) -> tuple[list[Any], list[list[Any]]]:
    """Return the reasons of all lines, and the good rows of each kind."""
    size = len(next(iter(columns.values())))
    rows = ibis.memtable(pa.table({**{n: pa.array(c, pa.string()) for n, c in columns.items()}, FILE: ["f"] * size}))
    checking = Checking(Opened(rows, tuple(columns)), mapping)
    backend = engine.backend()
    staged = ibis.memtable(backend.to_pyarrow(checking.lines())).mutate(line=ibis.row_number() + 1)
    reasons = backend.to_pyarrow(staged.reason).to_pylist()
    return reasons, [backend.to_pyarrow(checking.of_kind(staged, kind)).to_pylist() for kind in mapping.kinds]


def test_the_first_fault_of_a_line_is_its_reason(engine: DuckDB):
    reasons, ((good,),) = check(
        engine,
        mapped(lines()),
        no=["1", "", "3", "4", "5"],
        qty=["1", "2", "x", None, "1e2"],
        at=["2011-01-01"] * 3 + ["2011-01-01 10:00", "31.12.2011"],
    )
    assert reasons == [
        None,
        "order_number\tno\tmissing",
        "quantity\tqty\tnot a number",
        "quantity\tqty\tmissing",
        "placed_at\tat\tnot a time",
    ]
    assert (good["order_number"], good["quantity"], good["unit_price_text"]) == ("1", Decimal(1), "1")


def test_the_text_of_a_refused_line_is_kept_whole(engine: DuckDB):
    rows = ibis.memtable(pa.table({"no": ["1", '"'], "qty": ["1", "x"], "at": ["2011-01-01"] * 2, FILE: ["f", "f"]}))
    opened = Opened(rows, ("no", "qty", "at"))
    texts = engine.backend().to_pyarrow(Checking(opened, mapped(lines())).lines().text).to_pylist()
    assert texts == [None, '{"no":"\\"","qty":"x","at":"2011-01-01"}']


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a", "a"),
        ("  a b ", "a b"),
        ("\ta\n", "a"),
        ("a\x1fb", "a b"),
        ("\x00a\x7f", "a"),
        ("", None),
        (" \t ", None),
        ("-", None),
        ("n/a", None),
        ("N/A", "N/A"),
        (None, None),
        ("名称　", "名称　"),
    ],
)
def test_texts_are_cleaned(engine: DuckDB, text: str | None, clean: str | None):
    product = KindMapping(KINDS["product"], {"product": "code", "name": "name"}, {})
    _, ((row,),) = check(engine, mapped(product, missing=("-", "n/a")), code=["1"], name=[text])
    assert row["name"] == clean


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x1e"), max_size=10), min_size=1, max_size=20))
def test_no_control_character_passes(engine: DuckDB, texts: list[str]):
    """U+001E alone may stay: whole lines are looked at, joined by it."""
    product = KindMapping(KINDS["product"], {"product": "code", "name": "name"}, {})
    _, (rows,) = check(engine, mapped(product), code=["1"] * len(texts), name=list(texts))
    names = [row["name"] or "" for row in rows]
    assert not [name for name in names if any(ord(c) < 32 or ord(c) == 127 for c in name)]
    blank = [text.translate({**dict.fromkeys(range(32), " "), 127: " "}).strip(" ") for text in texts]
    assert names == blank


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.decimals(-10_000_000, 10_000_000, places=6), min_size=1, max_size=20))
def test_decimals_are_exact(engine: DuckDB, numbers: list[Decimal]):
    texts: list[str | None] = [f"{number:f}" for number in numbers]
    size = len(texts)
    _, (rows,) = check(engine, mapped(lines()), no=["1"] * size, qty=texts, at=["2011-01-01"] * size)
    assert [row["quantity"] for row in rows] == numbers


@pytest.mark.parametrize(("text", "refused"), [("10000000", False), ("10000000.000001", True), ("-10000001", True)])
def test_a_number_that_cannot_be_right_is_refused(engine: DuckDB, text: str, refused: bool):
    reasons, _ = check(engine, mapped(lines()), no=["1"], qty=[text], at=["2011-01-01"])
    assert reasons == (["quantity\tqty\tbeyond 10000000"] if refused else [None])


@pytest.mark.parametrize("text", ["1,5", "$3", "NaN", "inf", "1 000", "0x10", "1000000000000", "--1", "١"])
def test_what_is_no_plain_number_is_refused(engine: DuckDB, text: str):
    reasons, _ = check(engine, mapped(lines()), no=["1"], qty=[text], at=["2011-01-01"])
    assert reasons == ["quantity\tqty\tnot a number"]


def test_a_format_of_its_own_is_used(engine: DuckDB):
    mapping = mapped(lines(placed_at="%d/%m/%Y %H:%M"))
    reasons, (rows,) = check(engine, mapping, no=["1", "2"], qty=["1", "1"], at=["09/12/2011 12:50", "2011-12-09"])
    assert rows[0]["placed_at_local"] == datetime(2011, 12, 9, 12, 50)
    assert reasons == [None, "placed_at\tat\tnot a time"]


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("Europe/London", "2011-03-27 00:59", "2011-03-27 00:59"),
        ("Europe/London", "2011-03-27 01:30", "2011-03-27 01:30"),  # skipped that night: moved forward by the change
        ("Europe/London", "2011-03-27 02:00", "2011-03-27 01:00"),
        ("Europe/London", "2011-10-30 00:30", "2011-10-29 23:30"),
        ("Europe/London", "2011-10-30 02:00", "2011-10-30 02:00"),
        ("Asia/Shanghai", "2026-01-01 00:00", "2025-12-31 16:00"),
        ("America/New_York", "2026-03-08 03:00", "2026-03-08 07:00"),
    ],
)
def test_local_times_become_instants(engine: DuckDB, zone: str, local: str, instant: str):
    _, ((row,),) = check(engine, mapped(lines(), zone=zone), no=["1"], qty=["1"], at=[local])
    assert f"{row['placed_at']:%Y-%m-%d %H:%M}" == instant
    assert f"{row['placed_at_local']:%Y-%m-%d %H:%M}" == local


def test_a_line_says_nothing_of_a_kind_whose_key_is_empty(engine: DuckDB):
    record = KindMapping(KINDS["customer_record"], {"key": "card"}, {}, (Identifier("phone", "cn", "phone"),))
    _, (of_lines, of_records) = check(
        engine,
        mapped(lines(), record),
        no=["1", "2"],
        qty=["1", "1"],
        at=["2011-01-01"] * 2,
        card=["17", " "],
        phone=["+86", "+44"],
    )
    assert len(of_lines) == 2
    assert [(row["key"], row["identifier_0"], row["country"]) for row in of_records] == [("17", "+86", None)]


def test_a_fault_of_a_later_kind_refuses_the_whole_line(engine: DuckDB):
    record = KindMapping(KINDS["customer_record"], {"key": "card", "observed_at": "seen"}, {})
    reasons, (of_lines, of_records) = check(
        engine, mapped(lines(), record), no=["1"], qty=["1"], at=["2011-01-01"], card=["17"], seen=["once"]
    )
    assert reasons == ["observed_at\tseen\tnot a time"]
    assert (of_lines, of_records) == ([], [])


def box(engine: DuckDB, name: str, texts: list[str | None], form: str = "") -> tuple[list[Any], list[Any]]:
    """Return the reason, or what became of the text, of each box."""
    boxes = KindMapping(BOX, {"id": "id", name: name}, {name: (form,)} if form else {})
    reasons, (rows,) = check(engine, mapped(boxes), id=["1"] * len(texts), **{name: texts})
    return [reason and reason.split("\t")[2] for reason in reasons], [row[name] for row in rows]


def test_whole_numbers(engine: DuckDB):
    texts: list[str | None] = ["7", "7.0", "1e2", "7.5", "x", "101", "-1", None]
    wrong: list[str | None] = [None, None, None, "not a whole number", "not a whole number", "beyond 100", "below 0"]
    assert box(engine, "n", texts) == ([*wrong, None], [7, 7, 100, None])


def test_days(engine: DuckDB):
    given: list[str | None] = ["2026-02-28", "2026-02-28 23:59", "2026-02-30", None]
    assert box(engine, "on", given) == ([None, None, "not a date", None], [date(2026, 2, 28)] * 2 + [None])
    assert box(engine, "on", ["28/02/2026"], "%d/%m/%Y") == ([None], [date(2026, 2, 28)])


def test_flags_in_two_languages(engine: DuckDB):
    wrong, flags = box(engine, "full", ["TRUE", "是", "y", "0", "否", "maybe", None])
    assert flags == [True, True, True, False, False, None]
    assert wrong[5:] == ["neither yes nor no", None]


def test_codes_by_value_title_and_synonym_in_two_languages(engine: DuckDB):
    wrong, colours = box(engine, "colour", ["red", "RED", "红", "Crimson", "蓝", "green", None])
    assert colours == ["red", "red", "red", "red", "blue", None]
    assert wrong[5:] == ["not one of red, blue", None]


def test_a_constant_stands_in_every_line_and_codes_of_the_file_are_translated(engine: DuckDB):
    boxes = KindMapping(
        BOX,
        {"id": "id", "colour": "colour", "name": "name"},
        constants={"n": "7", "full": "yes"},
        codes={"colour": {"hóng": "red", "*": "blue"}, "name": {"b": "Box"}},
    )
    _, (rows,) = check(engine, mapped(boxes), id=["1", "2", "3"], colour=["Hóng", "?", None], name=["B", "c", None])
    assert [(row["colour"], row["name"], row["n"], row["full"]) for row in rows] == [
        ("red", "Box", 7, True),
        ("blue", "c", 7, True),
        (None, None, 7, True),
    ]


def test_keys_lose_what_spreadsheets_wrap_around_them_and_are_refused_where_digits_are_lost(engine: DuckDB):
    mended: list[str | None] = ['="00123"', "'00123", "００１２３", "\t00123"]
    given = [*mended, "1.38E+10", "6.2e+17", "6E17", "E10", "1E5A", "="]
    reasons, (rows,) = check(engine, mapped(KindMapping(BOX, {"id": "id"})), id=given)
    assert [reason and reason.split("\t")[2] for reason in reasons[4:]] == ["digits lost"] * 2 + [None] * 4
    assert [row["id"] for row in rows] == [*["00123"] * 4, "6E17", "E10", "1E5A", "="]


def test_the_first_of_several_columns_that_is_not_empty_speaks(engine: DuckDB):
    boxes = KindMapping(BOX, {"id": "id", "n": "a"}, others={"n": ("b", "c")})
    given: dict[str, list[str | None]] = {"a": ["1", " ", None, "x"], "b": ["2", "", "2", "2"], "c": ["3"] * 4}
    reasons, (rows,) = check(engine, mapped(boxes), id=["1", "2", "3", "4"], **given)
    assert [row["n"] for row in rows] == [1, 3, 2]
    assert reasons[3] == "n\ta, b, c\tnot a whole number"


def test_a_key_of_several_columns_needs_them_all(engine: DuckDB):
    boxes = KindMapping(BOX, {"id": "a"}, others={"id": ("b",)}, joined=frozenset({"id"}))
    given: dict[str, list[str | None]] = {"a": ["1", '="01"', None, "1.3E+9"], "b": ["2", " x ", "2", "2"]}
    reasons, (rows,) = check(engine, mapped(boxes), **given)
    assert [row["id"] for row in rows] == ["1|2", "01|x"]
    assert reasons == [None, None, None, "id\ta, b\tdigits lost"]


def test_columns_add_up_to_a_number_or_the_one_that_is_none_is_told(engine: DuckDB):
    sums = {"signs": {"unit_price": "++-"}, "others": {"unit_price": ("b", "c")}}
    told = KindMapping(KINDS["order_line"], {**COLUMNS, "unit_price": "a"}, **sums)
    given: dict[str, list[str | None]] = {
        "a": ["1.10", "£2", None, "x", None, "0"],
        "b": ["2.205", None, None, "1", "3", "0"],
        "c": [None, "0.50", None, "2", "y", "1,000"],
    }
    reasons, (rows,) = check(engine, mapped(told), no=["1"] * 6, qty=["1"] * 6, at=["2024-01-05"] * 6, **given)
    assert [str(row["unit_price"]) for row in rows] == ["3.305000", "1.500000", "-1000.000000"]
    wrong = "unit_price\ta, b, c\t"
    assert reasons == [None, None, f"{wrong}missing", f"{wrong}not a number", f"{wrong}not a number", None]
    german = replace(told, formats={"unit_price": ("1.234,56",)}, constants={"quantity": "1"})
    _, (row,) = check(
        engine, mapped(german), no=["1"], at=["2024-01-05"], a=["1.000,5"], b=["2"], c=["0,25"], qty=["1"]
    )
    assert row[0]["unit_price"] == Decimal("1002.25")


def test_one_of_a_group_of_inputs_is_needed(engine: DuckDB):
    prices = {"unit_price": "price", "amount": "sum"}
    told = KindMapping(KINDS["order_line"], {**COLUMNS, **prices})
    given: dict[str, list[str | None]] = {"price": ["1", None, None, "x"], "sum": [None, "2", None, "2"]}
    reasons, _ = check(engine, mapped(told), no=["1"] * 4, qty=["1"] * 4, at=["2024-01-05"] * 4, **given)
    assert reasons == [None, None, "unit_price\tprice, sum\tmissing", "unit_price\tprice\tnot a number"]


def test_times_may_be_written_in_another_zone_than_that_of_the_days(engine: DuckDB):
    plain = mapped(lines(), zone="America/New_York")
    utc = replace(plain, written_in="UTC")
    at: list[str | None] = ["2017-01-02 03:00", "2017-01-02T03:00+08:00"]
    for mapping, found in ((plain, "02 03:00 02 08:00"), (utc, "01 22:00 02 03:00")):
        _, (rows,) = check(engine, mapping, no=["1", "2"], qty=["1", "1"], at=at)
        told = [f"{r['placed_at_local']:%d %H:%M} {r['placed_at'].astimezone(UTC):%d %H:%M}" for r in rows]
        assert told == [found, "01 14:00 01 19:00"]


def test_of_several_forms_the_first_that_fits_is_taken(engine: DuckDB):
    boxes = KindMapping(BOX, {"id": "id", "on": "on"}, {"on": ("%d/%m/%Y", "unix")})
    reasons, (rows,) = check(engine, mapped(boxes), id=["1", "2", "3"], on=["28/02/2026", "1772328600", "2026-03-01"])
    assert [row["on"] for row in rows] == [date(2026, 2, 28), date(2026, 3, 1)]
    assert reasons[2] == "on\ton\tnot a date"


def test_content_is_what_a_code_means_and_not_how_it_is_written(engine: DuckDB):
    boxes = KindMapping(BOX, {name: name for name in ("id", "colour", "full", "on", "n")}, {})
    given: dict[str, list[str | None]] = {
        "id": ["1", "2"],
        "colour": ["red", "红"],
        "full": ["1", "yes"],
        "n": ["7", "7.0"],
    }
    _, (rows,) = check(engine, mapped(boxes), on=["2026-03-01", "2026-03-01 00:00"], **given)
    assert len({row["content_hash"] for row in rows}) == 1


def test_no_word_of_a_code_stands_for_two():
    for kind in KINDS.values():
        for wanted in kind.inputs:
            words = [word.lower() for known in wanted.codes for word in {w.lower() for w in known.words}]
            assert len(words) == len(set(words)), (kind.name, wanted.name)
            assert bool(wanted.codes) == (wanted.type == "code")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_examples_of_the_data_standard_are_good_lines(engine: DuckDB, kind: Kind):
    columns = {wanted.name: wanted.name for wanted in kind.inputs}
    examples: dict[str, list[str | None]] = {wanted.name: [wanted.example] for wanted in kind.inputs}
    assert all(wanted.example for wanted in kind.inputs)
    reasons, (rows,) = check(engine, mapped(KindMapping(kind, columns, {})), **examples)
    assert reasons == [None]
    assert len(rows) == 1
