"""Shows of one customer which value of each attribute speaks, its source, its date, and why; masked where private."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import ibis.expr.types as ir
import sqlalchemy as sa
from ibis import _

from quanyu.customers.identity.attributes import PRIVATE
from quanyu.customers.identity.choosing import BESIDE, WHY, Choice, Saying, choose
from quanyu.customers.identity.golden import ATTRIBUTES, GoldenPolicy
from quanyu.customers.identity.landing import CUSTOMER_RECORD
from quanyu.customers.identity.naming import find_entries
from quanyu.customers.identity.policies import golden_now, policy_of
from quanyu.customers.identity.private import Opened, open_of
from quanyu.customers.identity.tables import RECORDS, customer, record, record_customer
from quanyu.foundation.errors import Conflict
from quanyu.foundation.ids import outside
from quanyu.foundation.lake.model import Value
from quanyu.foundation.lake.store import latest
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

TITLES = {each.name: each.title for each in CUSTOMER_RECORD.inputs}
_MASKED = (*PRIVATE, "birthday")
_PLAIN = tuple(name for name in ATTRIBUTES if name not in PRIVATE)


@dataclass(frozen=True)
class Golden:
    """The value of an attribute that speaks; `others` counts the different values that do not."""

    attribute: str
    value: str
    masked: bool
    source: str
    record: int
    at: datetime
    why: Text
    reason: str  # a key of choosing.WHY
    others: int


@dataclass(frozen=True)
class Profile:
    """What is known of one customer, by his ordinal and `records`; attributes that nobody says are left out."""

    one_id: str
    customer: int
    records: tuple[int, ...]
    golden: tuple[Golden, ...]


def profile(workspace: Workspace, name: str, brand: str | None = None) -> Profile:
    """Return the profile of the customer whose record is named SOURCE:KEY or SOURCE#ORDINAL.

    With a brand only what its own sources say: their records, and the values that speak among these; to name a record
    of another brand's is to name none. Private values are masked. Raises Invalid, NotFound, and Conflict where the
    record is nobody's yet.
    """
    with workspace.begin() as connection:
        own = None if brand is None else policy_of(workspace, connection).brands.sources(brand)
        entry = find_entries(workspace, connection, [name], own)[0]
        number, one_id = _whose(workspace, connection, entry.record)
        query = sa.select(record_customer.c.record).where(
            record_customer.c.workspace == workspace.number, record_customer.c.customer == number
        )
        if own is not None:
            of_brand = sa.and_(
                record.c.workspace == record_customer.c.workspace, record.c.record == record_customer.c.record
            )
            query = query.join(record, of_brand).where(record.c.source.in_(own))
        records = sorted(connection.execute(query).scalars())
    return Profile(outside("customer", one_id), number, tuple(records), golden_of(workspace, records))


def golden_of(
    workspace: Workspace, records: Sequence[int], opened: Opened | None = None, *, clear: bool = False
) -> tuple[Golden, ...]:
    """Return the values that speak for whoever has these records (ordinals); `clear` is for who may see them."""
    told = sayings(workspace, records, opened)
    policy = golden_now(workspace)
    chosen = [(attribute, choose(told, policy, attribute)) for attribute in ATTRIBUTES]
    return tuple(_shown(name, choice, told, policy, clear=clear) for name, choice in chosen if choice is not None)


def customer_named(workspace: Workspace, name: str) -> int:
    """Return the customer (an ordinal) whose record is named SOURCE:KEY or SOURCE#ORDINAL; raises as `profile` does."""
    (customer,) = customers_named(workspace, [name])
    return customer


def customers_named(workspace: Workspace, names: Sequence[str]) -> list[int]:
    """Return the customers whose records are named so, in the order of the names; raises as `customer_named` does."""
    with workspace.begin() as connection:
        entries = find_entries(workspace, connection, list(dict.fromkeys(names)))
        owners = _owners(workspace, connection, [entry.record for entry in entries])
    found = dict(zip(dict.fromkeys(names), (owners[entry.record][0] for entry in entries), strict=True))
    return [found[name] for name in names]


def sayings(workspace: Workspace, records: Sequence[int], opened: Opened | None = None) -> list[Saying]:
    """Return what these records say, private values in clear: callers mask them."""
    lake, vector = workspace.lake, workspace.lake.vector((RECORDS,))

    def theirs(mine: list[Value]) -> ir.Table:
        rows = lake.all_versions(RECORDS, vector).filter(_.record.isin(mine))
        return latest(rows, ("record",)).order_by("record")

    private: dict[int, dict[str, str]] = {}
    for row in (opened or open_of(workspace, records)).attributes.to_pylist():
        private.setdefault(row["record"], {})[row["type"]] = row["value"]
    found = lake.answer("sayings", vector, records, theirs).to_pylist()
    return [_saying(row, private.get(row["record"], {})) for row in found]


def _saying(row: Mapping[str, Any], private: Mapping[str, str]) -> Saying:
    older = dict(row["older_values"] or ())

    def at(column: str) -> datetime:
        return older.get(column) or row["observed_at"]

    sealed = {name: f"{name}_hash" for name in PRIVATE}
    values = {**{name: row[name] for name in (*_PLAIN, "birth_year")}, **private}
    instants = {name: at(sealed.get(name, name)) for name in values}
    checked = at("verified") if row["verified"] else None
    verified = frozenset(name for name, when in instants.items() if checked is not None and when <= checked)
    return Saying(row["record"], row["source"], row["import_number"], values, instants, verified)


def _whose(workspace: Workspace, connection: sa.Connection, record: int) -> tuple[int, UUID]:
    return _owners(workspace, connection, [record])[record]


def _owners(workspace: Workspace, connection: sa.Connection, records: Sequence[int]) -> dict[int, tuple[int, UUID]]:
    """Return the customer of each record, with his One-ID; raises where one has none."""
    joined = sa.and_(
        record_customer.c.workspace == customer.c.workspace, record_customer.c.customer == customer.c.customer
    )
    query = sa.select(record_customer.c.record, customer.c.customer, customer.c.one_id).join(record_customer, joined)
    mine = query.where(record_customer.c.workspace == workspace.number, record_customer.c.record.in_(set(records)))
    found = {row.record: (row.customer, row.one_id) for row in connection.execute(mine)}
    if not found.keys() >= set(records):
        raise Conflict(
            Text("This record belongs to no customer yet.", "该记录尚未归属任何客户。"),
            remedy=Text(
                "Recognise it: quanyu identify. A device is nobody's until somebody is recognised by it.",
                "请先识别：quanyu identify。设备在有人认领前不属于任何人。",
            ),
        )
    return found


def _shown(attribute: str, choice: Choice, told: Sequence[Saying], policy: GoldenPolicy, *, clear: bool) -> Golden:
    value = str(choice.value)
    if attribute == "birthday":
        year = choose(told, policy, "birth_year")
        value = f"{'****' if year is None else year.value}-{value}"
    why = WHY[choice.why]
    if choice.why == BESIDE and choice.beside is not None:
        title = TITLES[choice.beside]
        why = Text(why.en.format(attribute=title.en.lower()), why.zh.format(attribute=title.zh))
    shown = value if clear else masked(attribute, value)
    saying = choice.saying
    return Golden(
        attribute, shown, shown != value, saying.source, saying.record, choice.at, why, choice.why, choice.others
    )


def masked(attribute: str, value: str) -> str:
    """Return a value as it may be shown: 王**, 1990-**-**, 浙江**; what is not private stands in full."""
    if attribute == "birthday":
        return f"{value[:4]}-**-**"
    if attribute not in _MASKED:
        return value
    return value[: 2 if attribute == "address" else 1] + "**"
