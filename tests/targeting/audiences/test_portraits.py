"""A portrait's figures are those of its customers; noise is not called sure; small groups are not shown."""

import numpy as np
import pytest

from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.targeting.audiences.portraits import Portrait, TagPortrait, compare, portrait
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.tags.indexing import build

FANS = {"tag": "frequency_score", "is": "=", "value": 5}
FRENCH = {"tag": "country", "is": "=", "value": "France"}
NOISE = {"return_share", "lifecycle", "tenure_days", "recency_score", "top_product", "rfm_score"}
TELLING = {"frequency_score", "recency_days", "last_purchase", "monetary", "country"}


def who(crowd, tag: str, value: object) -> set[int]:
    return {o for o in crowd.alive if crowd.values[tag][o] == value}


def of(found: Portrait, tag: str) -> TagPortrait:
    return next(each for each in found.tags if each.tag.name == tag)


def figures(found: Portrait, tag: str) -> dict[str, tuple[int, int]]:
    return {f.label.en: (f.inside, f.outside) for f in of(found, tag).figures}


def test_against_everybody(crowd) -> None:
    found = portrait(crowd.ws, FANS)
    fans = who(crowd, "frequency_score", 5)
    french = who(crowd, "country", "France")
    assert (found.party.size, found.other.size, found.both) == (len(fans), len(crowd.alive), len(fans))
    assert figures(found, "country")["France"] == (len(fans & french), len(french))
    assert figures(found, "lifecycle")["Dormant"] == (
        len(fans & who(crowd, "lifecycle", "dormant")),
        len(who(crowd, "lifecycle", "dormant")),
    )
    france = next(f for f in of(found, "country").figures if f.label.en == "France")
    assert france.index == pytest.approx(100 * (len(fans & french) / len(fans)) / (len(french) / len(crowd.alive)))
    assert france.certain
    for each in found.tags:
        assert sum(f.inside for f in each.figures) == len(fans)
        assert sum(f.outside for f in each.figures) == len(crowd.alive)
        assert sum(f.inside_share for f in each.figures) == pytest.approx(1)


def test_the_strongest_come_first_and_noise_is_not_sure(crowd) -> None:
    found = portrait(crowd.ws, FANS)
    assert {each.tag.name for each in found.tags if each.certain} == TELLING
    assert {each.tag.name for each in found.tags[: len(TELLING)]} == TELLING
    strengths = [each.association.v or 0 for each in found.tags]
    assert strengths == sorted(strengths, reverse=True)
    sure = {each.tag.name for each in found.tags for f in each.figures if f.certain}
    assert sure <= TELLING
    assert of(found, "frequency_score").by_rule
    assert "frequency_score" not in {each.tag.name for each in found.distinctions}, "they were chosen by it"
    assert "average_basket" in {tag.name for tag in found.withheld}, "nobody has one"
    assert "Days since last purchase: up to" in found.distinctions[0].words.en
    assert {each.tag.name for each in found.distinctions} == TELLING - {"frequency_score"}


def test_people_in_both_groups_count_in_both(crowd) -> None:
    found = compare(crowd.ws, FANS, FRENCH)
    fans, french = who(crowd, "frequency_score", 5), who(crowd, "country", "France")
    assert (found.party.size, found.other.size, found.both) == (len(fans), len(french), len(fans & french))
    assert not found.against_all
    assert figures(found, "frequency_score")["5"] == (len(fans), len(fans & french))
    other = compare(crowd.ws, FRENCH, FANS)
    assert figures(other, "frequency_score")["5"] == (len(fans & french), len(fans))
    mine, theirs = of(found, "monetary").association, of(other, "monetary").association
    assert mine.chi_square == pytest.approx(theirs.chi_square)


def test_a_group_against_itself_says_nothing(crowd) -> None:
    found = compare(crowd.ws, FANS, FANS)
    assert all(each.association.p is None for each in found.tags)
    assert found.distinctions == ()


def test_an_audience_is_portrayed_by_its_last_snapshot(crowd) -> None:
    crowd.define("fans", "{tag: frequency_score, is: '=', value: 5}")
    with pytest.raises(Conflict, match="no snapshot"):
        portrait(crowd.ws, "fans")
    refresh(crowd.ws)
    build(crowd.indexed)
    by_name = portrait(crowd.indexed, "fans", FRENCH)
    assert (by_name.party.title.en, by_name.party.taken_at is not None) == ("Fans", True)
    by_rule = portrait(crowd.ws, FANS, FRENCH)
    assert by_name.tags == by_rule.tags, "and an index gives the same figures as the columns"
    assert by_name.distinctions == by_rule.distinctions
    with pytest.raises(NotFound):
        portrait(crowd.ws, "fan")


def test_chosen_tags_only(crowd) -> None:
    found = portrait(crowd.ws, FANS, tags=["country", "monetary", "country"])
    assert {each.tag.name for each in found.tags} == {"country", "monetary"}
    with pytest.raises(Invalid) as caught:
        portrait(crowd.ws, FANS, tags=["contry"])
    assert caught.value.allowed[0] == "country"


@pytest.mark.parametrize("value", ["C000", "nowhere"])
def test_so_few_that_somebody_could_be_found_out_are_refused(crowd, value: str) -> None:
    rule = {"all": [{"tag": "country", "is": "=", "value": value}, FANS]}
    with pytest.raises(Conflict, match="found out") as caught:
        portrait(crowd.ws, rule)
    assert caught.value.received == "Selection: < 10"


def test_random_groups_have_nothing_sure(crowd) -> None:
    """Five groups by a tag that goes with nothing, each against everybody: at most one tag is sure."""
    sure = 0
    for value in np.arange(1, 6).tolist():
        found = portrait(crowd.ws, {"tag": "recency_score", "is": "=", "value": value})
        sure += sum(each.certain and not each.by_rule for each in found.tags)
        assert len(found.distinctions) <= 1
    assert sure <= 1
