"""Parts of a file come in order, each counts once, and nothing is written elsewhere."""

import pytest

from quanyu.customers.ingest.uploading import place_of, receive
from quanyu.foundation.errors import Conflict, Invalid


def test_parts_add_up_to_the_file_also_when_one_is_sent_twice(workspace):
    assert receive(workspace, "会员.csv", 0, b"card,phone\n") == 11
    assert receive(workspace, "会员.csv", 11, b"A1,138\n") == 18
    assert receive(workspace, "会员.csv", 11, b"A1,138\n") == 18
    place = place_of(workspace, "会员.csv")
    assert place.read_bytes() == b"card,phone\nA1,138\n"
    assert place.stat().st_mode & 0o077 == 0
    assert receive(workspace, "会员.csv", 0, b"card\n") == 5, "offset 0 begins anew"
    assert place.read_bytes() == b"card\n"


def test_a_missing_part_is_named(workspace):
    receive(workspace, "orders.csv", 0, b"12345")
    with pytest.raises(Conflict) as caught:
        receive(workspace, "orders.csv", 10, b"x")
    assert (caught.value.received, caught.value.allowed) == ("10", ("5",))


@pytest.mark.parametrize("name", ["../x.csv", "a/b.csv", "..\\x.csv", "", ".hidden.csv", "x" * 300, "a\x00.csv"])
def test_what_is_no_name_is_refused_and_not_repeated(workspace, name: str):
    with pytest.raises(Invalid) as caught:
        receive(workspace, name, 0, b"x")
    assert name == "" or name not in str(caught.value.describe())


@pytest.mark.parametrize("name", ["a.exe", "a.pdf", "plain", "a.csv.html"])
def test_a_type_that_nobody_reads_is_refused_with_those_that_are(workspace, name: str):
    with pytest.raises(Invalid) as caught:
        receive(workspace, name, 0, b"x")
    assert ".xlsx" in caught.value.allowed
