"""A list follows its customers through merges: at once where it is read, and in the database when the fact comes."""

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.model import CustomersMerged
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.bus.draining import drain
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.lists import list_members, lists, move_to_survivors
from quanyu.targeting.audiences.pasting import paste

MAPPING = """source: {source}
files: members.csv
kinds:
  - kind: customer_record
    columns: {{key: card}}
    identifiers: [{{type: phone, scope: global, column: phone}}, {{type: email, scope: global, column: email}}]
"""


@pytest.fixture
def bring(imported):
    def brought(source: str, *rows: str) -> None:
        imported(MAPPING.format(source=source), **{"members.csv": "\n".join(["card,phone,email", *rows, ""])})

    return brought


def stored(ws: Workspace, name: str) -> OrdinalSet:
    with ws.begin() as connection:
        query = "select members from audience_list where name = %s"
        return from_bytes(connection.exec_driver_sql(query, (name,)).scalar_one())


def test_survivors_take_the_place_of_the_merged(workspace: Workspace, bring) -> None:
    bring("erp", "a,13800138001,a@x.com", "b,13800138002,b@x.com", "c,13800138003,c@x.com", "d,13800138004,")
    recognise(workspace)
    singles = {f"l{i}": f"1380013800{i}".encode() for i in (1, 2, 3)}
    for name, phone in singles.items():
        paste(workspace, name, phone, who="t")
    paste(workspace, "some", b"13800138001 \n13800138002\n13800138004", who="t")
    (*three,) = (list_members(workspace, name).ordinals().tolist()[0] for name in singles)
    before = {name: stored(workspace, name) for name in (*singles, "some")}
    bring("web", "w,13800138001,b@x.com")
    bring("web", "v,13800138002,c@x.com")
    assert recognise(workspace).merged == 2
    survivor = OrdinalSet.of([min(three)])
    assert [list_members(workspace, name) for name in singles] == [survivor] * 3
    assert list_members(workspace, "some").count() == 2, "two of the three are one person now"
    assert {name: stored(workspace, name) for name in before} == before, "what is read does not wait for what is kept"
    drain(workspace, ROOMS)
    assert [stored(workspace, name) for name in singles] == [survivor] * 3
    assert stored(workspace, "some") == list_members(workspace, "some")
    move_to_survivors(workspace, CustomersMerged((max(three),), (min(three),)))
    assert [stored(workspace, name) for name in singles] == [survivor] * 3


def test_an_old_id_finds_the_survivor(workspace: Workspace, bring) -> None:
    bring("erp", "a,13800138001,a@x.com", "b,13800138002,b@x.com", "c,13800138003,c@x.com")
    recognise(workspace)
    with workspace.begin() as connection:
        ids = connection.exec_driver_sql("select one_id from customer order by customer").scalars().all()
    bring("web", "w,13800138002,c@x.com")
    recognise(workspace)
    bring("web", "v,13800138001,c@x.com")
    recognise(workspace)
    done = paste(workspace, "old", "\n".join(f"cus_{one_id.hex}" for one_id in ids).encode(), who="t")
    assert (done.counts.matched, done.counts.same_customer) == (1, 2)
    assert list_members(workspace, "old").ordinals().tolist() == [0]


def test_an_audience_does_not_take_the_name_of_a_list(workspace: Workspace) -> None:
    paste(workspace, "mine", b"", who="t")
    words = "title: {en: T, zh: 题}, description: {en: D, zh: 述}"
    with pytest.raises(Conflict, match="pasted list"):
        apply(workspace, f"{{name: mine, {words}, rule: {{tag: frequency, is: is_known}}}}")


def test_what_cannot_be_read_says_what_to_do(workspace: Workspace, bring) -> None:
    bring("erp", "a,13800138001,")
    recognise(workspace)
    paste(workspace, "vip_of_may", b"13800138001", who="t")
    with pytest.raises(NotFound) as caught:
        list_members(workspace, "vip_of_mai")
    assert caught.value.allowed == ("vip_of_may",)
    with workspace.begin() as connection:
        connection.exec_driver_sql("update population set epoch = epoch + 1")
    with pytest.raises(Conflict, match="numbered anew"):
        list_members(workspace, "vip_of_may")
    assert list(lists(workspace)) == ["vip_of_may"]
