"""Goals come from files with all their faults at once, and are held against what is; what is not there is not zero."""

from pathlib import Path

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.quality.goals import Goal, Reached, figure, hold_against, load_goals, read_goals, retail_goals
from quanyu.customers.quality.model import Survey
from quanyu.foundation.errors import Invalid, NotFound

KINDS = tuple(kind for room in ROOMS for kind in room.kinds)
WRONG = """goals:
  - {kind: customers, field: phone, measure: fill, at_least: 80%}
  - {kind: order_line, field: custmer, measure: fill, at_least: 1.5}
  - {kind: order_line, measure: fil, at_least: 1}
  - {kind: order_line, measure: fill, at_least: 1}
  - {kind: order_line, field: product, measure: fresh, at_most: 3}
  - {kind: order_line, measure: fresh}
  - {kind: order_line, measure: fresh, at_most: soon, ower: me}
"""
GOALS = """goals:
  - {kind: customer_record, field: phone, measure: fill, at_least: 95%, owner: CRM}
  - {kind: customer_record, field: birth_date, measure: fill, at_least: 0.95, source: crm}
  - {kind: customer_record, field: birth_date, measure: valid, at_least: 99%}
  - {kind: customer_record, measure: linked, at_least: 50%}
  - {kind: order_line, measure: fresh, at_most: 3}
  - {kind: order_line, measure: missing_days, at_most: 1}
  - {kind: order_line, field: customer, measure: fill, at_least: 70%, source: web}
  - {kind: event, measure: fresh, at_most: 1}
"""


def held(survey: Survey) -> dict[tuple[str, str | None, str, str], Reached]:
    found = hold_against(read_goals(GOALS, KINDS), survey)
    return {(r.goal.kind, r.goal.field, r.goal.measure, r.source): r for r in found}


def test_all_faults_come_at_once_with_their_places():
    with pytest.raises(Invalid) as refused:
        read_goals(WRONG, KINDS)
    places = [fault.place for fault in refused.value.faults]
    assert places == [
        "line 2: goals[0].kind",
        "line 3: goals[1].field",
        "line 3: goals[1].at_least",
        "line 4: goals[2].measure",
        "line 5: goals[3].field",
        "line 6: goals[4].field",
        "line 7: goals[5]",
        "line 8: goals[6].ower",
        "line 8: goals[6].at_most",
    ]
    assert "customer" in refused.value.faults[1].allowed


def test_files_are_read_and_the_shipped_goals_hold_for_our_kinds(tmp_path: Path):
    (tmp_path / "goals.yaml").write_text(GOALS, encoding="utf-8")
    assert len(load_goals(tmp_path / "goals.yaml", KINDS)) == 8
    assert len(retail_goals(KINDS)) > 10
    with pytest.raises(NotFound):
        load_goals(tmp_path / "none.yaml", KINDS)


def test_goal_against_actual_in_numbers_of_records(survey: Survey):
    found = held(survey)
    phone = found["customer_record", "phone", "fill", "crm"]
    assert (phone.met, phone.lacking) == (False, 5)  # 285 of 300 wanted, 280 there
    assert phone.actual == pytest.approx(280 / 300)
    assert "fill 5" in phone.words.en
    assert "补齐 5" in phone.words.zh
    assert found["customer_record", "phone", "fill", "pos"].met is True
    births = found["customer_record", "birth_date", "fill", "crm"]
    assert (births.met, births.lacking) == (False, 5)
    valid = found["customer_record", "birth_date", "valid", "crm"]
    assert (valid.met, valid.lacking) == (False, 3)  # 278 of 280 wanted, 275 are
    linked = found["customer_record", None, "linked", "crm"]
    assert (linked.met, linked.lacking) == (False, 100)
    assert (found["order_line", None, "fresh", "pos"].met, found["order_line", None, "missing_days", "pos"].met) == (
        False,
        True,
    )


def test_what_was_never_delivered_is_incomplete_not_zero(survey: Survey):
    found = held(survey)
    for at in [
        ("customer_record", "birth_date", "valid", "pos"),
        ("order_line", "customer", "fill", "web"),
        ("event", None, "fresh", "*"),
    ]:
        assert (found[at].met, found[at].actual, found[at].lacking) == (None, None, None)
        assert "incomplete" in found[at].words.en


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.976, "97.6%"), (0.9799, "97.99%"), (0.98, "98%"), (0.984, "98.4%"), (0.5, "50%"), (1, "100%")],
)
def test_a_share_short_of_its_goal_does_not_look_like_it(value: float, told: str):
    assert figure(Goal("customer_record", "phone", "valid", at_least=0.98), value) == told
