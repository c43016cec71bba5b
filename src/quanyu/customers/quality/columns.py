"""Says which columns of a kind's table hold its inputs, and what each may be asked."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from quanyu.foundation.kinds import Input, Kind
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.money import exponent

Shape = Literal["number", "instant", "date", "text"]

_OF_THE_ROW = {"observed_at"}  # says when a row was seen, and nothing of what it says
_DAYS = ("business_date", "day")


@dataclass(frozen=True)
class Column:
    """A column to survey; a number of `scale` 100 stands in hundredths of the unit that its input is told in."""

    input: Input
    name: str
    shape: Shape
    scale: int = 1

    @property
    def born(self) -> bool:
        return self.input.name.startswith("birth")


def columns_of(kind: Kind, currency: str) -> tuple[Column, ...]:
    """Return the inputs that the kind's first table has; the customer whom a row names stands there as its record."""
    schema = kind.tables[0].schema
    found: list[Column] = []
    for given in kind.inputs:
        if given.name in schema.names and given.name not in _OF_THE_ROW:
            found.append(_column(given, schema.field(given.name).type, currency))
        elif given.name == "customer" and "record" in schema.names:
            found.append(Column(given, "record", "text"))
    return tuple(found)


def _column(given: Input, stored: pa.DataType, currency: str) -> Column:
    if pa.types.is_timestamp(stored):
        return Column(given, given.name, "instant")
    if pa.types.is_date(stored):
        return Column(given, given.name, "date")
    if given.type in {"decimal", "integer"}:
        minor = given.type == "decimal" and pa.types.is_integer(stored)
        return Column(given, given.name, "number", 10 ** exponent(currency) if minor else 1)
    return Column(given, given.name, "text")


def surveyed(kind: Kind) -> bool:
    """Say whether the kind's first table tells rows of one source and one import from others."""
    return bool(kind.tables) and {"source", "import_number"} <= set(kind.tables[0].schema.names)


def day_of(table: LakeTable) -> str | None:
    """Return the column that says on which business day a row happened."""
    return next((name for name in _DAYS if name in table.schema.names), None)


def moment_of(kind: Kind) -> str | None:
    """Return the column that says when what a row tells happened, else when it was observed."""
    schema = kind.tables[0].schema
    told = [given for type_ in ("instant", "date") for given in kind.inputs if given.type == type_ and given.required]
    wanted = (*(given.name for given in told), "observed_at", *_DAYS)
    return next((name for name in wanted if name in schema.names), None)
