"""Addresses, bases and refusals follow what was imported, are written once, and survive a fault half way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.customers.conftest import Rows, loaded

from quanyu.app.house import refresh, rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.customers.consent import projecting
from quanyu.customers.consent.projecting import project
from quanyu.customers.consent.tables import ADDRESSES, LEGAL_BASES, REFUSED
from quanyu.customers.identity.tables import RECORDS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.lake import landing
from quanyu.foundation.workspace import Workspace

MEMBERS = """
source: {source}
files: members.csv
{basis}
kinds:
  - kind: customer_record
    columns: {{key: card}}
    identifiers: [{{type: phone, scope: global, column: phone}}, {{type: openid, column: open_id}}]
"""
REPLIES = """
source: vendor
files: replies.csv
kinds:
  - kind: response
    columns: {customer: card, recipient: phone, event: event, occurred_at: at}
    constants: {recipient_type: phone, recipient_scope: global, channel: sms}
"""
WITHDRAWN = "legal_basis: {basis: contract, purposes: [service]}"
CLUB = "legal_basis: {basis: consent, purposes: [marketing, service], channels: [sms, mini_program]}"
PHONES = [f"+861380013800{n}" for n in range(4)]
Bring = Callable[..., int]


@pytest.fixture
def bring(workspace: Workspace, tmp_path: Path) -> Bring:
    """Return a function that imports a mapping with its file, and returns the import's number."""

    def brought(mapping: str, name: str, *lines: str) -> int:
        (tmp_path / name).write_text("\n".join([*lines, ""]))
        (tmp_path / "mapping.yaml").write_text(mapping)
        return import_files(workspace, loaded(workspace, tmp_path / "mapping.yaml")).number

    return brought


def members(bring: Bring, source: str, basis: str, *who: int) -> int:
    lines = (f"{source}{n},{PHONES[n]},o{source}{n}" for n in who)
    return bring(MEMBERS.format(source=source, basis=basis), "members.csv", "card,phone,open_id", *lines)


def replies(bring: Bring, *lines: str) -> int:
    return bring(REPLIES, "replies.csv", "card,phone,event,at", *lines)


def addresses(workspace: Workspace, rows: Rows) -> set[tuple[Any, ...]]:
    source_of = {row["record"]: row["source"] for row in rows(RECORDS)}
    found = [(row["record"], row["source"], row["channel"]) for row in rows(ADDRESSES)]
    assert len(found) == len(set(found))
    assert all(source_of[record] == source for record, source, _ in found)
    return set(found)


def test_what_was_imported_is_found_and_written_once(bring: Bring, workspace: Workspace, rows: Rows):
    assert not project(workspace)
    members(bring, "club", CLUB, 0, 1)
    members(bring, "shop", "", 1, 2)
    assert project(workspace)
    found = addresses(workspace, rows)
    assert sorted((source, channel) for _record, source, channel in found) == [
        *(("club", channel) for channel in ("call", "call", "mini_program", "mini_program", "sms", "sms")),
        *(("shop", channel) for channel in ("call", "call", "sms", "sms")),
    ]
    declared = [(row["source"], row["purpose"], row["channel"]) for row in rows(LEGAL_BASES)]
    assert sorted(declared) == [
        ("club", purpose, channel) for purpose in ("marketing", "service") for channel in ("mini_program", "sms")
    ]
    assert rows(REFUSED) == []
    before = workspace.lake.vector([ADDRESSES, LEGAL_BASES, REFUSED])
    assert not project(workspace)
    assert workspace.lake.vector([ADDRESSES, LEGAL_BASES, REFUSED]) == before


def test_who_says_no_is_known_by_his_record_and_by_his_address(bring: Bring, workspace: Workspace, rows: Rows):
    members(bring, "club", CLUB, 0, 1)
    project(workspace)
    addressed = workspace.lake.vector([ADDRESSES])
    said = ((f"v9,{PHONES[1]}", "unsubscribed"), (f",{PHONES[0]}", "clicked"), (f",{PHONES[3]}", "complained"))
    replies(bring, *(f"{who},{event},2026-03-01 09:00" for who, event in said))
    assert project(workspace)
    assert workspace.lake.vector([ADDRESSES]) == addressed  # responses alone change no address
    by_record = {row["record"]: (row["channel"], row["event"], str(row["day"])) for row in rows(REFUSED)}
    (his,) = {row["record"] for row in rows(ADDRESSES)} & set(by_record)
    assert by_record[his] == ("sms", "unsubscribed", "2026-03-01")
    assert len(by_record) == 3  # his, the vendor's own record of him, and that of a number which nobody has named yet
    members(bring, "club", CLUB, 3)  # whose address was known to the vendor before he was to us
    project(workspace)
    events = sorted(row["event"] for row in rows(REFUSED))
    assert events == ["complained", "complained", "unsubscribed", "unsubscribed"]  # the member, too, has complained now


def test_a_basis_and_an_import_that_are_taken_back(bring: Bring, workspace: Workspace, rows: Rows):
    members(bring, "club", CLUB, 0)
    second = members(bring, "club", WITHDRAWN, 1)
    project(workspace)
    assert rows(LEGAL_BASES) == []
    assert len(rows(ADDRESSES)) == 4  # without a basis nobody knows whose the openids are
    take_back(workspace, second, rooms_of(ROOMS))
    refresh(workspace)  # by the fact of the take-back
    assert len(rows(ADDRESSES)) == 2
    assert not project(workspace)


@pytest.mark.each_point
@pytest.mark.parametrize("failpoint", [*projecting.FAILPOINTS, *landing.FAILPOINTS])
def test_what_failed_half_way_is_done_by_the_next(
    failpoint: str, bring: Bring, workspace: Workspace, rows: Rows, monkeypatch: pytest.MonkeyPatch
):
    members(bring, "club", CLUB, 0)
    monkeypatch.setenv("QUANYU_FAILPOINT", f"{failpoint}=full")
    with pytest.raises(OSError, match="No space left"):
        project(workspace)
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert rows(ADDRESSES) == []
    assert project(workspace)
    assert len(rows(ADDRESSES)) == 3
    assert not project(workspace)
