"""Whatever is shown is of nobody or of ten people at least, and its names say what is in it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quanyu.targeting.audiences.parts import READABLE, SMALL, VALUES, is_small, label, show
from quanyu.targeting.audiences.spreads import Part, Spread
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.definitions import built_in

TAGS = {tag.name: tag for tag in built_in(FIELDS, "GBP").tags}
DAY = date(2011, 6, 30)
CELL = st.sampled_from([0, 0, 1, 3, 9, 10, 11, 40, 700])


@st.composite
def spreads(draw) -> Spread:
    ordered = draw(st.booleans())
    many = draw(st.integers(1, 14))
    parts = [Part("band", above=i or None, up_to=i + 1) for i in range(many)]
    if not ordered:
        parts = [Part("value", value=f"v{i}") for i in range(many)]
        parts += [Part("other")] if draw(st.booleans()) else []
    parts += [Part("unknown", unknown=True)] if draw(st.booleans()) else []
    rows = [[draw(CELL) for _ in parts] for _ in range(3)]
    empty = draw(st.sampled_from([None, 0, 2]))
    if empty is not None:
        rows[empty] = [0] * len(parts)
    return Spread(TAGS["frequency" if ordered else "country"], tuple(parts), np.array(rows, np.int64))


@given(spreads())
def test_nobody_can_be_found_out(spread: Spread) -> None:
    groups = spread.counts.sum(axis=1)
    assume(groups[0] + groups[1] >= SMALL <= groups[1] + groups[2])
    shown = show(spread)
    assert shown.counts.sum(axis=1).tolist() == spread.counts.sum(axis=1).tolist(), "nobody is lost"
    if len(shown.parts) < 2:
        return
    one, other = shown.counts[0] + shown.counts[1], shown.counts[1] + shown.counts[2]
    figures = [one, other]
    figures += [other - one] if not spread.counts[0].any() else []
    figures += [one - other] if not spread.counts[2].any() else []
    assert all(cell == 0 or cell >= SMALL for cell in np.concatenate(figures).tolist())
    assert len([p for p in shown.parts if p.kind == "value"]) <= VALUES
    assert len([p for p in shown.parts if p.kind == "band"]) <= READABLE
    assert not is_small(shown.counts, shown.counts[:, 0])


def test_days_since_begin_with_the_latest() -> None:
    tag = TAGS["recency_days"]
    parts = (
        Part("band", up_to=date(2011, 4, 1)),
        Part("band", above=date(2011, 4, 1), up_to=date(2011, 6, 29)),
        Part("band", value=DAY, above=date(2011, 6, 29)),
    )
    shown = show(Spread(tag, parts, np.array([[0, 0, 0], [20, 30, 40], [50, 60, 70]])))
    assert [label(part, tag, DAY, "GBP").en for part in shown.parts] == ["0", "1 – 89", "90 and over"]
    assert shown.counts[1].tolist() == [40, 30, 20]


@pytest.mark.parametrize(
    ("tag", "part", "en", "zh"),
    [
        ("monetary", Part("band", above=9_999, up_to=250_000), "100 – 2,500", "100 – 2,500"),
        ("monetary", Part("band", above=12_345), "123.46 and over", "123.46 及以上"),
        ("frequency", Part("band", value=0, up_to=0), "0", "0"),
        ("frequency", Part("band", up_to=3, unknown=True), "up to 3, or unknown", "3 及以下，或未知"),
        ("return_share", Part("band", above=0.1, up_to=0.25), "over 10%, up to 25%", "大于 10%，至 25%"),
        ("return_share", Part("band", above=0.5), "over 50%", "大于 50%"),
        ("first_purchase", Part("band", above=date(2011, 1, 1)), "from 2011-01-02 on", "2011-01-02 起"),
        ("first_purchase", Part("band", up_to=date(2011, 1, 1)), "until 2011-01-01", "2011-01-01 及以前"),
        ("days_to_next_purchase", Part("band", above=date(2011, 7, 1), up_to=date(2011, 7, 9)), "2 – 9", "2 – 9"),
        ("lifecycle", Part("value", value="dormant"), "Dormant", "沉睡客"),
        ("country", Part("value", value="法国"), "法国", "法国"),
        ("country", Part("other"), "other", "其他"),
        ("country", Part("other", unknown=True), "other, or unknown", "其他，或未知"),
        ("country", Part("unknown", unknown=True), "unknown", "未知"),
        ("frequency", Part("band"), "known", "有值"),
    ],
)
def test_names_say_what_is_in_a_part(tag: str, part: Part, en: str, zh: str) -> None:
    found = label(part, TAGS[tag], DAY, "GBP")
    assert (found.en, found.zh) == (en, zh)


def test_a_truth_is_yes_or_no() -> None:
    tag = replace(TAGS["country"], type="boolean")
    assert [str(label(Part("value", value=value), tag, DAY, "GBP")) for value in (True, False)] == ["yes", "no"]
