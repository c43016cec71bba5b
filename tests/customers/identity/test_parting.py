"""What somebody parts stays parted across every later run, goes back with its facts, and can be taken back."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from tests.customers.conftest import furnishing

from quanyu.customers.identity import asking, recognising
from quanyu.customers.identity.deciding import FAILPOINTS, Decision, acts, take_back
from quanyu.customers.identity.explaining import explain
from quanyu.customers.identity.parting import cut, unlink
from quanyu.customers.identity.recognising import Recognised, recognise
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.lake import landing
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[..., list[Any]]
WHY = Decision("wang", "the store's phone")
MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id}
    identifiers:
      - {type: phone, column: phone}
      - {type: email, column: email}
"""


def members(*lines: str, source: str = "pos") -> dict[str, Any]:
    text = "\n".join(["id,phone,email", *lines, ""])
    return {"lines": text.encode(), "mapping": MEMBERS, "source": source, "name": f"{source}.csv"}


def owners(ask: Ask) -> dict[str, int]:
    """Return the customer of each record by its source: each source has one record here."""
    return dict(ask("select source, customer from record join record_customer using (workspace, record)"))


@pytest.fixture(scope="module")
def furnished(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with furnishing(module_settings, tmp_path_factory.mktemp("joined")) as (workspace, bring):
        bring(**members("a,13800138001,", source="pos"))
        recognise(workspace)
        bring(**members("b,13800138001,one@example.com", source="web"))
        bring(**members("c,,one@example.com", source="app"))
        assert recognise(workspace) == Recognised(2, 0, 0, 1)
    return module_settings


@pytest.fixture
def joined(workspace: Workspace) -> Workspace:
    """Three records of one customer: pos and web share a phone, web and app a mailbox."""
    return workspace


def test_a_value_that_is_not_a_records_joins_it_no_more(joined: Workspace, ask: Ask) -> None:
    number = unlink(joined, "web:b", "phone", WHY)
    assert recognise(joined) == Recognised(0, 1, 0, 2, 1)
    found = owners(ask)
    assert found["pos"] == 0
    assert found["web"] == found["app"] == 1
    assert ask("select body from fact where name = 'identity.customers_split'") == [({"origins": [0], "parted": [1]},)]
    (told,) = explain(joined, "pos:a", "web:b").refusals
    assert (told.type, told.reason) == ("phone", "separated")
    assert [(each.number, each.verdict, each.types, each.author, each.reason) for each in acts(joined)] == [
        (number, "unlinked", ("phone",), "wang", "the store's phone")
    ]


def test_it_is_remembered_when_the_value_comes_again(joined: Workspace, bring: Import, ask: Ask) -> None:
    unlink(joined, "web:b", "phone", WHY)
    recognise(joined)
    bring(**members("b,13800138001,one@example.com", "d,13800138001,", source="web"))
    assert recognise(joined) == Recognised(1, 0, 0, 2)
    assert sorted(ask("select customer, count(*) from record_customer group by customer")) == [(0, 2), (1, 2)]


def test_taken_back_the_older_customer_has_all_again(joined: Workspace, ask: Ask) -> None:
    before = owners(ask)
    number = unlink(joined, "web:b", "phone", WHY)
    recognise(joined)
    assert take_back(joined, [number], "li") == 1
    assert recognise(joined) == Recognised(0, 0, 1, 1)
    assert owners(ask) == before
    assert take_back(joined, [number], "li") == 0
    (told,) = acts(joined)
    assert told.withdrawn_by == "li"


def test_parted_again_the_same_customer_comes_back(joined: Workspace, ask: Ask) -> None:
    number = unlink(joined, "web:b", "phone", WHY)
    recognise(joined)
    parted = owners(ask)
    take_back(joined, [number], "li")
    recognise(joined)
    unlink(joined, "web:b", "phone", WHY)
    assert recognise(joined) == Recognised(0, 0, 0, 2, 1)
    assert owners(ask) == parted


def test_a_value_that_is_no_persons_joins_nobody(joined: Workspace, bring: Import, ask: Ask) -> None:
    unlink(joined, "pos:a", "phone", WHY, everybody=True)
    bring(**members("d,13800138001,", source="jd"))
    recognise(joined)
    found = owners(ask)
    assert len({found["pos"], found["web"], found["jd"]}) == 3
    assert found["web"] == found["app"]


def test_a_record_is_parted_with_all_it_has(joined: Workspace, ask: Ask) -> None:
    one, again = (unlink(joined, "web:b", None, WHY) for _ in range(2))
    recognise(joined)
    assert [(each.number, each.values, each.records) for each in acts(joined)] == [(again, 2, 1), (one, 2, 1)]
    assert len(set(owners(ask).values())) == 3
    take_back(joined, [one], "li")
    recognise(joined)
    assert len(set(owners(ask).values())) == 3


def test_a_cut_parts_the_weakest_link_of_every_chain(joined: Workspace, bring: Import, ask: Ask) -> None:
    bring(**members("d,13800138001,two@example.com", source="jd"))
    bring(**members("c,,two@example.com", source="app"))
    recognise(joined)
    cut(joined, "pos:a", "app:c", WHY)
    (act,) = acts(joined)
    assert (act.verdict, act.types, act.values, act.records) == ("cut", ("email",), 2, 2)
    recognise(joined)
    found = owners(ask)
    assert found["pos"] == found["web"] == found["jd"] != found["app"]
    with pytest.raises(Conflict, match="Nothing joins"):
        cut(joined, "pos:a", "app:c", WHY)


def test_who_was_cut_off_stays_apart_whatever_joins_him_later(joined: Workspace, bring: Import, ask: Ask) -> None:
    act = cut(joined, "pos:a", "app:c", WHY)
    bring(**members("c,13800138001,", source="app"))
    recognise(joined)
    found = owners(ask)
    assert found["pos"] == found["web"] != found["app"]
    (told,) = [each for each in explain(joined, "pos:a", "app:c").refusals if each.type == "phone"]
    assert told.reason == "separated"
    take_back(joined, [act], "li")
    recognise(joined)
    assert len(set(owners(ask).values())) == 1


def test_the_last_word_holds(joined: Workspace, ask: Ask) -> None:
    """Who says of one record, after somebody has said of all, that the value is no person's, is not overruled."""
    nobodys = unlink(joined, "pos:a", "phone", WHY, everybody=True)
    unlink(joined, "web:b", "phone", WHY)
    take_back(joined, [nobodys], "li")
    recognise(joined)
    found = owners(ask)
    assert found["pos"] != found["web"] == found["app"]


def test_what_is_not_there_cannot_be_parted_or_taken_back(joined: Workspace) -> None:
    with pytest.raises(NotFound) as caught:
        unlink(joined, "pos:a", "email", WHY)
    assert (caught.value.received, caught.value.allowed) == ("email", ("phone",))
    with pytest.raises(NotFound, match="no such decision"):
        take_back(joined, [99], "li")
    assert acts(joined) == []


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_what_failed_half_way_leaves_nothing(
    failpoint: str, joined: Workspace, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = owners(ask)
    monkeypatch.setenv("QUANYU_FAILPOINT", f"{failpoint}=full")
    for act in (lambda: unlink(joined, "web:b", "phone", WHY), lambda: cut(joined, "pos:a", "web:b", WHY)):
        with pytest.raises(OSError, match="No space left"):
            act()
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert acts(joined) == []
    assert recognise(joined) == Recognised(0, 0, 0, 1)
    assert owners(ask) == before


NAMED = MEMBERS.replace("{key: id}", "{key: id, name: email}").replace("      - {type: email, column: email}\n", "")
UNMERGE = """
import sys
from quanyu.app.house import opened
from quanyu.customers.identity import deciding, parting, recognising, reviewing
from quanyu.foundation.settings import Settings
why = deciding.Decision("li", "not one person")
verbs = {
    "cut": lambda ws: parting.cut(ws, "pos:a", "web:b", why),
    "unlink": lambda ws: parting.unlink(ws, "web:b", "phone", why),
    "answer": lambda ws: reviewing.answer(ws, "together", why, [int(sys.argv[2])], None),
    "undo": lambda ws: deciding.take_back(ws, [int(sys.argv[2])], "li"),
}
with opened(Settings.load()) as house:
    workspace = house.home.workspace()
    if sys.argv[3] == "decide":
        verbs[sys.argv[1]](workspace)
    recognising.recognise(workspace)
"""


@pytest.mark.each_point
@pytest.mark.parametrize("verb", ["cut", "unlink", "answer", "undo"])
@pytest.mark.parametrize("point", [*FAILPOINTS, *recognising.FAILPOINTS, *asking.FAILPOINTS, *landing.FAILPOINTS])
def test_killed_in_the_middle_of_an_unmerge_the_next_run_ends_where_an_undisturbed_one_does(
    verb: str, point: str, joined: Workspace, bring: Import, ask: Ask, environment: dict[str, str]
) -> None:
    """What was decided before the kill is not decided twice; what was not is as if nobody had asked."""
    for source, name in (("crm", "王芳"), ("erp", "李强")):
        text = f"id,phone,email\nk,13800138009,{name}\n"
        bring(text.encode(), mapping=NAMED, source=source, name=f"{source}.csv")
    recognise(joined)
    number = 0
    if verb == "answer":
        ((number,),) = ask("select number from identity_question where settled is null")
    if verb == "undo":
        number = unlink(joined, "web:b", "phone", WHY)
        recognise(joined)

    def run(what: str, **more: str) -> int:
        command = ["python", "-c", UNMERGE, verb, str(number), what]
        return subprocess.run(command, env={**environment, **more}, check=False, timeout=120).returncode

    def standing() -> list[tuple[str, bool]]:
        return [(act.verdict, act.withdrawn_at is None) for act in acts(joined)]

    before = standing()
    assert run("decide", QUANYU_FAILPOINT=point) == -9
    decided = standing() != before
    assert decided == (point not in FAILPOINTS)
    assert run("nothing" if decided else "decide") == 0
    verdict = {"cut": "cut", "unlink": "unlinked", "answer": "together", "undo": "unlinked"}[verb]
    assert standing() == [(verdict, verb != "undo")]
    customer = owners(ask)
    together = {frozenset(s for s, mine in customer.items() if mine == one) for one in customer.values()}
    parted = [{"pos"}, {"web", "app"}, {"crm"}, {"erp"}]
    expected = {
        "answer": [{"pos", "web", "app"}, {"crm", "erp"}],
        "undo": [{"pos", "web", "app"}, {"crm"}, {"erp"}],
    }.get(verb, parted)
    assert together == {frozenset(each) for each in expected}
    assert customer["pos"] == 0  # the id that was there first
    done = recognise(joined)
    assert (done.records, done.merged, done.parted, done.customers) == (0, 0, 0, len(expected))
    told = ask("select name from fact where name in ('identity.customers_split', 'identity.customers_merged')")
    assert len(told) == (2 if verb == "undo" else 1)
