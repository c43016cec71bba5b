"""Says whether an act paid: the margin that it brought against all that it cost, with limits for the ratio."""

from dataclasses import dataclass

import numpy as np

from quanyu.foundation.text import Text
from quanyu.targeting.experiments._contrast import (
    Contrast,
    Group,
    contrast,
    describe,
    is_thin,
    skewness_of,
    unrejected,
    weigh,
)
from quanyu.targeting.experiments._precision import ALPHA
from quanyu.targeting.experiments.adjusting import Floats, adjust
from quanyu.targeting.experiments.explaining import titled


@dataclass(frozen=True)
class Payback:
    """What one arm brought and cost in all, in major units; `fixed` is the software's share within `cost`.

    `ratio` is margin by cost: above one it paid. None stands for a cost that cannot be told from nothing, or for a
    limit that does not exist.
    """

    arm: str
    margin: float
    cost: float
    fixed: float
    profit: float
    profit_low: float
    profit_high: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None


@dataclass(frozen=True)
class Books:
    """Margin and cost of each customer of a group, before what they did before is allowed for."""

    margin: Floats
    cost: Floats
    before: Floats


def pay_back(arm: str, mine: Books, alone: Books, fixed: float, alpha: float = ALPHA) -> Payback:
    """Compare an arm with those left alone: limits are those of amounts, and of the ratio what they do not reject."""
    many, skewness = mine.margin.size, skewness_of(describe(mine.margin), describe(alone.margin))
    thin = is_thin(weigh(mine.margin), weigh(alone.margin), skewness)
    margin1, margin0 = _allowed(mine.margin, alone.margin, mine.before, alone.before)
    cost1, cost0 = _allowed(mine.cost, alone.cost, mine.before, alone.before)
    first, second = _Both.of(margin1, cost1 + fixed / many), _Both.of(margin0, cost0)
    gain, cost = first.margin - second.margin, first.cost - second.cost

    def at(ratio: float) -> Contrast:
        return contrast(first.less(ratio), second.less(ratio), alpha, thin=thin)

    varied = first.less(1.0).variance + second.less(1.0).variance > 0
    low, high = at(1.0).interval if varied else (gain - cost, gain - cost)
    between = unrejected(at, gain / cost) if cost > 0 and first.varies + second.varies > 0 else None
    return Payback(
        arm,
        gain * many,
        cost * many,
        fixed,
        (gain - cost) * many,
        low * many,
        high * many,
        gain / cost if cost > 0 else None,
        *(between or (None, None)),
    )


def _allowed(arm: Floats, alone: Floats, before: Floats, before_alone: Floats) -> tuple[Floats, Floats]:
    found = adjust(arm, alone, before, before_alone)
    return (arm, alone) if found is None else (found.arm, found.control)


@dataclass(frozen=True)
class _Both:
    """Margin and cost of a group, of which any mixture can be described: `moments` has E[margin^i · cost^j] about
    their means, by i and j.
    """

    size: int
    margin: float
    cost: float
    moments: Floats

    @classmethod
    def of(cls, margin: Floats, cost: Floats) -> "_Both":
        means = float(margin[0] + (margin - margin[0]).mean()), float(cost[0] + (cost - cost[0]).mean())
        m, c = margin - means[0], cost - means[1]
        moments = np.zeros((4, 4))
        for i, j in ((2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3)):
            moments[i, j] = (m**i * c**j).mean()
        return cls(margin.size, *means, moments)

    @property
    def varies(self) -> float:
        return float(self.moments[2, 0])

    def less(self, ratio: float) -> Group:
        """Describe margin less `ratio` times cost."""
        e, r = self.moments, ratio
        squares = max(float(e[2, 0] - 2 * r * e[1, 1] + r**2 * e[0, 2]), 0.0)
        third = float(e[3, 0] - 3 * r * e[2, 1] + 3 * r**2 * e[1, 2] - r**3 * e[0, 3])
        skewness = third / squares**1.5 if squares > 0 else 0.0
        variance = squares * self.size / (self.size - 1)
        return Group(self.size, self.margin - r * self.cost, variance, skewness)


def paid_in_words(found: Payback, currency: str) -> Text:
    """Say whether it paid, cannot be told, or did not."""
    told = {
        "arm": titled(found.arm),
        "cost": f"{found.cost:,.0f}",
        "margin": f"{found.margin:,.0f}",
        "profit": f"{found.profit:+,.0f}",
        "low": f"{found.profit_low:+,.0f}",
        "high": f"{found.profit_high:+,.0f}",
        "currency": currency,
        "each": "" if found.ratio is None else f"{found.ratio:.2f}",
    }
    if found.profit_low > 0:
        word = Text("It paid", "收益大于成本")
    elif found.profit_high < 0:
        word = Text("It did not pay", "收益小于成本")
    else:
        word = Text("Whether it paid cannot be told yet", "尚无法判断是否盈利")
    each = (
        Text("", "")
        if found.ratio is None
        else Text(" Each unit spent brought {each} back.", "每投入 1 元带回 {each} 元毛利。")
    )
    return Text(
        word.en
        + ": “{arm}” brought {margin} {currency} of margin for {cost} {currency} of all costs, {profit} in the end "
        "(95% sure: between {low} and {high})." + each.en,
        word.zh + "：“{arm}”带来毛利 {margin} {currency}，全部成本 {cost} {currency}，净得 {profit}"
        "（95% 的把握：{low} 到 {high}）。" + each.zh,
    ).format_with(**told)
