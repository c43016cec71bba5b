"""The next wave is drafted from what became of the last one: groups that are apart, reasons, and which content won."""

import pytest
from tests.conftest import delivered
from tests.engagement.campaigns.conftest import AUTHOR, CAMPAIGN, OTHER, deliver, later
from tests.engagement.campaigns.test_guarding import answer, receiver
from tests.engagement.channels.world import add_hook
from tests.engagement.conftest import MEMBERS, customers_of
from tests.engagement.journeys.conftest import audience, outcomes

from quanyu.engagement.campaigns.acts import acts_of
from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.campaigns.definitions import kept
from quanyu.engagement.campaigns.releasing import release
from quanyu.engagement.campaigns.reporting import report
from quanyu.engagement.campaigns.waves import draft
from quanyu.engagement.channels.message_ids import read_ids
from quanyu.engagement.channels.telling import tell
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.errors import Conflict
from quanyu.targeting.audiences.lists import list_members

__all__ = ["receiver"]
LINE = "order_number customer product quantity amount placed_at"


@pytest.fixture
def played(spring, receiver):
    """A campaign by phone only: everybody was let in, and what could go went."""
    add_hook(spring, receiver.url(), "texts")
    apply(spring, CAMPAIGN.replace("by: [texts, mails]", "by: [texts]"), AUTHOR)
    for early in (False, True, True):
        release(spring, "spring", AUTHOR, early=early)
    tick(spring)
    deliver(spring)
    return spring


def members_of(ws, group: str) -> set[int]:
    return set(list_members(ws, f"spring_{group}").ordinals().tolist())


def test_everybody_who_was_to_be_written_to_is_in_one_group(played, receiver, tmp_path):
    told = outcomes(played, "spring")
    contacted = told["lot", "to:personalised"] | told["lot", "to:same_promotion"]
    ids = receiver.arrived()
    whose = dict(zip(ids, read_ids(played, ids).customer.tolist(), strict=True))
    answer(played, ids[:6], "clicked")
    tell(played)
    members = dict(zip(customers_of(played, range(MEMBERS)), range(MEMBERS), strict=True))
    missed = sorted(contacted - set(whose.values()))
    buyers = [whose[ids[0]], whose[ids[10]], missed[0]]
    rows = [(f"n{c}", f"m{members[c]}", "A", 1, "10.00", "2026-03-12 12:00") for c in buyers]
    delivered(played, tmp_path, "order_line", LINE, rows, source="club")
    later(played, days=5)
    wave = draft(played, "spring", OTHER)
    assert members_of(played, "converted") == set(buyers)
    assert members_of(played, "read") == {whose[each] for each in ids[1:6]}
    assert members_of(played, "silent") == {whose[each] for each in ids[6:]} - set(buyers)
    assert members_of(played, "not_reached") == set(missed[1:])
    assert members_of(played, "again") == contacted - set(buyers)
    assert wave.why_not == {"unreachable": len(missed) - 1}
    assert wave.verdict.en.startswith("Which content won: cannot tell.")
    assert "无法判断" in wave.verdict.zh
    assert acts_of(played, "spring")[0].told["spring_again"] == len(contacted) - 3
    assert draft(played, "spring", OTHER).text == wave.text
    assert "# Preliminary: purchases count until 2026-03-24.\n" in wave.text
    assert apply(played, wave.text, AUTHOR).changed
    following = kept(played, "spring_2").campaign
    assert following.audience == "spring_again"
    cases = dict(following.arms["personalised"].cases)
    assert cases["spring_not_reached"].by == ("mails", "texts")
    assert cases["spring_silent"].content != cases["spring_read"].content
    assert following.arms["no_contact"].share == 0.2  # they bought nothing of late: no size can be worked out
    release(played, "spring_2", AUTHOR)
    tick(played)
    assert draft(played, "spring_2", OTHER).name == "spring_3"


@pytest.mark.scale
def test_which_content_won_is_said_when_it_can_be(played, tmp_path):
    told = outcomes(played, "spring")
    members = dict(zip(customers_of(played, range(MEMBERS)), range(MEMBERS), strict=True))
    rows = [(f"n{c}", f"m{members[c]}", "A", 1, "10.00", "2026-03-12 12:00") for c in told["lot", "to:same_promotion"]]
    delivered(played, tmp_path, "order_line", LINE, rows, source="club")
    later(played, days=5)
    wave = draft(played, "spring", OTHER)
    assert wave.verdict.en.startswith("“hello” won (same_promotion).")
    found = apply(played, wave.text, AUTHOR)
    arms = kept(played, found.name).campaign.arms
    assert arms["personalised"].saying == arms["same_promotion"].saying
    assert arms["same_promotion"].saying.content == "hello"
    seen = report(played, "spring")
    effects = {(e.outcome, e.arm): e for e in seen.effects.analysis.effects}
    assert effects["bought", "same_promotion"].arm_mean == 1.0
    assert effects["bought", "same_promotion"].control == "no_contact"
    assert {arm.name for arm in seen.effects.analysis.arms} == set(seen.customers)
    assert seen.effects.analysis.sample_ratio.expected == pytest.approx(kept(played, "spring").shares)
    assert seen.handed + sum(seen.why_not.values()) == sum(
        n for arm, n in seen.customers.items() if arm != "no_contact"
    )


def test_nobody_yet_nothing_to_draft(applied):
    with pytest.raises(Conflict):
        draft(applied, "spring", OTHER)


@pytest.mark.scale
def test_the_name_of_an_audience_is_left_alone(played):
    audience(played, "spring_silent", "{tag: frequency, is: is_known}")
    with pytest.raises(Conflict) as raised:
        draft(played, "spring", OTHER)
    assert raised.value.received == "spring_silent"
