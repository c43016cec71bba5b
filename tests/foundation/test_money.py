"""Amounts round half up once, whatever their size, and currencies do not mix."""

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.foundation.errors import Invalid
from quanyu.foundation.money import Money, exponent, to_minor

CURRENCIES = st.sampled_from(["CNY", "JPY", "KWD", "CLF", "GBP"])
AMOUNTS = st.decimals(min_value=-(10**13), max_value=10**13, allow_nan=False) | st.builds(
    lambda n, places: Decimal(n).scaleb(-places), st.integers(-(10**13), 10**13), st.integers(0, 12)
)


@given(AMOUNTS, CURRENCIES)
def test_rounding_is_exact_half_up_away_from_zero(amount, currency):
    exact = abs(Fraction(amount)) * 10 ** exponent(currency)
    rounded = floor(exact + Fraction(1, 2))
    assert to_minor(amount, currency) == (rounded if amount >= 0 else -rounded)


@given(AMOUNTS, CURRENCIES)
def test_a_return_mirrors_its_sale(amount, currency):
    assert to_minor(-amount, currency) == -to_minor(amount, currency)


@given(st.integers(-(2**63) + 1, 2**63 - 1), CURRENCIES)
def test_minor_units_come_back(minor, currency):
    assert to_minor(Decimal(minor).scaleb(-exponent(currency)), currency) == minor
    written, code = str(Money(minor, currency)).split()
    assert (to_minor(Decimal(written.replace(",", "")), currency), code) == (minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("2.345", "GBP", 235), ("-2.345", "GBP", -235), ("2.5", "JPY", 3), ("0.0005", "KWD", 1), ("0E+400", "CNY", 0)],
)
def test_halves_go_away_from_zero(amount, currency, minor):
    assert to_minor(Decimal(amount), currency) == minor


def test_an_amount_of_many_digits_is_rounded_once():
    assert to_minor(Decimal("0.00" + "4" + "9" * 60), "CNY") == 0


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1E+999999", "92233720368547758.08", "sNaN"])
def test_what_no_column_holds_is_refused(amount):
    with pytest.raises(Invalid, match="amount"):
        to_minor(Decimal(amount), "CNY")


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_sums_are_exact(one, other):
    assert Money(one, "CNY") + Money(other, "CNY") == Money(one + other, "CNY")


def test_currencies_do_not_mix():
    with pytest.raises(Invalid, match="rate") as refused:
        Money(1, "CNY") + Money(1, "GBP")
    assert refused.value.received == "CNY + GBP"


@pytest.mark.parametrize("code", ["", "cny", "CNYX", "CN", "A1B", "ＣＮＹ", "元", "CNY\n"])
def test_only_a_currency_code_is_a_currency(code):
    with pytest.raises(Invalid, match="4217"):
        exponent(code)


def test_amounts_are_written_for_people():
    assert str(Money(-123456789, "CNY")) == "-1,234,567.89 CNY"
    assert str(Money(5, "JPY")) == "5 JPY"
