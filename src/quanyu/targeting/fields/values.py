"""Reads a value that a person wrote in a definition into the form in which it is stored and compared."""

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from quanyu.foundation.measuring import ValueType
from quanyu.foundation.money import exponent
from quanyu.foundation.text import Text
from quanyu.targeting.fields.model import Stored

LARGEST = (1 << 63) - 1
MOST_DAYS = 100_000
LONGEST_TEXT = 1_000

NAMES: dict[ValueType, Text] = {
    "integer": Text("a whole number", "整数"),
    "number": Text("a number", "数字"),
    "money": Text("an amount in major units, such as 500 or 500.50", "以元为单位的金额，如 500 或 500.50"),
    "share": Text("a share, such as 0.3 for 30%", "比例，如 0.3 表示 30%"),
    "text": Text('text, in quotes where it looks like a number, such as "543"', '文字；像数字的请加引号，如 "543"'),
    "code": Text('text, in quotes where it looks like a number, such as "543"', '文字；像数字的请加引号，如 "543"'),
    "date": Text("a day, such as 2011-12-31", "日期，如 2011-12-31"),
    "boolean": Text("true or false", "true 或 false"),
}


@dataclass(frozen=True)
class Wrong:
    """Why a written value cannot be used."""

    problem: Text
    allowed: tuple[str, ...]


def read_value(written: object, type_: ValueType, currency: str) -> Stored | Wrong:
    """Return the stored form: minor units for money, a date, a float for shares and numbers."""
    match type_:
        case "text" | "code":
            found = written if isinstance(written, str) and 0 < len(written) <= LONGEST_TEXT else None
        case "date":
            found = _day(written)
        case "boolean":
            found = written if isinstance(written, bool) else None
        case "money":
            return _minor(written, currency)
        case "integer":
            found = _whole(written)
        case "share" | "number":
            number = _number(written)
            found = None if number is None else float(number)
    return _mistyped(type_) if found is None else found


def _mistyped(type_: ValueType) -> Wrong:
    return Wrong(Text("The value has the wrong type.", "值的类型不对。"), (str(NAMES[type_]),))


def _number(written: object) -> Decimal | None:
    if isinstance(written, bool) or not isinstance(written, (int, float, Decimal)):
        return None
    if not math.isfinite(written) or abs(written) > LARGEST:
        return None
    return written if isinstance(written, Decimal) else Decimal(repr(written))


def _whole(written: object) -> int | None:
    number = _number(written)
    return int(number) if number is not None and number == number.to_integral_value() else None


def _minor(written: object, currency: str) -> int | Wrong:
    number = _number(_unquoted(written))
    if number is None:
        return _mistyped("money")
    minor = number.scaleb(exponent(currency))
    if minor != minor.to_integral_value() or abs(minor) > LARGEST:
        return Wrong(
            Text(
                "The amount is finer than the currency's smallest unit, or too large.", "金额小于最小货币单位或过大。"
            ),
            (f"{exponent(currency)} decimal digits ({currency})",),
        )
    return int(minor)


def _unquoted(written: object) -> object:
    if isinstance(written, str) and len(written) <= 40:
        try:
            return Decimal(written)
        except InvalidOperation:
            return None
    return written


def _day(written: object) -> date | None:
    if isinstance(written, str) and len(written) == 10:
        try:
            return date.fromisoformat(written)
        except ValueError:
            return None
    return None
