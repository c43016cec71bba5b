"""Looking again and again: without effect no more than one test in twenty ever sees one, and a true one is found."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import norm

from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.looking import Looking
from quanyu.targeting.experiments.wording import in_words

PLANNED, LOOKS = 5_000, 50


def customers(seed: int, times: float) -> pa.Table:
    chance = np.random.default_rng(seed)
    mail = chance.random(PLANNED) < 0.5
    spent = np.where(chance.random(PLANNED) < 0.25, chance.lognormal(3, 0.8, PLANNED), 0.0)
    return pa.table({"arm": np.where(mail, "mail", "none"), "spent": np.where(mail, spent * times, spent)})


def looks(table: pa.Table, looking: Looking | None) -> list[bool]:
    """Say at each look, as customers come one after the other, whether the analysis is certain of an effect."""
    ends = np.linspace(PLANNED / LOOKS, PLANNED, LOOKS).astype(int)
    return [analyze(table[:end], "arm", "none", ["spent"], looking=looking).effects[0].certain for end in ends]


def alarms(runs: int) -> tuple[float, float]:
    tables = [customers(seed, 1.0) for seed in range(runs)]
    always, fixed = (sum(any(looks(t, each)) for t in tables) for each in (Looking(PLANNED), None))
    return always / runs, fixed / runs


@pytest.mark.scale
def test_fifty_looks_at_nothing():
    always, fixed = alarms(100)
    assert always <= 0.05
    assert fixed > 0.2


def test_fifty_looks_at_something():
    assert any(looks(customers(1, 1.6), Looking(PLANNED)))


def test_fifty_looks_at_nothing_by_the_statistic_alone():
    """The same with the sums alone, 2,000 times: what the analysis does at each look, without its tables."""
    runs, chance = 2_000, np.random.default_rng(1)
    sums = np.cumsum(chance.standard_normal((runs, LOOKS)), axis=1)
    z = np.abs(sums) / np.sqrt(np.arange(1, LOOKS + 1))
    reach = np.array([norm.isf(Looking(PLANNED).alpha(PLANNED * look // LOOKS) / 2) for look in range(1, LOOKS + 1)])
    assert (z > reach).any(axis=1).mean() <= 0.05
    assert (z > 1.96).any(axis=1).mean() > 0.25


def test_the_boundary_by_hand():
    """At α = .05 and r = 7.936: √((1 + 1/r)(log(1 + r) + 2 log 20)) = 3.035 standard errors."""
    assert norm.isf(Looking(PLANNED).alpha(PLANNED) / 2) == pytest.approx(3.035, abs=1e-3)
    early, half = (norm.isf(Looking(PLANNED).alpha(n) / 2) for n in (PLANNED // 100, PLANNED // 2))
    assert early > half > 3.035
    assert Looking(PLANNED, 0.5).alpha(PLANNED) == Looking(PLANNED).alpha(PLANNED // 2)


@pytest.mark.parametrize("customers", [500, 5_000, 500_000])
def test_p_and_interval_agree(customers: int):
    looking = Looking(PLANNED)
    edge = looking.alpha(customers)
    assert looking.p_value(edge, customers) == pytest.approx(0.05)
    assert looking.p_value(1.0, customers) == 1.0


def test_it_is_said_and_other_intervals_are_wider():
    table = customers(1, 1.2)
    found, once = (analyze(table, "arm", "none", ["spent"], looking=each) for each in (Looking(PLANNED), None))
    assert any("Look as often as you like" in words.en for words in in_words(found))
    assert not any("Look as often as you like" in words.en for words in in_words(once))
    wide, narrow = ((e.absolute_high or 0) - (e.absolute_low or 0) for e in (found.effects[0], once.effects[0]))
    assert wide / narrow == pytest.approx(3.035 / 1.96, abs=0.05)
    assert found.effects[0].plain_low == once.effects[0].plain_low


def test_before_anything_is_seen_limits_are_finite():
    table = customers(1, 1.0)[:200]
    found = analyze(table, "arm", "none", ["spent"], looking=Looking(PLANNED, 0.0)).effects[0]
    assert np.isfinite([found.absolute_low or np.nan, found.absolute_high or np.nan]).all()
    assert not found.certain
    assert found.p_value == 1.0
