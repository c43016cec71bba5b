"""What a journey changed is worked out by hand: purchases after entering, net of what came back, by group."""

from datetime import timedelta

import pytest
from tests.conftest import delivered
from tests.engagement.conftest import MEMBERS, customers_of
from tests.engagement.journeys.conftest import MORNING, at, audience, journey, outcomes

from quanyu.engagement.journeys.counting import count
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.effects import assigned_to, report
from quanyu.engagement.journeys.policy import apply as apply_policy
from quanyu.engagement.journeys.reporting import first_words
from quanyu.engagement.journeys.states import bring, start
from quanyu.engagement.journeys.testers import find_testers
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.experiments.terms import apply as apply_terms

WAIT = "{step: w, wait: {days: 1}}"
LOT = "{step: lot, split: {w: 0.5, end: 0.5}}"


def enter(ws, *steps: str, whom: OrdinalSet | None = None, **more: str) -> None:
    apply(ws, journey("{call: {}}", *steps, **more))
    start(ws, "play")
    bring(ws, "play", "1", OrdinalSet.first(MEMBERS) if whom is None else whom)
    tick(ws)


def buy(ws, below, *orders: tuple[str, int, str, str]) -> None:
    """Let members buy: order, member, amount (a negative one is returned), day."""
    rows = [(n, f"m{i}", "A", -1 if a.startswith("-") else 1, a, f"{day} 12:00") for n, i, a, day in orders]
    delivered(ws, below, "order_line", "order_number customer product quantity amount placed_at", rows, source="club")


def test_who_entered_against_who_was_left_alone(stage, tmp_path):
    enter(stage, WAIT, control="0.3")
    told = outcomes(stage)
    members = dict(zip(customers_of(stage, range(MEMBERS)), range(MEMBERS), strict=True))
    one, two, three = (members[customer] for customer in sorted(told["start", "entered"])[:3])
    alone = members[min(told["start", "control"])]
    buy(
        stage,
        tmp_path,
        ("n1", one, "100.00", "2026-03-11"),
        ("n2", one, "20.50", "2026-03-20"),
        ("n3", two, "50.00", "2026-03-10"),  # on the day itself
        ("n4", three, "70.00", "2026-03-18"),
        ("n5", three, "-30.00", "2026-03-19"),
        ("n6", alone, "10.00", "2026-03-17"),
        ("n7", alone, "99.00", "2026-03-18"),  # after its days
    )
    at(stage, MORNING + timedelta(days=30))
    found = report(stage, "play", days=7)
    entered, control = len(told["start", "entered"]), len(told["start", "control"])
    assert {arm.name: arm.customers for arm in found.analysis.arms} == {"entered": entered, "control": control}
    assert found.analysis.sample_ratio.expected == {"control": pytest.approx(0.3), "entered": pytest.approx(0.7)}
    effects = {effect.outcome: effect for effect in found.analysis.effects}
    assert effects["bought"].arm_mean == pytest.approx(1 / entered)
    assert effects["bought"].control_mean == pytest.approx(1 / control)
    assert effects["spent"].arm_mean == pytest.approx(100.0 / entered)
    assert effects["spent"].control_mean == pytest.approx(10.0 / control)
    assert effects["unsubscribe"].arm_mean == 0
    whole = {effect.outcome: effect for effect in report(stage, "play", days=14).analysis.effects}
    assert whole["spent"].arm_mean == pytest.approx((100.0 + 20.5 + 40.0) / entered)
    assert whole["spent"].control_mean == pytest.approx(109.0 / control)


def test_it_is_preliminary_until_purchases_and_returns_are_over(stage):
    enter(stage, WAIT, control="0.3")
    found = report(stage, "play", days=7)
    assert found.preliminary
    assert found.settled_on == (MORNING + timedelta(days=22)).date()
    at(stage, MORNING + timedelta(days=22))
    assert report(stage, "play", days=7).preliminary
    at(stage, MORNING + timedelta(days=23))
    assert not report(stage, "play", days=7).preliminary


def test_who_tries_things_out_is_in_no_figure(stage):
    audience(stage, "staff", '{tag: frequency, is: ">", value: 0}')
    refresh(stage)
    apply_policy(stage, "testers: staff")
    enter(stage, WAIT, control="0.3")
    at(stage, MORNING + timedelta(days=30))
    staff, told = set(find_testers(stage).ordinals().tolist()), outcomes(stage)
    assert staff
    arms = {arm.name: arm.customers for arm in report(stage, "play", days=7).analysis.arms}
    assert arms == {name: len(told["start", name] - staff) for name in ("entered", "control")}


def test_the_ways_of_a_split(stage):
    enter(stage, LOT, WAIT)
    found = report(stage, "play", days=7, step="lot")
    told = outcomes(stage)
    sizes = {"w": len(told["lot", "to:w"]), "end": len(told["lot", "to:end"])}
    assert {arm.name: arm.customers for arm in found.analysis.arms} == sizes
    assert found.analysis.control == "end"
    with pytest.raises(Invalid) as raised:
        report(stage, "play", step="w")
    assert raised.value.allowed == ("lot",)


def test_without_a_control_there_is_nothing_to_say(stage):
    enter(stage, WAIT)
    with pytest.raises(Conflict) as raised:
        report(stage, "play")
    assert "control" in str(raised.value.remedy)


TERMS = """returns: {days: 10, channels: {store: 7}}
margin: 0.5
messages: {sms: 0.1}
points: {each: 100, worth: 0.01}
software: 0
"""


def test_what_comes_back_counts_within_the_window_of_the_purchases_channel(stage, tmp_path):
    apply_terms(stage, "returns: {days: 10, channels: {store: 3}}")
    enter(stage, WAIT, control="0.3")
    told = outcomes(stage)
    members = dict(zip(customers_of(stage, range(MEMBERS)), range(MEMBERS), strict=True))
    one, two, three, four, five = (members[customer] for customer in sorted(told["start", "entered"])[:5])
    alone = members[min(told["start", "control"])]
    buy(
        stage,
        tmp_path,
        ("n1", one, "100.00", "2026-03-15"),
        ("b1", one, "-30.00", "2026-03-24"),  # after the days that count, within ten of the purchase
        ("n2", two, "50.00", "2026-03-12"),
        ("b2", two, "-20.00", "2026-03-24"),  # twelve days later
        ("b3", three, "-40.00", "2026-03-12"),  # of a purchase before he entered
        ("n4", four, "60.00", "2026-03-14"),
        ("b4", four, "-10.00", "2026-03-18"),  # in a store, and later than three days
        ("n5", five, "70.00", "2026-03-14"),
        ("b5", five, "-15.00", "2026-03-17"),  # in a store, on the third day
        ("n6", alone, "10.00", "2026-03-17"),
        ("b6", alone, "-25.00", "2026-03-18"),  # more than was paid: some of it was bought before
    )
    stores = [("n4", f"m{four}", "2026-03-14", "store"), ("n5", f"m{five}", "2026-03-14", "store")]
    delivered(stage, tmp_path, "order", "order_number customer placed_at channel", stores, source="club")
    at(stage, MORNING + timedelta(days=40))
    spent = next(e for e in report(stage, "play", days=7).analysis.effects if e.outcome == "spent")
    entered, control = len(told["start", "entered"]), len(told["start", "control"])
    assert spent.arm_mean == pytest.approx((70.0 + 50.0 + 60.0 + 55.0) / entered)
    assert spent.control_mean == pytest.approx(0.0 / control)


def test_what_was_done_before_is_allowed_for(stage, tmp_path):
    enter(stage, WAIT, control="0.5")
    told = outcomes(stage)
    members = dict(zip(customers_of(stage, range(MEMBERS)), range(MEMBERS), strict=True))
    every = [members[customer] for customer in sorted(told["start", "entered"] | told["start", "control"])]
    # What each spends follows from what he spent before: nothing is left to chance.
    buy(stage, tmp_path, *((f"n{i}", i, f"{10 * (i + 1)}.00", "2026-03-12") for i in every if i % 2 == 0))
    at(stage, MORNING + timedelta(days=40))
    found = report(stage, "play", days=7)
    assert not found.preliminary
    assert found.analysis.before == ("spent_before", "orders_before")
    assert found.analysis.looking is None
    spent = next(effect for effect in found.analysis.effects if effect.outcome == "spent")
    assert (spent.removed or 0) > 0.3
    assert spent.unadjusted == pytest.approx(spent.arm_mean - spent.control_mean)


def test_limits_hold_at_any_look_while_it_is_preliminary(stage):
    enter(stage, WAIT, control="0.3")
    at(stage, MORNING + timedelta(days=5))
    looking = report(stage, "play", days=8).analysis.looking
    assert looking is not None
    assert looking.seen == pytest.approx(4 / 8)


def test_costs_harm_and_payback(stage, tmp_path):
    apply_terms(stage, TERMS)
    # Odd members have bought nothing before, so that nothing has to be allowed for and figures come out by hand.
    enter(stage, WAIT, control="0.4", whom=OrdinalSet.of(customers_of(stage, range(1, MEMBERS, 2))))
    told = outcomes(stage)
    members = dict(zip(customers_of(stage, range(MEMBERS)), range(MEMBERS), strict=True))
    entered = [members[customer] for customer in sorted(told["start", "entered"])]
    sent = [(f"s{i}", "sms", f"m{i}", "2026-03-11 10:00") for i in entered]
    delivered(stage, tmp_path, "message", "message_id channel customer sent_at", sent, source="club")
    answers = [
        (f"s{entered[0]}", "sms", "unsubscribed", f"m{entered[0]}", "2026-03-12 10:00"),
        (f"s{entered[1]}", "sms", "complained", f"m{entered[1]}", "2026-03-12 10:00"),
    ]
    columns = "message_id channel event customer occurred_at"
    delivered(stage, tmp_path, "response", columns, answers, source="club")
    buy(stage, tmp_path, ("n1", entered[0], "100.00", "2026-03-11"), ("n2", entered[1], "60.00", "2026-03-12"))
    orders = [("n1", f"m{entered[0]}", "2026-03-11 12:00", "25.00")]
    delivered(stage, tmp_path, "order", "order_number customer placed_at discount", orders, source="club")
    at(stage, MORNING + timedelta(days=30))
    found = report(stage, "play", days=7)
    effects = {effect.outcome: effect for effect in found.analysis.effects}
    many = len(entered)
    assert effects["unsubscribe"].arm_mean == pytest.approx(1 / many)
    assert effects["complaint"].arm_mean == pytest.approx(1 / many)
    assert effects["complaint"].control_mean == 0
    assert found.settled_on == (MORNING + timedelta(days=7 + 10)).date()
    rows = count(stage, assigned_to(stage, "play", None), 7, found.terms).rows
    assert sum(rows["messages"].to_pylist()) == pytest.approx(0.1 * many)
    assert sum(rows["discount"].to_pylist()) == pytest.approx(25.0)
    (paid,) = found.paid
    assert paid.arm == "entered"
    assert paid.profit == pytest.approx(paid.margin - paid.cost)
    assert paid.profit_low < paid.profit < paid.profit_high
    # 25 taken off, 0.1 a message and one for points each, and half of what was sold before that.
    assert paid.cost == pytest.approx(25 + 1.1 * many)
    assert paid.margin == pytest.approx(0.5 * 185)
    assert any("store 7 days" in words.en for words in first_words(found))


def test_what_goes_on_the_day_of_entering_costs_and_harms(stage, tmp_path):
    apply_terms(stage, TERMS)
    enter(stage, WAIT, control="0.4")
    told = outcomes(stage)
    members = dict(zip(customers_of(stage, range(MEMBERS)), range(MEMBERS), strict=True))
    entered = [members[customer] for customer in sorted(told["start", "entered"])]
    sent = [(f"s{i}", "sms", f"m{i}", "2026-03-10 12:00") for i in entered]
    delivered(stage, tmp_path, "message", "message_id channel customer sent_at", sent, source="club")
    answers = [(f"s{i}", "sms", "unsubscribed", f"m{i}", "2026-03-10 13:00") for i in entered[:2]]
    columns = "message_id channel event customer occurred_at"
    delivered(stage, tmp_path, "response", columns, answers, source="club")
    at(stage, MORNING + timedelta(days=30))
    found = report(stage, "play", days=7)
    effects = {effect.outcome: effect for effect in found.analysis.effects}
    assert effects["unsubscribe"].arm_mean == pytest.approx(2 / len(entered))
    rows = count(stage, assigned_to(stage, "play", None), 7, found.terms)
    assert (rows.messages, rows.all_messages) == (len(entered), len(entered))
    later = count(stage, assigned_to(stage, "play", None), 7, found.terms, at_once=False)
    assert (later.messages, later.all_messages) == (0, 0)


def test_by_a_tag_of_before(stage, tmp_path):
    enter(stage, WAIT, control="0.5")
    found = report(stage, "play", days=7, by="language")
    assert found.by_past is True
    assert found.analysis.parts is not None
    assert found.analysis.parts.by == "language"
    assert {*(p.value for p in found.analysis.parts.parts), *found.analysis.parts.small} >= {"en"}
    with pytest.raises(Invalid) as raised:
        report(stage, "play", by="languages")
    assert "language" in raised.value.allowed
