"""An export for a purpose holds whom a source declares it for, and on a channel those whose light is on there."""

from collections import Counter
from pathlib import Path

import pytest
from tests.targeting.audiences.conftest import import_texts

from quanyu.customers.consent.measures import LIT
from quanyu.customers.consent.projecting import project
from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation import home as homes
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.consenting import declared, permitted
from quanyu.targeting.audiences.lists import list_members
from quanyu.targeting.audiences.pasting import paste
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.packs import apply
from quanyu.targeting.tags.runs import current

RECORDS = """source: {source}
files: members.csv
{basis}
kinds:
  - kind: customer_record
    columns: {{key: card}}
    identifiers: [{{type: phone, scope: global, column: phone}}, {{type: email, scope: global, column: email}}]
"""
RESPONSES = """source: sms_vendor
files: replies.csv
kinds:
  - kind: response
    columns: {customer: card, recipient: phone, recipient_type: type, recipient_scope: scope, channel: channel,
              event: event, occurred_at: at}
"""
MARKETING = "legal_basis: {basis: consent, purposes: [marketing, service], channels: [sms, email]}"
SERVICE = "legal_basis: {basis: contract, purposes: service}"
LIGHTS = """pack: retail
tags:
""" + "".join(
    f"""
  - name: light_{channel}
    title: {{en: Light, zh: 点亮}}
    description: {{en: Light., zh: 点亮。}}
    family: channel
    type: code
    field: consent.{channel}
"""
    for channel in LIT
)
PHONES = [f"1380013800{i}" for i in range(6)]


@pytest.fixture(scope="module")
def furnished(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = homes.create(module_settings, "main", "Europe/London", "GBP")
    ws, folder = home.workspace(), tmp_path_factory.mktemp("company")

    def bring(source: str, basis: str, which: range) -> None:
        rows = ["card,phone,email", *(f"{source}-{i},{PHONES[i]},c{i}@example.org" for i in which), ""]
        import_texts(ws, folder, RECORDS.format(source=source, basis=basis), **{"members.csv": "\n".join(rows)})

    bring("club", MARKETING, range(4))
    bring("shop", SERVICE, range(2, 5))
    bring("fair", "", range(5, 6))
    recognise(ws)
    home.close()
    return module_settings


@pytest.fixture
def company(workspace: Workspace) -> Workspace:
    """Six customers: the club's 0 to 3, the shop's 2 to 4, the fair's 5, of which only the club may advertise."""
    return workspace


def people(ws: Workspace, *which: int) -> OrdinalSet:
    paste(ws, "these", "\n".join(PHONES[i] for i in which).encode(), "phone", who="test")
    return list_members(ws, "these")


def test_whom_a_source_declares_the_purpose_for(company: Workspace) -> None:
    alive = read_people(company).alive
    for purpose, channel, allowed in (
        ("marketing", None, (0, 1, 2, 3)),
        ("marketing", "sms", (0, 1, 2, 3)),
        ("service", None, (0, 1, 2, 3, 4)),
        ("service", "email", (0, 1, 2, 3)),
    ):
        found = permitted(company, alive, purpose, channel)
        assert found.members == people(company, *allowed), (purpose, channel)
        assert found.left_out == {"no_basis": 6 - len(allowed)}
    nobody = permitted(company, alive, "marketing", "wecom")
    assert (nobody.members, nobody.left_out) == (people(company), {"no_relation": 6})
    assert permitted(company, people(company, 0, 5), "marketing", None).left_out == {"no_basis": 1}
    assert permitted(company, alive, None, None) == permitted(company, alive, None, None)
    assert permitted(company, alive, None, None).left_out == {}


def test_who_said_no_is_left_out_on_that_channel(company: Workspace, imported) -> None:
    said = [
        ",+8613800138000,phone,global,sms,unsubscribed,2026-01-01 10:00",
        ",+8613800138001,phone,global,sms,complained,2026-01-01 10:00",
        ",+8613800138001,phone,global,sms,unsubscribed,2026-01-02 10:00",
        ",+8613800138002,phone,global,email,unsubscribed,2026-01-02 10:00",
        ",+8613800138003,phone,global,sms,clicked,2026-01-02 10:00",
        ",+8613800138005,phone,global,sms,unsubscribed,2026-01-02 10:00",
    ]
    imported(RESPONSES, **{"replies.csv": "\n".join(["card,phone,type,scope,channel,event,at", *said, ""])})
    recognise(company)
    alive = read_people(company).alive
    by_sms = permitted(company, alive, "marketing", "sms")
    assert by_sms.members == people(company, 2, 3)
    assert by_sms.left_out == {"no_basis": 2, "complained": 1, "unsubscribed": 1}
    assert alive.count() == by_sms.members.count() + sum(by_sms.left_out.values())
    assert permitted(company, alive, "marketing", "email").members == people(company, 0, 1, 3)
    assert permitted(company, alive, "marketing", None).members == people(company, 0, 1, 2, 3)


def test_who_said_no_by_his_record(company: Workspace, imported) -> None:
    mapping = RESPONSES.replace("source: sms_vendor", f"source: club\n{MARKETING}")
    row = "club-3,,,,sms,unsubscribed,2026-01-02 10:00"
    imported(mapping, **{"replies.csv": f"card,phone,type,scope,channel,event,at\n{row}\n"})
    recognise(company)
    found = permitted(company, read_people(company).alive, "service", "sms")
    assert found.members == people(company, 0, 1, 2)
    assert found.left_out == {"no_basis": 2, "unsubscribed": 1}


def test_the_last_declaration_of_a_source_speaks(company: Workspace, imported) -> None:
    alive = read_people(company).alive
    basis = MARKETING.replace("sms, email", "email")
    rows = "card,phone,email\nclub-0,13800138000,c0@example.org\n"
    imported(RECORDS.format(source="club", basis=basis), **{"members.csv": rows})
    assert permitted(company, alive, "marketing", "sms").members.count() == 0
    by_mail = permitted(company, alive, "marketing", "email").members
    imported(RECORDS.format(source="club", basis=""), **{"members.csv": rows})  # which takes nothing back
    assert permitted(company, alive, "marketing", "email").members == by_mail
    withdrawn = "legal_basis: {basis: contract, purposes: []}"
    imported(RECORDS.format(source="club", basis=withdrawn), **{"members.csv": rows})
    with pytest.raises(Invalid, match="No source declares"):
        permitted(company, alive, "marketing", None)


def test_what_nobody_declares_is_refused(company: Workspace) -> None:
    alive = read_people(company).alive
    with pytest.raises(Invalid) as caught:
        permitted(company, alive, "marketting", None)
    assert caught.value.allowed == ("marketing", "service")
    with pytest.raises(Invalid, match="no such channel"):
        permitted(company, alive, "marketing", "smoke")
    with pytest.raises(Invalid, match="needs a purpose"):
        permitted(company, alive, None, "sms")
    assert [(b.source, b.purposes, b.channels) for b in declared(company)] == [
        ("club", ("marketing", "service"), ("sms", "email")), ("fair", (), ()), ("shop", ("service",), ()),
    ]  # fmt: skip


def test_an_export_permits_those_whose_light_is_on(company: Workspace, imported, tmp_path: Path) -> None:
    said = [
        ",+8613800138000,phone,global,sms,unsubscribed,2026-01-01 10:00",
        ",+8613800138001,phone,global,email,complained,2026-01-01 10:00",
        ",+8613800138001,phone,global,sms,clicked,2026-01-01 10:00",
    ]
    imported(RESPONSES, **{"replies.csv": "\n".join(["card,phone,type,scope,channel,event,at", *said, ""])})
    recognise(company)
    (tmp_path / "lights.yaml").write_text(LIGHTS, "utf-8")
    apply(company, tmp_path / "lights.yaml")
    project(company)
    compute(company)
    now = current(company)
    told = company.lake.to_arrow(now.rows).to_pylist()
    alive = read_people(company).alive
    for channel in LIT:
        found = permitted(company, alive, "marketing", channel)
        lit = [row["customer"] for row in told if row[f"light_{channel}"] == "reachable"]
        assert found.members == OrdinalSet.of(sorted(lit)), channel
        dark = Counter(row[f"light_{channel}"] for row in told) - Counter({"reachable": len(lit)})
        assert found.left_out == dark, channel
    assert {row["light_sms"] for row in told} == {"reachable", "unsubscribed", "no_basis"}
    assert {row["light_email"] for row in told} == {"reachable", "complained", "no_basis"}
