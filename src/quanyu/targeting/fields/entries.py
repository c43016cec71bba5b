"""The register of everything that may be asked: each field and each column of what customers did, and what fills it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from quanyu.commerce.catalog.landing import PRODUCT, PRODUCT_CODE
from quanyu.commerce.coupons.landing import COUPON
from quanyu.commerce.orders.aftersales import AFTER_SALES_CASE, REFUND
from quanyu.commerce.orders.headers import ORDER
from quanyu.commerce.orders.landing import ORDER_LINE
from quanyu.customers.events.landing import EVENT
from quanyu.customers.identity.landing import CUSTOMER_RECORD
from quanyu.customers.messages.landing import MESSAGE, RESPONSE
from quanyu.foundation.definitions import near
from quanyu.foundation.errors import NotFound
from quanyu.foundation.kinds import Code, Kind
from quanyu.foundation.measuring import UNSAID, Behaviour, Column, Field, Privacy, ValueType
from quanyu.foundation.text import Text
from quanyu.targeting.fields import calendar
from quanyu.targeting.fields.catalogue import BEHAVIOURS, FIELDS, Catalogue

EVERY = "*"
"""In the place of an input: any row of the kind."""
CALENDAR = "calendar"
"""Of whatever happened on a day, this may be asked, too."""

KINDS: Catalogue[Kind] = Catalogue(
    (
        CUSTOMER_RECORD, EVENT, MESSAGE, RESPONSE, PRODUCT, PRODUCT_CODE, COUPON, ORDER, ORDER_LINE, REFUND,
        AFTER_SALES_CASE,
    )
)  # fmt: skip
"""The kinds of input from which anything that may be asked comes."""

Role = Literal["field", "column"]

_UNITS: dict[ValueType, Text] = {
    "money": Text("major units of the workspace's currency", "工作区货币的主单位"),
    "share": Text("share of 1: 0.3 is 30%", "比例：0.3 即 30%"),
    "date": Text("day", "日期"),
}


@dataclass(frozen=True)
class Entry:
    """One thing that may be asked. A field is `<room>.<column>`, a column `<behaviour>.<column>`.

    `inputs` are `<kind>.<input>`, of which any fills it; `<kind>.*` is any row of the kind. Of a day there
    are none: it says so itself.
    """

    name: str
    role: Role
    about: Text  # the behaviour; of a field the customer
    type: ValueType
    title: Text
    description: Text
    unit: Text | None
    codes: tuple[Code, ...]
    privacy: Privacy
    inputs: tuple[str, ...]


def find_entry(name: str) -> Entry:
    found = ENTRIES.get(name)
    if found is None:
        problem = Text("There is no such field or column.", "没有这个字段或列。")
        remedy = Text("List them: quanyu fields", "请查看：quanyu fields")
        raise NotFound(problem, remedy=remedy, received=name[:60], allowed=near(name, [e.name for e in ENTRIES]))
    return found


def inputs_of(behaviour: Behaviour, column: Column) -> tuple[str, ...]:
    """Return what fills a column: what it names, else the input of its name of the first kind that lands there."""
    if column.inputs or column in calendar.COLUMNS:
        return column.inputs
    read = [kind for table in behaviour.tables for kind in KINDS if kind.tables[0] == table]
    found = [f"{kind.name}.{column.name}" for kind in read if column.name in {i.name for i in kind.inputs}]
    return tuple(found[:1])


def _of_field(field: Field) -> Entry:
    return Entry(
        name=field.name,
        role="field",
        about=Text("Customer", "客户"),
        type=field.type,
        title=field.title,
        description=field.description,
        unit=field.unit or _UNITS.get(field.type),
        codes=field.codes,
        privacy=field.privacy,
        inputs=field.inputs,
    )


def _of_column(name: str, about: Text, column: Column, inputs: tuple[str, ...]) -> Entry:
    return Entry(
        name=f"{name}.{column.name}",
        role="column",
        about=about,
        type=column.type,
        title=column.title,
        description=UNSAID,
        unit=column.unit or _UNITS.get(column.type),
        codes=column.codes,
        privacy=column.privacy,
        inputs=inputs,
    )


def _entries() -> Iterator[Entry]:
    yield from map(_of_field, FIELDS)
    for behaviour in BEHAVIOURS:
        for column in behaviour.columns:
            yield _of_column(behaviour.name, behaviour.title, column, inputs_of(behaviour, column))
    for column in calendar.COLUMNS:
        yield _of_column(CALENDAR, Text("Any day on which something happened", "任一行为发生日"), column, ())


ENTRIES: Catalogue[Entry] = Catalogue(_entries())
