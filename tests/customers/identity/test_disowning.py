"""The company's own numbers join nobody, whoever's card they stand on and whichever comes first."""

from collections.abc import Callable
from typing import Any

import pytest

from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.customers.identity import deciding, reviewing, waiting
from quanyu.customers.identity.deciding import Decision
from quanyu.customers.identity.explaining import explain
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[..., list[Any]]
CARDS = """
source: SOURCE
files: "FILES"
currency: CNY
kinds:
  - kind: customer_record
    columns: {key: card, name: name}
    identifiers:
      - {type: member_card, scope: till, column: card}
      - {type: phone, column: phone}
      - {type: openid, scope: mall, column: openid}
"""
STAFF = """
source: SOURCE
files: "FILES"
currency: CNY
kinds:
  - kind: staff
    columns: {number: number, store: store}
  - kind: own_identifier
    columns: {value: phone}
    constants: {type: 手机号}
  - kind: own_identifier
    columns: {value: openid}
    constants: {type: openid, scope: mall}
"""
HOUSE = rooms_of(ROOMS)
GUIDES = "13900139001"


def cards(bring: Import, *lines: str) -> int:
    text = "\n".join(["card,name,phone,openid", *lines, ""])
    return bring(text.encode(), mapping=CARDS, source="till", name="till.csv").number


def staff(bring: Import, *lines: str) -> Outcome:
    text = "\n".join(["number,store,phone,openid", *lines, ""])
    return bring(text.encode(), mapping=STAFF, source="org", name="staff.csv")


@pytest.fixture(params=[0.0, 2.0])
def large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read everything, or what hangs together with what waits."""
    monkeypatch.setattr(waiting, "LARGE", request.param)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("first", ["cards", "staff"])
def test_the_phone_of_a_guide_on_thirty_cards_joins_nobody(first: str, bring: Import, workspace: Workspace, ask: Ask):
    def of_cards() -> int:
        return cards(bring, *(f"M{n},{'王芳' if n < 3 else ''},{GUIDES}," for n in range(30)))

    steps = [of_cards, lambda: staff(bring, f"E1,S1,+86 {GUIDES},")]
    for step in steps if first == "cards" else steps[::-1]:
        step()
        recognise(workspace)
    assert recognise(workspace).customers == 30
    found = explain(workspace, "till:M1", "till:M2")
    assert (found.same, [(each.type, each.reason) for each in found.refusals]) == (False, [("phone", "own")])
    assert ask("select type, scope from own_identifier") == [("phone", "global")]
    assert reviewing.review(workspace, lambda _, asked: asked.select(["question"]).slice(0, 0)).questions == ()


@pytest.mark.usefixtures("large")
def test_what_was_joined_by_it_is_parted_and_joined_again_when_the_list_is_taken_back(
    bring: Import, workspace: Workspace
):
    cards(bring, f"M1,王芳,{GUIDES},", f"M2,王芳,{GUIDES},", "M3,,,o1", "M4,,,o1", "M5,李强,13900139002,")
    assert recognise(workspace).customers == 3
    listed = staff(bring, f"E1,S1,{GUIDES},o1", "E2,S1,,")
    assert recognise(workspace).customers == 5
    assert recognise(workspace).customers == 5
    take_back(workspace, listed.number, HOUSE)
    assert recognise(workspace).customers == 3


def test_what_people_decide_stands_above_it(bring: Import, workspace: Workspace, ask: Ask):
    cards(bring, f"M1,王芳,{GUIDES},", f"M2,李强,{GUIDES},")
    recognise(workspace)
    ((number,),) = ask("select number from identity_question")
    decision = Decision("ann", "a guide who shops here, and her card in her maiden name")
    act, _ = reviewing.answer(workspace, "together", decision, [number], None)
    assert recognise(workspace).customers == 1
    staff(bring, f"E1,S1,{GUIDES},")
    assert recognise(workspace).customers == 1
    deciding.take_back(workspace, [act], "ann")
    assert recognise(workspace).customers == 2


def test_what_comes_again_is_known_and_what_is_no_number_is_counted(bring: Import, workspace: Workspace, ask: Ask):
    staff(bring, f"E1,S1,{GUIDES},", "E2,S1,无,o2")
    assert sorted(ask("select type, scope from own_identifier")) == [("openid", "mall"), ("phone", "global")]
    assert ask("select sum(landed) from import_count where kind = 'own_identifier'") == [(2,)]
    staff(bring, f"E3,S1,{GUIDES},", "E4,S1,,")
    assert len(ask("select type from own_identifier")) == 2
