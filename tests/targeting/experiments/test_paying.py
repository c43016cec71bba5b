"""Whether an act paid, by hand and by simulation: the limits of profit and of the ratio hold the truth."""

import numpy as np
import pytest
from scipy import stats

from quanyu.targeting.experiments.paying import Books, paid_in_words, pay_back


def books(margin: list[float], cost: list[float]) -> Books:
    return Books(np.array(margin), np.array(cost), np.zeros((len(margin), 1)))


def test_margin_cost_and_profit_by_hand():
    found = pay_back("mail", books([4, 0, 2, 6], [1, 1, 1, 1]), books([1, 1, 2, 0], [0, 0, 0, 0]), fixed=2.0)
    assert found.margin == pytest.approx(4 * (3 - 1))
    assert found.cost == pytest.approx(4 * 1 + 2)
    assert found.profit == pytest.approx(2)
    assert found.ratio == pytest.approx(8 / 6)
    # Neither group is skewed: the limits are Welch's.
    margin = stats.ttest_ind([4, 0, 2, 6], [1, 1, 2, 0], equal_var=False).confidence_interval(0.95)
    assert found.profit_high == pytest.approx(4 * (margin.high - 1.5))
    # With a cost that is the same for all, the ratio's limits are the margin's by it.
    assert found.ratio_high == pytest.approx(margin.high / 1.5)


def test_the_ratio_is_above_one_where_the_profit_is_above_nothing():
    chance, both = np.random.default_rng(5), 0
    for _ in range(60):
        margin, cost = chance.lognormal(0, 1, 240) * (chance.random(240) < 0.5), chance.random(240)
        one = Books(margin[:200] + 0.6, cost[:200] + 0.3, np.zeros((200, 1)))
        found = pay_back("mail", one, Books(margin[200:], cost[200:], np.zeros((40, 1))), fixed=5.0)
        if found.ratio_low is not None:
            both += 1
            assert (found.ratio_low > 1) == (found.profit_low > 0)
    assert both > 30


def test_what_costs_nothing_has_no_ratio():
    found = pay_back("mail", books([1, 2, 3], [0, 0, 0]), books([1, 2, 2], [0, 0, 0]), fixed=0.0)
    assert found.ratio is None
    assert "cannot be told" in paid_in_words(found, "CNY").en


def test_limits_cover():
    chance, covered, ratios, runs = np.random.default_rng(1), 0, 0, 400
    for _ in range(runs):
        buys = chance.random(3_000) < np.where(np.arange(3_000) < 1_500, 0.3, 0.2)
        amount = np.where(buys, chance.lognormal(3, 0.5, 3_000), 0.0)
        cost = 0.5 + np.where(buys, 0.1 * amount, 0)
        cost[1_500:] = 0
        before = chance.normal(size=(3_000, 1))
        one, two = (Books(amount[part], cost[part], before[part]) for part in (slice(1_500), slice(1_500, None)))
        found = pay_back("mail", one, two, fixed=300.0)
        mean = float(np.exp(3 + 0.125))
        gain, paid = 1_500 * 0.1 * mean, 1_500 * (0.5 + 0.3 * 0.1 * mean) + 300
        covered += found.profit_low <= gain - paid <= found.profit_high
        assert found.ratio_low is not None
        assert found.ratio_high is not None
        ratios += found.ratio_low <= gain / paid <= found.ratio_high
    assert 0.92 <= covered / runs <= 0.98
    assert 0.92 <= ratios / runs <= 0.98
