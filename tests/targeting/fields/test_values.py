"""Written values become stored ones exactly, or are refused."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.foundation.definitions import shown
from quanyu.targeting.fields.values import Wrong, read_value


@given(st.integers(-(10**15), 10**15), st.sampled_from([("GBP", 2), ("JPY", 0), ("KWD", 3)]))
def test_amounts_survive_their_writing(minor: int, currency: tuple[str, int]) -> None:
    code, digits = currency
    written = Decimal(minor).scaleb(-digits)
    assert read_value(written, "money", code) == minor
    assert read_value(str(written), "money", code) == minor


@pytest.mark.parametrize(
    ("written", "type_", "stored"),
    [
        (Decimal("3.0"), "integer", 3),
        (0.3, "share", 0.3),
        ("2012-02-29", "date", date(2012, 2, 29)),
        (False, "boolean", False),
        ("x", "text", "x"),
    ],
)
def test_values_are_read_by_type(written: object, type_: str, stored: object) -> None:
    assert read_value(written, type_, "GBP") == stored  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "type_"),
    [
        (1, "boolean"),
        (True, "integer"),
        ("3", "integer"),
        ("2011-02-29", "date"),
        ("20110228", "date"),
        ("", "text"),
        ("x" * 2000, "text"),
        (None, "number"),
        ("Infinity", "money"),
        (Decimal("NaN"), "share"),
    ],
)
def test_the_wrong_type_is_refused(written: object, type_: str) -> None:
    assert isinstance(read_value(written, type_, "GBP"), Wrong)  # type: ignore[arg-type]


def test_what_was_received_is_shown_short() -> None:
    assert [shown(x) for x in (None, True, [1, 2], {"a": 1}, "x" * 99, 5)] == [
        "null",
        "true",
        "a list of 2",
        "a mapping of 1",
        '"' + "x" * 60 + '"',
        "5",
    ]
