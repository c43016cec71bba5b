"""Customers are found by a phone or its end, a card, a key, a name as it is read; by nothing that is not theirs."""

from pathlib import Path

import pytest
from tests.conftest import delivered

from quanyu.customers.identity.finding import by_card, by_name, by_tail, by_value, customers_of
from quanyu.customers.identity.identifiers import PHONE
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation import home as homes
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

WANG, LI, NICK = 0, 1, 2


@pytest.fixture(scope="module")
def furnished(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """王芳 is known to till and app by one phone; 李强 has another one with the same end; a nickname has a card."""
    home, folder = homes.create(module_settings, "main", "Asia/Shanghai", "CNY"), tmp_path_factory.mktemp("people")
    workspace = home.workspace()
    people = [("t1", "王芳"), ("t2", "李强"), ("t3", "爱吃辣")]
    delivered(workspace, folder, "customer_record", "key name", people, source="till")
    delivered(workspace, folder, "customer_record", "key name", [("a1", "Wang Fang")], source="app")
    given = [("t1", "phone", "", "13800138000"), ("t2", "phone", "", "13900138000"), ("t3", "card", "all", "K-0815")]
    delivered(workspace, folder, "identifier", "key type scope value", given, source="till")
    again = [("a1", "phone", "", "+86 138-0013-8000")]
    delivered(workspace, folder, "identifier", "key type scope value", again, source="app")
    recognise(workspace)
    home.close()
    return module_settings


def number(workspace: Workspace, key: str) -> int:
    """Return the customer whose record at the till has this key."""
    (found,) = by_card(workspace, key)
    return found


def test_a_phone_is_found_however_it_is_written(workspace: Workspace):
    for written in ("13800138000", "+86 138 0013 8000", "008613800138000", "１３８００１３８０００"):
        assert by_value(workspace, written, [PHONE]) == [number(workspace, "t1")]
    assert by_value(workspace, "13800138001", [PHONE]) == []
    assert by_value(workspace, "K-0815", [PHONE]) == [], "a card is no phone"


def test_the_last_four_digits_find_whoever_has_such_a_phone(workspace: Workspace):
    assert sorted(by_tail(workspace, "8000")) == sorted([number(workspace, "t1"), number(workspace, "t2")])
    assert by_tail(workspace, "8001") == []
    assert by_tail(workspace, "0815") == [], "the end of a card is no phone's"


def test_a_card_or_the_key_of_a_record_finds_its_owner(workspace: Workspace):
    assert by_card(workspace, "K-0815") == [number(workspace, "t3")]
    assert by_card(workspace, "a1") == [number(workspace, "t1")], "both records are one customer"
    assert by_card(workspace, "13800138000") == [], "a phone is no card"
    assert by_card(workspace, "k-0815") == [], "large and small letters differ"


@pytest.mark.parametrize(("name", "key"), [("王芳", "t1"), ("wang fang", "t1"), ("李强", "t2")])
def test_a_name_finds_who_bears_it_or_one_that_is_read_alike(workspace: Workspace, name: str, key: str):
    assert by_name(workspace, name) == [number(workspace, key)]


@pytest.mark.parametrize("name", ["王", "王女士", "爱吃辣", "张伟"])
def test_a_surname_or_a_nickname_finds_nobody(workspace: Workspace, name: str):
    assert by_name(workspace, name) == []


def test_a_name_that_was_changed_finds_no_more(workspace: Workspace, tmp_path: Path):
    told = [("t2", "赵敏", "2027-01-01")]
    delivered(workspace, tmp_path, "customer_record", "key name observed_at", told, source="till")
    assert by_name(workspace, "李强") == []
    assert by_name(workspace, "赵敏") == [number(workspace, "t2")]


def test_what_is_asked_stands_in_the_text_of_no_query(workspace: Workspace):
    """Texts of queries are kept for whoever asks the same; a phone must not be among them."""
    backend = workspace.lake.engine.backend()
    compiled: list[str] = []
    compile_ = backend.compile

    def noted(*given: object, **more: object) -> str:
        compiled.append(compile_(*given, **more))
        return compiled[-1]

    backend.compile = noted  # type: ignore[method-assign]
    try:
        by_value(workspace, "13800138000")
        by_tail(workspace, "8000")
        by_name(workspace, "王芳")
    finally:
        del backend.compile
    assert compiled
    assert not [text for text in compiled if "13800138000" in text or "'8000'" in text or "王芳" in text]


def test_records_of_nobody_find_nobody(workspace: Workspace):
    assert customers_of(workspace, []) == []
    assert customers_of(workspace, [10_000]) == []
