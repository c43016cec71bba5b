"""The north chain: an English till whose members have partly been through a spreadsheet."""

import re

import pytest

MEMBERS = ["MemberNo", "Name", "Mobile", "Sex", "BirthDate", "JoinDate", "HomeStore", "Email", "SmsOptIn"]
RECEIPTS = [
    "ReceiptNo",
    "LineNo",
    "StoreCode",
    "Cashier",
    "TransTime",
    "MemberNo",
    "Barcode",
    "ItemCode",
    "ItemName",
    "Qty",
    "ListPrice",
    "Discount",
    "UnitPrice",
    "NetAmount",
    "TaxRate",
    "TaxAmount",
    "PointsPaid",
    "Tender",
    "PayerToken",
]


@pytest.fixture(scope="module")
def members(rows):
    return rows("pos_north/members.csv")


@pytest.fixture(scope="module")
def receipts(rows):
    return rows("pos_north/receipts-*.csv")


def test_files_have_the_headers_of_the_till_and_a_mark(header, company):
    assert header("pos_north/members.csv") == MEMBERS
    assert header("pos_north/receipts-*.csv") == RECEIPTS
    assert (company / "out" / "pos_north" / "members.csv").read_bytes().startswith(b"\xef\xbb\xbfMemberNo,")


def test_some_rows_carry_the_damage_of_a_spreadsheet(members):
    damaged = [row for row in members if not row["MemberNo"].startswith("00")]
    assert 0 < len(damaged) < 0.1 * len(members)
    phones = {row["Mobile"] for row in damaged} - {""}
    assert phones
    assert all(re.fullmatch(r"\d\.\d\dE\+10", phone) or len(phone) < 11 for phone in phones)
    assert all("/" in row["JoinDate"] for row in damaged)


def test_sound_rows_have_whole_numbers_and_dates(members):
    sound = [row for row in members if row["MemberNo"].startswith("00")]
    assert len({row["MemberNo"] for row in members}) == len(members)
    assert all(re.fullmatch(r"\d{16}", row["MemberNo"]) for row in sound)
    assert all(re.fullmatch(r"(\d{10,12})?", row["Mobile"]) for row in sound)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", row["JoinDate"]) for row in sound)


def test_what_is_not_asked_for_is_mostly_empty(members):
    for column in ("Sex", "BirthDate", "Email"):
        assert 0.5 < sum(row[column] == "" for row in members) / len(members) < 0.9


def test_receipts_know_cards_by_their_whole_number(members, receipts):
    cards = {row["MemberNo"].zfill(16) for row in members}
    shown = {row["MemberNo"] for row in receipts} - {""}
    assert shown
    assert shown <= cards


def test_amounts_and_tax_add_up(receipts, fen):
    assert len({(row["ReceiptNo"], row["LineNo"]) for row in receipts}) == len(receipts)
    for row in receipts:
        net = fen(row["NetAmount"])
        assert fen(row["ListPrice"]) * int(row["Qty"]) - fen(row["Discount"]) == net
        assert abs(fen(row["TaxAmount"]) - net * 13 / 113) <= 0.51
        assert re.fullmatch(r"\d\d/\d\d/20\d\d \d\d:\d\d:\d\d", row["TransTime"])


def test_a_card_tells_nothing_of_its_person(members, truth, untold):
    person = {f"{row['key'] % 10**14:014d}": row["person"] for row in truth("records").to_pylist()}
    cards = [row["MemberNo"].zfill(16)[2:] for row in members]
    assert untold([int(card) for card in cards], [person[card] for card in cards])
