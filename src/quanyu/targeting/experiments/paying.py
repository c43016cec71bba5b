"""Says whether an act paid: the margin that it brought against all that it cost, with limits for the ratio."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from quanyu.foundation.text import Text
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
    """Compare an arm with those left alone. The limits of the ratio are Fieller's (1954, JRSS B 16, 175-185)."""
    many = mine.margin.size
    margin1, margin0 = _allowed(mine.margin, alone.margin, mine.before, alone.before)
    cost1, cost0 = _allowed(mine.cost, alone.cost, mine.before, alone.before)
    gain = float(margin1.mean() - margin0.mean())
    cost = float(cost1.mean() - cost0.mean()) + fixed / many
    spread = np.cov(margin1, cost1) / margin1.size + np.cov(margin0, cost0) / margin0.size
    sure = float(norm.isf(alpha / 2))
    reach = sure * float(np.sqrt(max(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1], 0.0)))
    ratio, low, high = _ratio(gain, cost, spread, sure)
    return Payback(
        arm,
        gain * many,
        cost * many,
        fixed,
        (gain - cost) * many,
        (gain - cost - reach) * many,
        (gain - cost + reach) * many,
        ratio,
        low,
        high,
    )


def _allowed(arm: Floats, alone: Floats, before: Floats, before_alone: Floats) -> tuple[Floats, Floats]:
    found = adjust(arm, alone, before, before_alone)
    return (arm, alone) if found is None else (found.arm, found.control)


def _ratio(gain: float, cost: float, spread: Floats, sure: float) -> tuple[float | None, float | None, float | None]:
    """Return gain by cost and the ratios r for which gain - r·cost is within `sure` standard errors of zero."""
    if cost <= 0:
        return None, None, None
    a = cost**2 - sure**2 * float(spread[1, 1])
    b = gain * cost - sure**2 * float(spread[0, 1])
    c = gain**2 - sure**2 * float(spread[0, 0])
    inside = b**2 - a * c
    if a <= 0 or inside < 0:
        return gain / cost, None, None
    return gain / cost, (b - float(np.sqrt(inside))) / a, (b + float(np.sqrt(inside))) / a


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
