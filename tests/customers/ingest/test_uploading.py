"""Parts of a file come in order, each counts once, and nothing is written elsewhere."""

from dataclasses import replace
from datetime import timedelta

import pytest

from quanyu.customers.ingest.inbox import find_in_inbox
from quanyu.customers.ingest.uploading import expire_uploads, path_below, place_of, receive
from quanyu.foundation.errors import Conflict, Forbidden, Invalid

BATCH, OTHER = "0123456789abcdef", "fedcba9876543210"


def test_parts_add_up_to_the_file_also_when_one_is_sent_twice(workspace):
    assert receive(workspace, BATCH, "会员.csv", 0, b"card,phone\n") == 11
    assert receive(workspace, BATCH, "会员.csv", 11, b"A1,138\n") == 18
    assert receive(workspace, BATCH, "会员.csv", 11, b"A1,138\n") == 18
    place = place_of(workspace, BATCH, "会员.csv")
    assert place.read_bytes() == b"card,phone\nA1,138\n"
    assert place.stat().st_mode & 0o077 == 0
    assert receive(workspace, BATCH, "会员.csv", 0, b"card\n") == 5, "offset 0 begins anew"
    assert place.read_bytes() == b"card\n"


def test_a_missing_part_is_named(workspace):
    receive(workspace, BATCH, "orders.csv", 0, b"12345")
    with pytest.raises(Conflict) as caught:
        receive(workspace, BATCH, "orders.csv", 10, b"x")
    assert (caught.value.received, caught.value.allowed) == ("10", ("5",))


@pytest.mark.parametrize("name", ["../x.csv", "a/b.csv", "..\\x.csv", "", ".hidden.csv", "x" * 300, "a\x00.csv"])
def test_what_is_no_name_is_refused_and_not_repeated(workspace, name: str):
    with pytest.raises(Invalid) as caught:
        receive(workspace, BATCH, name, 0, b"x")
    assert name == "" or name not in str(caught.value.describe())


@pytest.mark.parametrize("name", ["a.exe", "a.pdf", "plain", "a.csv.html"])
def test_a_type_that_nobody_reads_is_refused_with_those_that_are(workspace, name: str):
    with pytest.raises(Invalid) as caught:
        receive(workspace, BATCH, name, 0, b"x")
    assert ".xlsx" in caught.value.allowed


def test_two_who_send_a_file_of_one_name_do_not_meet(workspace):
    receive(workspace, BATCH, "orders.csv", 0, b"mine")
    receive(workspace, OTHER, "orders.csv", 0, b"theirs")
    assert place_of(workspace, BATCH, "orders.csv").read_bytes() == b"mine"
    for strange in ("", "..", "short", "a/b" * 8, "UPPERCASE0123456"):
        with pytest.raises(Invalid):
            receive(workspace, strange, "orders.csv", 0, b"x")


def test_no_other_workspace_reads_what_has_come_in(workspace):
    receive(workspace, BATCH, "orders.csv", 0, b"mine")
    name = path_below(workspace, place_of(workspace, BATCH, "orders.csv"))
    assert find_in_inbox(workspace, name).read_bytes() == b"mine"
    with pytest.raises(Forbidden):
        find_in_inbox(replace(workspace, number=workspace.number + 1), name)


def test_what_has_come_in_is_removed_when_refused_lines_would_be(workspace):
    receive(workspace, BATCH, "orders.csv", 0, b"old")
    workspace.clock.move(timedelta(days=workspace.settings.reject_days + 1))
    receive(workspace, OTHER, "orders.csv", 0, b"new")
    assert expire_uploads(workspace) == 1
    assert not place_of(workspace, BATCH, "orders.csv").exists()
    assert place_of(workspace, OTHER, "orders.csv").exists()
