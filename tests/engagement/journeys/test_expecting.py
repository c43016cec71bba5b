"""What messages are expected to bring is worked out by hand, borne out or not, and decides whom a cap serves."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from tests.conftest import delivered
from tests.engagement.conftest import MEMBERS, customers_of, member
from tests.engagement.journeys.conftest import MORNING, at, journey, outcomes

from quanyu.engagement.journeys import policy
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.effects import report
from quanyu.engagement.journeys.expecting import expect
from quanyu.engagement.journeys.precedence import FEW, MISSED, SHOWN, UNCERTAIN, expectations
from quanyu.engagement.journeys.preceding import placed
from quanyu.engagement.journeys.reporting import first_words
from quanyu.engagement.journeys.states import bring, start
from quanyu.engagement.journeys.ticking import tick
from quanyu.engagement.journeys.tracing import trace
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.experiments.terms import apply as apply_terms

PHONES = [i for i in range(MEMBERS) if member(i)[5]]
EARLIER, LATER = PHONES[:20], PHONES[20:]
SEND = "{step: hello, send: {content: hello, by: [texts]}}"
LOT = "{step: lot, split: {hello: 0.5, end: 0.5}}"
SETTLED = MORNING + timedelta(days=60)


def named(name: str, *steps: str, **more: str) -> str:
    return journey("{call: {}}", *steps, **more).replace("name: play", f"name: {name}")


def enter(ws, name: str, key: str, members: Sequence[int]) -> None:
    bring(ws, name, key, OrdinalSet.of(customers_of(ws, members)))


def live(ws, below, *steps: str, brings: tuple[float, float], **more: str) -> None:
    """Let two halves enter zz_good on two days; whoever is written to then spends so much more than who is not."""
    apply(ws, named("zz_good", *steps, again="{days: 0}", **more))
    start(ws, "zz_good")
    written, orders = set[int](), list[tuple[object, ...]]()
    for day, half in enumerate((EARLIER, LATER)):
        at(ws, MORNING + timedelta(days=day))
        enter(ws, "zz_good", f"{day}", half)
        tick(ws)
        written |= outcomes(ws, "zz_good")["hello", "sent:texts"]
        for place, (i, customer) in enumerate(zip(half, customers_of(ws, half), strict=True)):
            spends = 10 + 0.01 * (place % 3) + (brings[day] if customer in written else 0)
            orders.append((f"n{i}", f"m{i}", "A", 1, f"{spends:.2f}", "2026-03-15 12:00"))
    columns = "order_number customer product quantity amount placed_at"
    delivered(ws, below, "order_line", columns, orders, source="club")


@pytest.mark.parametrize(("steps", "more"), [((SEND,), {"control": "0.5"}), ((LOT, SEND), {})])
def test_what_later_entrants_bear_out_is_expected(stage, tmp_path, steps, more):
    live(stage, tmp_path, *steps, brings=(80, 80), **more)
    assert expect(stage) == []  # nobody's days are over
    at(stage, SETTLED)
    (found,) = expect(stage)
    assert found.verdict == SHOWN
    assert found.expected == pytest.approx(80, abs=0.02)
    assert found.foretold == pytest.approx(80, abs=0.02)
    assert found.measured is not None
    assert found.measured.low < 80 < found.measured.high
    assert expectations(stage) == {"zz_good": found}
    assert expect(stage) == []  # once a day
    at(stage, SETTLED + timedelta(days=1))
    apply(stage, named("aa_late", SEND))
    start(stage, "aa_late")
    enter(stage, "aa_late", "1", PHONES[:1])
    tick(stage)
    at(stage, SETTLED + timedelta(days=60))
    assert [each.journey for each in expect(stage, most=1)] == ["aa_late"]  # never worked out so far
    assert [each.journey for each in expect(stage, most=1)] == ["zz_good"]
    assert expect(stage, most=1) == []
    found = expectations(stage)["zz_good"]
    assert expect(stage, anew=True) == [expectations(stage)["aa_late"], found]


@pytest.mark.parametrize(("brings", "verdict"), [((80, 8), MISSED), ((0, 0), UNCERTAIN)])
def test_what_is_not_borne_out_does_not_count(stage, tmp_path, brings, verdict):
    live(stage, tmp_path, SEND, brings=brings, control="0.5")
    at(stage, SETTLED)
    (found,) = expect(stage)
    assert (found.verdict, found.counts) == (verdict, None)


def test_who_entered_on_one_day_foretells_nothing(stage):
    apply(stage, named("zz_good", SEND, control="0.5"))
    start(stage, "zz_good")
    enter(stage, "zz_good", "1", PHONES)
    tick(stage)
    at(stage, SETTLED)
    (found,) = expect(stage)
    assert (found.verdict, found.expected) == (FEW, None)


def test_profit_is_expected_where_a_margin_is_told(stage, tmp_path):
    apply_terms(stage, "margin: 0.5\npoints: {each: 300, worth: 0.01}\n")
    live(stage, tmp_path, SEND, brings=(80, 80), control="0.5")
    at(stage, SETTLED)
    (found,) = expect(stage)
    assert found.expected == pytest.approx(0.5 * 80 - 3, abs=0.02)


def bringing(said: str, after: str) -> float:
    """Return the amount that stands after these words."""
    return float(said.partition(f"{after} ")[2].split(" ")[0].rstrip(","))


def test_a_cap_serves_the_journey_that_is_shown_to_bring_more(stage, tmp_path):
    live(stage, tmp_path, SEND, brings=(80, 80), control="0.5")
    policy.apply(stage, "caps: [{most: 1, days: 1}]\n")
    for name, priority in (("aa_new", "marketing"), ("by_hand", "manual")):
        apply(stage, named(name, SEND, priority=priority))
        start(stage, name)
    at(stage, SETTLED)
    written = outcomes(stage, "zz_good")["hello", "sent:texts"]
    some = [i for i in PHONES if customers_of(stage, [i])[0] in written][:6]
    mine = set(customers_of(stage, some))
    expect(stage)
    enter(stage, "aa_new", "1", some)  # who came first does not count
    enter(stage, "zz_good", "again", some)
    enter(stage, "by_hand", "1", some[:2])
    tick(stage)
    assert outcomes(stage, "aa_new")["hello", "capped:1/1"] == mine
    assert outcomes(stage, "by_hand")["hello", "sent:texts"] == set(customers_of(stage, some[:2]))
    assert outcomes(stage, "zz_good")["hello", "capped:1/1"] == set(customers_of(stage, some[:2]))
    told = {each.journey: each for each in trace(stage, customers_of(stage, [some[5]])[0]) if "capped" in each.outcome}
    assert told["aa_new"].why_not is not None
    assert told["aa_new"].why_not.en.startswith("zz_good came first: of its messages each is expected to bring +")
    assert bringing(told["aa_new"].why_not.en, "bring") == pytest.approx(80, abs=0.02)
    told = {each.journey: each for each in trace(stage, customers_of(stage, [some[0]])[0]) if "capped" in each.outcome}
    assert told["zz_good"].why_not is not None
    assert told["zz_good"].why_not.en == "by_hand came first: its priority is manual"
    assert [name for name, _, _ in placed(stage)] == ["by_hand", "zz_good", "aa_new"]
    (said,) = (each.en for each in first_words(report(stage, "zz_good")) if "by its effect, +" in each.en)
    assert bringing(said, "by its effect,") == pytest.approx(80, abs=0.02)


def test_without_effects_the_name_decides_and_other_channels_take_no_place(stage):
    policy.apply(stage, "caps: [{most: 1, days: 1, channel: sms}]\n")
    mail = "{step: hello, send: {content: hello, by: [mails]}}"
    for name, step in (("aa_mail", mail), ("bb", SEND), ("cc", SEND)):
        apply(stage, named(name, step))
        start(stage, name)
        enter(stage, name, "1", PHONES)
    tick(stage)
    both = next(i for i in PHONES if member(i)[6])
    (told,) = [each for each in trace(stage, customers_of(stage, [both])[0]) if "capped" in each.outcome]
    assert told.why_not is not None
    assert (told.journey, told.why_not.en) == ("cc", "bb came first by name: no difference in effect is shown")
    assert expectations(stage) == {}
    assert date(2026, 3, 10) == stage.clock.today(stage.time_zone)
