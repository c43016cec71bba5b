"""Amounts in expressions: decimals rounded half up, once, to minor units."""

from quanyu.foundation.lake.model import Value
from quanyu.foundation.money import exponent


def to_minor(amount: Value, currency: str) -> Value:
    """Return int64 minor units; DuckDB rounds a decimal half away from zero, as `money.to_minor` does."""
    digits = exponent(currency)
    return (amount.round(digits) * 10**digits).cast("int64")


def line_amount(quantity: Value, unit_price: Value, currency: str) -> Value:
    """Return quantity × unit price in int64 minor units; the product of two decimals needs more than 18 digits."""
    return to_minor(quantity.cast("decimal(20, 6)") * unit_price, currency)
