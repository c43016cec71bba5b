"""Adjusting for what was done before: the truth stays covered, less is chance, and no interval grows."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.foundation.errors import Invalid
from quanyu.targeting.experiments.adjusting import adjust, prepare
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.wording import in_words


def draw(seed: int, people: int, share: float, lift: float) -> tuple[pa.Table, float]:
    """Draw customers whose habit shows before and after; return them and what the mail brought each who got it."""
    chance = np.random.default_rng(seed)
    habit = chance.gamma(0.6, 1.0, people)
    before = chance.poisson(4 * habit) * chance.lognormal(3, 0.6, people)
    mail = chance.random(people) < share
    buys, amount = chance.random(people), chance.lognormal(3, 0.8, people)
    alone, written = (np.where(buys < 1 - np.exp(-habit * r), amount * habit, 0.0) for r in (0.5, 0.5 + lift))
    spent = np.where(mail, written, alone)
    arm = np.where(mail, "mail", "none")
    table = pa.table({"arm": arm, "spent": spent, "bought": (spent > 0).astype(int), "before": before})
    return table, float((written - alone).mean())


@pytest.mark.each_point
@pytest.mark.parametrize(("people", "share", "lift"), [(1_500, 0.5, 0.0), (3_000, 0.9, 0.2)])
def test_adjusted_intervals_cover_and_are_narrower(people: int, share: float, lift: float):
    covered, narrower, runs = 0, [], 120
    for seed in range(runs):
        table, truth = draw(seed, people, share, lift)
        effect = analyze(table, "arm", "none", ["spent"], {"mail": share, "none": 1 - share}, ["before"]).effects[0]
        bare = analyze(table, "arm", "none", ["spent"]).effects[0]
        assert effect.absolute_low is not None
        assert effect.absolute_high is not None
        assert bare.absolute_low is not None
        assert bare.absolute_high is not None
        assert effect.unadjusted == bare.absolute
        covered += effect.absolute_low <= truth <= effect.absolute_high
        narrower.append((effect.absolute_high - effect.absolute_low) / (bare.absolute_high - bare.absolute_low))
    assert 0.91 <= covered / runs <= 0.99
    assert np.median(narrower) < 0.95


def test_adjusted_rates_cover_and_their_interval_agrees_with_p():
    covered, runs = 0, 150
    for seed in range(runs):
        chance = np.random.default_rng(seed)
        habit = chance.beta(1, 4, 1_200)
        mail = chance.random(1_200) < 0.5
        rate = np.clip(habit + 0.03 * mail, 0, 1)
        table = pa.table(
            {
                "arm": np.where(mail, "mail", "none"),
                "bought": (chance.random(1_200) < rate).astype(int),
                "before": chance.binomial(12, habit),
            }
        )
        effect = analyze(table, "arm", "none", ["bought"], before=["before"]).effects[0]
        assert effect.absolute_low is not None
        assert effect.absolute_high is not None
        assert effect.relative_low is not None
        assert effect.relative_high is not None
        covered += effect.absolute_low <= 0.03 <= effect.absolute_high
        assert effect.removed is not None
        assert effect.relative_low < (effect.relative or 0) < effect.relative_high
        if abs((effect.p_value or 0) - 0.05) > 0.01:
            assert effect.certain == ((effect.p_value or 0) < 0.05)
    assert 0.91 <= covered / runs <= 0.99


def test_a_difference_that_was_there_before_is_taken_out():
    chance = np.random.default_rng(3)
    before = chance.normal(100, 20, 400)
    mail = before >= np.median(before)  # the lot has favoured one group wholly
    effect = analyze(
        pa.table({"arm": np.where(mail, "m", "n"), "spent": before * 2 + chance.normal(0, 1, 400), "b": before}),
        "arm",
        "n",
        ["spent"],
        before=["b"],
    ).effects[0]
    assert effect.unadjusted > 40
    assert abs(effect.absolute) < 1
    assert (effect.removed or 0) > 0.99


@given(st.integers(0, 2**32 - 1), st.integers(40, 300), st.floats(0.15, 0.85))
def test_adjusting_never_adds_variance_nor_moves_the_mean(seed: int, people: int, share: float):
    chance = np.random.default_rng(seed)
    mail = chance.permutation(people) < max(20, int(people * share))
    outcome, columns = chance.lognormal(0, 1, people), prepare([chance.lognormal(0, 2, people)])
    if min(mail.sum(), (~mail).sum()) < 20:
        return
    found = adjust(outcome[mail], outcome[~mail], columns[mail], columns[~mail])
    assert found is not None

    def variance(arm: np.ndarray, control: np.ndarray) -> float:
        return arm.var(ddof=1) / arm.size + control.var(ddof=1) / control.size

    left = variance(found.arm, found.control) / variance(outcome[mail], outcome[~mail])
    assert left <= 1 + 1e-9
    assert found.removed == pytest.approx(1 - left, abs=1e-6)
    assert np.concatenate([found.arm, found.control]).mean() == pytest.approx(outcome.mean())


def test_gaps_and_constants_and_few_customers():
    columns = prepare([np.array([1.0, np.nan, 3.0]), np.full(3, np.nan)])
    assert columns[:, 0] == pytest.approx([1.002, 2.0, 2.998], abs=1e-6)
    assert not columns[:, 1].any()
    many = np.arange(100.0)
    assert adjust(many, many, np.ones((100, 1)), np.ones((100, 1))) is None
    assert adjust(many[:9], many, many[:9, None], many[:, None]) is None
    assert adjust(np.ones(100), np.ones(100), many[:, None], many[:, None]) is None


def test_words_and_what_is_refused():
    table, _ = draw(1, 2_000, 0.5, 0.3)
    found = analyze(table, "arm", "none", ["spent"], before=["before"])
    (said,) = [words for words in in_words(found) if "before" in words.en]
    assert "“before”" in said.en
    assert "%" in said.zh
    with pytest.raises(Invalid) as refused:
        analyze(table, "arm", "none", ["spent"], before=["spent", "arm", "nothing"])
    assert {fault.place for fault in refused.value.faults} == {"before.spent", "before.arm", "before.nothing"}
