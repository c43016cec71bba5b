"""Pasted values are counted so that the counts add up, and become the list of the customers they point at."""

import hashlib
import subprocess
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from tests.conftest import delivered
from tests.targeting.audiences.conftest import import_texts

from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import CUSTOMERS
from quanyu.foundation import home as homes
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.lists import list_members, lists
from quanyu.targeting.audiences.matching import KINDS
from quanyu.targeting.audiences.pasting import FAILPOINTS, paste, read_cells

MEMBERS = """source: tills
files: members.csv
kinds:
  - kind: customer_record
    columns: {key: card}
    identifiers:
      - {type: phone, scope: global, column: phone}
      - {type: email, scope: global, column: email}
      - {type: member_card, scope: south, column: south}
"""
SHOP = """source: shop
files: members.csv
kinds:
  - kind: customer_record
    columns: {key: card}
    identifiers: [{type: phone, scope: global, column: phone}]
"""
PEOPLE = """card,phone,email,south
C-001,13800138001,ann@example.com,S1
C-002,13800138002,,S2
C-003,+44 20 7946 0018,bob@example.com,
"""
SHOPPERS = "card,phone\nC-002,13800138009\nX-1,13800138003\n"
CHILD = """
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.targeting.audiences.pasting import paste

with opened(Settings.load()) as home:
    paste(home.workspace(), "mine", b"13800138001", who="child")
"""


@pytest.fixture(scope="module")
def furnished(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of five customers of two sources, made once."""
    home = homes.create(module_settings, "main", "Europe/London", "GBP")
    ws, folder = home.workspace(), tmp_path_factory.mktemp("pasted")
    import_texts(ws, folder, MEMBERS, **{"members.csv": PEOPLE})
    import_texts(ws, folder, SHOP, **{"members.csv": SHOPPERS})
    delivered(
        ws,
        folder,
        "order",
        "order_number platform platform_order_number customer placed_at amount",
        [("O-1", "tmall", "T-77", "C-001", "2026-01-01 10:00", "5"), ("O-2", "", "", "C-003", "2026-01-02 10:00", "6")],
        source="tills",
    )
    recognise(ws)
    home.close()
    return module_settings


@pytest.fixture
def company(workspace: Workspace) -> Workspace:
    return workspace


@pytest.fixture
def people(company: Workspace) -> list[int]:
    """Ordinals of the customers: three of the tills, two of the shop."""
    keys = (("tills", "C-001"), ("tills", "C-002"), ("tills", "C-003"), ("shop", "X-1"), ("shop", "C-002"))
    query = """select c.customer from record r join record_customer c on c.record = r.record where r.key_hash = %s"""
    with company.begin() as connection:
        return [connection.exec_driver_sql(query, (hashed(company, key),)).scalar_one() for key in keys]


def hashed(ws: Workspace, key: tuple[str, str]) -> UUID:
    text = "\x1f".join((ws.key.hash_secret, "record", *key))
    return UUID(hashlib.sha256(text.encode()).hexdigest()[:32])


def one_id(ws: Workspace, customer: int) -> str:
    rows = ws.lake.to_arrow(ws.lake.table(CUSTOMERS, ws.lake.vector([CUSTOMERS])).order_by("customer"))
    return rows["one_id"].to_pylist()[customer]


def pasted(ws: Workspace, text: str, kind: str = "auto", **more: str) -> tuple[dict[str, int], list[int]]:
    done = paste(ws, "mine", text.encode(), kind, who="test", **more)
    counts = vars(done.counts)
    assert counts["read"] == sum(n for name, n in counts.items() if name != "read")
    return {name: n for name, n in counts.items() if n}, list_members(ws, "mine").ordinals().tolist()


def test_every_kind_finds_its_customer(company: Workspace, people: list[int]) -> None:
    one = one_id(company, people[1])
    for kind, text, customer in (
        ("phone", "+86 138-0013-8001", 0),
        ("phone", "020 7946 0018", 2),
        ("email", "ANN@example.com", 0),
        ("card", "C-001", 0),
        ("card", "S2", 1),
        ("order", "O-2", 2),
        ("order", "T-77", 0),
        ("one_id", one, 1),
    ):
        for asked in (kind, "auto"):
            assert pasted(company, text, asked) == ({"read": 1, "matched": 1}, [people[customer]]), (text, asked)
        for other in set(KINDS) - {kind, "auto"}:
            assert pasted(company, text, other)[1] == [], (text, other)


def test_each_value_is_counted_once(company: Workspace) -> None:
    text = "13800138001\n138 0013 8001\nann@example.com\n\n13800138002,13900139009\n138****8001\tC-003\n1.38E+10\n"
    done = paste(company, "mine", text.encode(), who="test")
    assert vars(done.counts) == {
        "read": 8, "matched": 3, "same_customer": 1, "repeated": 1, "invalid": 2, "unknown": 1,
    }  # fmt: skip
    assert (done.lines, done.blank) == (7, 1)
    assert [(r.line, r.reason) for r in done.refused] == [(6, "masked"), (7, "digits lost")]
    assert done.reasons == {"masked": 1, "digits lost": 1}
    assert done.unknown_lines == (5,)
    assert done.kept.size == 3


def test_a_value_of_two_customers_matches_neither(company: Workspace, people: list[int]) -> None:
    assert pasted(company, "C-002", "card") == ({"read": 1, "invalid": 1}, [])
    assert pasted(company, "C-002", "card", source="shop") == ({"read": 1, "matched": 1}, [people[4]])
    assert pasted(company, "C-002", "card", source="tills") == ({"read": 1, "matched": 1}, [people[1]])
    assert paste(company, "mine", b"C-002", who="t").reasons == {"several customers": 1}


def test_a_value_is_kept_nowhere(company: Workspace) -> None:
    paste(company, "mine", b"13800138001\n13900139009", who="test")
    with company.begin() as connection:
        row = connection.exec_driver_sql("select row_to_json(l)::text from audience_list l").scalar_one()
    assert "1380013800" not in row
    assert "139001390" not in row


def test_the_name_is_replaced_and_its_version_counts_what_changed(company: Workspace) -> None:
    assert paste(company, "mine", b"13800138001", who="a").kept.version == 1
    assert paste(company, "mine", b"ann@example.com", who="b").kept.version == 1
    assert paste(company, "mine", b"C-003", who="b").kept.version == 2
    assert {name: kept.who for name, kept in lists(company).items()} == {"mine": "b"}


def test_what_cannot_be_pasted(company: Workspace) -> None:
    apply(
        company,
        '{name: rule, title: {en: T, zh: 题}, description: {en: D, zh: 述}, rule: {tag: frequency, is: "=", value: 0}}',
    )
    with pytest.raises(Conflict, match="has this name"):
        paste(company, "rule", b"1", who="t")
    for name, kind, more in (("Not A Name", "auto", {}), ("a", "nick", {}), ("a", "card", {"source": "nowhere"})):
        with pytest.raises(Invalid):
            paste(company, name, b"1", kind, who="t", **more)
    with pytest.raises(Invalid, match="cannot be read"):
        paste(company, "a", b"PK\xff\xff\xfe\x81", who="t")
    assert lists(company) == {}


def test_cells_keep_their_lines() -> None:
    cells = read_cells("﻿a\tb,,c\r\n\r\n \nd；e\r全\x1fx".encode())
    assert list(zip(cells.lines.tolist(), cells.texts.to_pylist(), strict=True)) == [
        (1, "a"), (1, "b"), (1, "c"), (4, "d"), (4, "e"), (5, "全 x"),
    ]  # fmt: skip
    assert (cells.total, cells.blank) == (5, 2)
    assert read_cells("手机,1".encode("gb18030")).texts.to_pylist() == ["手机", "1"]
    assert (read_cells(b"").total, len(read_cells(b"").lines)) == (0, 0)


def test_nothing_is_a_list_of_nobody(company: Workspace) -> None:
    assert pasted(company, "") == ({}, [])


ALONE = {
    "13800138001": 0, "+86 138 0013 8001": 0, "ann@example.com": 0, "C-001": 0, "S1": 0, "O-1": 0, "T-77": 0,
    "13800138002": 1, "S2": 1, "020 7946 0018": 2, "+442079460018": 2, "C-003": 2, "O-2": 2, "X-1": 3,
    "13900139009": None, "nobody@example.com": None, "zzz": None,
    "C-002": "invalid", "138****8001": "invalid", "1.38E+10": "invalid", "a@b@c": "invalid", "0000": "invalid",
}  # fmt: skip
SAME = {"+86 138 0013 8001": "13800138001"}


@pytest.mark.parametrize("lists", [4, pytest.param(15, marks=pytest.mark.scale)])
def test_counts_add_up_and_the_list_is_who_was_named(company: Workspace, people: list[int], lists: int) -> None:
    drawn = given(st.lists(st.sampled_from(sorted(ALONE)), max_size=30), st.sampled_from("\n\t,；"))
    examples(max_examples=lists)(drawn(lambda values, between: check_counts(company, people, values, between)))()


def check_counts(company: Workspace, people: list[int], values: list[str], between: str) -> None:
    counts, members = pasted(company, between.join(values))
    expected: Counter[str] = Counter(read=len(values))
    seen: set[str] = set()
    customers: set[int] = set()
    for value in values:
        owner, form = ALONE[value], SAME.get(value, value)
        if owner == "invalid":
            outcome = "invalid"
        elif form in seen:
            outcome = "repeated"
        elif owner is None:
            outcome = "unknown"
        else:
            outcome = "same_customer" if owner in customers else "matched"
            customers.add(owner)
        seen |= {form} if owner != "invalid" else set()
        expected[outcome] += 1
    assert counts == {name: n for name, n in expected.items() if n}
    assert members == sorted(people[owner] for owner in customers)


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_anywhere_the_list_is_there_whole_or_not(company: Workspace, people, environment, point: str) -> None:
    paste(company, "mine", b"13800138002", who="before")
    child = subprocess.run(
        ["python", "-c", CHILD],
        env={**environment, "QUANYU_FAILPOINT": point},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -9, child.stderr
    kept = lists(company)["mine"]
    found = (kept.who, kept.version, list_members(company, "mine").ordinals().tolist())
    assert found == (("child", 2, people[:1]) if point == "lists.kept" else ("before", 1, people[1:2]))
