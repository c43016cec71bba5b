"""Amounts: int64 minor units of an ISO 4217 currency, rounded half up, once."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

# ISO 4217 list one: currencies whose exponent is not 2.
_EXPONENTS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


def exponent(currency: str) -> int:
    """Return how many decimal digits the currency's minor unit has."""
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise Invalid(
            Text("This is not an ISO 4217 currency code.", "这不是 ISO 4217 货币代码。"),
            received=currency,
            allowed=["CNY", "GBP", "USD", "…"],
        )
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Round half up to minor units: 2.345 GBP is 235."""
    return int(amount.scaleb(exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


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
