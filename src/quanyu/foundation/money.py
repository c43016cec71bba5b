"""Amounts: int64 minor units of an ISO 4217 currency, rounded half up, once."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

# ISO 4217 list one: currencies whose exponent is not 2.
_EXPONENT_0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_EXPONENT_3 = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENT_4 = "CLF UYW"
_EXPONENTS = {
    **dict.fromkeys(_EXPONENT_0.split(), 0),
    **dict.fromkeys(_EXPONENT_3.split(), 3),
    **dict.fromkeys(_EXPONENT_4.split(), 4),
}

_CODE = re.compile(r"[A-Z]{3}")
_GREATEST = Decimal((1 << 63) - 1)
_WIDE = Context(prec=40)  # the digits of an int64 and of any exponent: nothing is rounded before it is rounded


def exponent(currency: str) -> int:
    """Return how many decimal digits the currency's minor unit has."""
    if not _CODE.fullmatch(currency):
        raise Invalid(
            Text("This is not an ISO 4217 currency code.", "这不是 ISO 4217 货币代码。"),
            received=currency,
            allowed=["CNY", "GBP", "USD", "…"],
        )
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Round half up, away from zero, to minor units that fit 64 bits: 2.345 GBP is 235 and -2.345 GBP is -235."""
    digits = exponent(currency)
    if not amount.is_finite() or (amount and amount.adjusted() > _GREATEST.adjusted()):
        raise _not_an_amount(amount)
    rounded = amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=_WIDE)
    minor = int(rounded.scaleb(digits, context=_WIDE))
    if abs(minor) > _GREATEST:
        raise _not_an_amount(amount)
    return minor


@dataclass(frozen=True)
class Money:
    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise Invalid(
                Text(
                    "Amounts in different currencies cannot be added without a stored rate.",
                    "不同货币的金额没有汇率不能相加。",
                ),
                received=f"{self.currency} + {other.currency}",
                allowed=[self.currency],
            )
        return Money(self.minor + other.minor, self.currency)

    def __str__(self) -> str:
        digits = exponent(self.currency)
        return f"{Decimal(self.minor).scaleb(-digits):,.{digits}f} {self.currency}"


def _not_an_amount(amount: Decimal) -> Invalid:
    return Invalid(
        Text("This is not an amount that can be held.", "这不是可以保存的金额。"),
        remedy=Text("Check the column and its currency.", "请检查该列及其货币。"),
        received=amount,
        allowed=[f"up to {_GREATEST:,} minor units"],
    )
