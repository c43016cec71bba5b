"""A club of members who have names, languages, birthdays, phones, addresses and orders, with tags, made once."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from tests.conftest import delivered, new_settings
from tests.targeting.audiences.conftest import import_texts

from quanyu.customers.consent.projecting import project
from quanyu.customers.identity.naming import find_entries
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import record_customer
from quanyu.foundation import home as homes
from quanyu.foundation.database import launcher
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.packs import apply

AS_OF = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
MEMBERS = 60
NAMES = ("王芳", "李娜", "张伟", "O'Brien & Sons", "", "刘洋")
LANGUAGES = ("zh_CN", "en", "", "fr")

_MAPPING = """source: club
files: members.csv
legal_basis: {basis: consent, purposes: [marketing, service], channels: [sms, email]}
kinds:
  - kind: customer_record
    columns: {key: card, name: name, language: language, birth_date: born, registered_at: joined}
    identifiers: [{type: phone, scope: global, column: phone}, {type: email, scope: global, column: email}]
"""
_TAGS = """pack: retail
tags:
"""
_TAG = """  - name: {name}
    title: {{en: {name}, zh: {name}}}
    description: {{en: A tag., zh: 一个标签。}}
    family: traits
    type: {type}
    field: {field}
"""
TAGS = (
    ("language", "code", "identity.language"),
    ("frequency", "integer", "orders.frequency"),
    ("monetary", "money", "orders.monetary"),
    ("last_purchase", "date", "orders.last_purchase"),
    ("birthday", "date", "identity.next_birthday"),
    ("joined", "date", "identity.registered"),
    ("light_sms", "code", "consent.sms"),
    ("light_email", "code", "consent.email"),
)


def member(number: int) -> tuple[str, ...]:
    """Return the row of a member: every third has no phone, every fourth no address."""
    return (
        f"m{number}",
        NAMES[number % len(NAMES)],
        LANGUAGES[number % len(LANGUAGES)],
        f"1990-{1 + number % 12:02d}-{1 + number % 28:02d}",
        f"2026-03-{1 + number % 9:02d} 10:00",
        "" if number % 3 == 0 else f"138{number:08d}",
        "" if number % 4 == 0 else f"m{number}@example.org",
    )


def furnish(ws: Workspace, below: Path) -> None:
    """Bring the club into a new workspace, recognise its members, and compute their tags."""
    apply(ws, _TAGS + "".join(_TAG.format(name=n, type=t, field=f) for n, t, f in TAGS))
    rows = ["card,name,language,born,joined,phone,email", *(",".join(member(i)) for i in range(MEMBERS)), ""]
    import_texts(ws, below, _MAPPING, **{"members.csv": "\n".join(rows)})
    bought = [
        (f"o{i}-{n}", f"m{i}", "A", 1, f"{10 * (i + 1)}.50", f"2026-02-{1 + i % 28:02d} 12:00")
        for i in range(0, MEMBERS, 2)
        for n in range(1 + i % 3)
    ]
    delivered(ws, below, "order_line", "order_number customer product quantity amount placed_at", bought, source="club")
    recognise(ws)
    project(ws)
    compute(ws, AS_OF)


@pytest.fixture(scope="session")
def club_home(server: launcher.Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with new_settings(server, tmp_path_factory.mktemp("club")) as made:
        home = homes.create(made, "main", "Asia/Shanghai", "CNY")
        furnish(home.workspace(), tmp_path_factory.mktemp("members"))
        home.close()
        yield made


@pytest.fixture
def furnished(request: pytest.FixtureRequest) -> Settings | None:
    return request.getfixturevalue("club_home") if "club" in request.fixturenames else None


@pytest.fixture
def club(workspace: Workspace) -> Workspace:
    """The club of this file."""
    return workspace


EVERYBODY = np.arange(MEMBERS, dtype=np.int64)
"""Customers of the club; `customers_of` tells who is which of them."""


def customers_of(ws: Workspace, members: Sequence[int]) -> list[int]:
    """Return the customers who are these members, in their order."""
    with ws.begin() as connection:
        entries = find_entries(ws, connection, [f"club:m{number}" for number in members])
        query = sa.select(record_customer.c.record, record_customer.c.customer)
        found = dict(connection.execute(query.where(record_customer.c.workspace == ws.number)).tuples().all())
    return [found[entry.record] for entry in entries]


def more_orders(ws: Workspace, below: Path, members: Sequence[int]) -> None:
    """Let members buy once more, and bring tags up to date."""
    bought = [(f"again{i}", f"m{i}", "B", 1, "9.90", "2026-03-09 12:00") for i in members]
    delivered(ws, below, "order_line", "order_number customer product quantity amount placed_at", bought, source="club")
    compute(ws, AS_OF)
