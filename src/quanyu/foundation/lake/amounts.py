"""Amounts in expressions: decimals rounded half up, once, to minor units."""

import ibis.expr.types as ir

from quanyu.foundation.money import exponent


def to_minor(amount: ir.DecimalValue, currency: str) -> ir.IntegerValue:
    """Return int64 minor units; DuckDB rounds a decimal half away from zero, as `money.to_minor` does."""
    digits = exponent(currency)
    return (amount.round(digits) * 10**digits).cast("int64")  # type: ignore[return-value]
