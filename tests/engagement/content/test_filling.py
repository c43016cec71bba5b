"""Templates filled in column by column say what Liquid says, person by person."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from liquid.exceptions import LiquidError

from quanyu.engagement.content.filling import filled
from quanyu.engagement.content.liquid import LOOPING, LOOPS, MISSING, OVERFLOWING, UNFIT, fault_of, fill

NAMES = ("tags.whole", "tags.money", "tags.word", "tags.day", "tags.is", "tags.share", "unsubscribe")
TYPES = (pa.int64(), pa.decimal128(22, 2), pa.string(), pa.date32(), pa.bool_(), pa.float64(), pa.string())
VALUES = (
    st.integers(-(10**12), 10**12),
    st.decimals(-(10**9), 10**9, places=2),
    st.text(max_size=8),
    st.dates(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
WORDS = st.text(st.characters(blacklist_characters="{}%", blacklist_categories=["Cs"]), max_size=12)
OUTPUTS = st.sampled_from(NAMES).map(lambda name: f"{{{{ {name} }}}}")
FILTERED = st.sampled_from(NAMES).map(lambda name: f"{{{{ {name} | default: 'x' | append: '!' }}}}")
BRANCHES = st.sampled_from(NAMES[:6]).map(lambda name: f"{{% if {name} %}}a{{% else %}}b{{% endif %}}")


@st.composite
def people(draw: st.DrawFn) -> list[tuple[object, ...]]:
    rows = st.tuples(*(st.none() | values for values in VALUES))
    return draw(st.lists(rows, min_size=1, max_size=6))


def plainly(source: str, row: tuple[object, ...], *, markup: bool) -> tuple[str | None, str | None]:
    """Render for one person, a row at a time."""
    tags = {n.partition(".")[2]: v for n, v in zip(NAMES, row, strict=True) if "." in n and v is not None}
    values: dict[str, object] = {"tags": tags}
    if row[-1] is not None:
        values["unsubscribe"] = row[-1]
    try:
        return fill(source, values, markup=markup), None
    except LiquidError as error:
        return None, fault_of(error)


def columns(rows: list[tuple[object, ...]]) -> dict[str, pa.Array]:
    told = zip(NAMES, TYPES, zip(*rows, strict=True), strict=True)
    return {name: pa.array(list(values), type_) for name, type_, values in told}


@given(st.lists(WORDS | OUTPUTS | FILTERED | BRANCHES, min_size=1, max_size=5).map("".join), people(), st.booleans())
@example("{{ tags.money }}", [(None, Decimal("0.00"), None, None, None, None, None)], False)
@example("{{ tags.share }} {{ tags.is }}", [(None, None, None, None, True, 1e-7, None)], False)
@example("a\r{{ unsubscribe }}\n", [(None, None, None, None, None, None, "b\r\nc\r")], False)
@example("<b>{{ tags.word }}</b>", [(None, None, "<'&\">", None, None, None, None)], True)
def test_columns_say_what_liquid_says(source: str, rows: list[tuple[object, ...]], markup: bool):
    texts, faults = filled(source, columns(rows), len(rows), markup=markup)
    assert list(zip(texts.to_pylist(), faults.to_pylist(), strict=True)) == [
        plainly(source, row, markup=markup) for row in rows
    ]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("{% for i in (1..1000000000) %}{% for j in (1..1000) %}{% endfor %}{% endfor %}", LOOPING),
        (f"{{% for i in (1..{LOOPS}) %}}x{{% endfor %}}", None),
        (f"{{% for i in (1..{LOOPS + 1}) %}}x{{% endfor %}}", LOOPING),
        ("{% for i in (1..900) %}{{ tags.long }}{% endfor %}", OVERFLOWING),
        ("{{ tags.nobody_has }}", MISSING),
        ("{{ tags.nobody_has | default: 'friend' }}", None),
        ("{{ 'now' | date: '%Y' }}", UNFIT),
        ("{{ 1 | divided_by: 0 }}", UNFIT),
    ],
)
def test_what_is_out_of_bounds_is_told(source: str, fault: str | None):
    given = {"tags.long": pa.array(["x" * 2_000]), "tags.nobody_has": pa.nulls(1, pa.string())}
    _, faults = filled(source, given, 1, markup=False)
    assert faults.to_pylist() == [fault]


def test_a_date_is_written_as_asked():
    source = "{{ tags.day | date: '%Y年%-m月%-d日' }}"
    texts, _ = filled(source, {"tags.day": pa.array([date(2026, 3, 9)])}, 1, markup=False)
    assert texts.to_pylist() == ["2026年3月9日"]


def test_rows_of_one_value_are_rendered_once(monkeypatch: pytest.MonkeyPatch):
    told = {"tags.city": pa.array(["北京", "上海", None] * 1_000)}
    texts, faults = filled("{{ tags.city | default: '您的城市' | append: '！' }}", told, 3_000, markup=False)
    assert texts.to_pylist() == ["北京！", "上海！", "您的城市！"] * 1_000
    assert faults.null_count == 3_000
