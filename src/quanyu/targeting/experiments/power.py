"""Says what a test of a size can tell before it is made: how large its groups must be, and what would stay hidden.

Rates: the power of the score test that the analysis makes, as statsmodels has it. Money: that of the difference of two
means, by the variance that the base has shown, zeros and large amounts with it; below thirty buyers in the control its
interval is not to be trusted, however small the variance, and such a control is not proposed. Where several arms stand
against one control, each is tested at 5% divided by their number, so that what is planned survives the correction that
the report makes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10, sqrt
from typing import Any

import numpy as np
from scipy.optimize import brentq
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import power_proportions_2indep

from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.experiments._contrast import ENOUGH_SPENDERS
from quanyu.targeting.experiments.model import OutcomeKind

FOUND, WRONG = 0.8, 0.05
"""How often a true lift is to be found, and how often one may be seen where there is none."""
NEARLY = 1.1
"""A control that hides no lift of more than so many times the least that can be seen is large enough."""
MOST = 1e12
"""Customers beyond which nobody could tell, however many there are."""
LEAST = 2


@dataclass(frozen=True)
class Base:
    """What customers do who are left alone. `deviation` is the standard deviation over all, those at zero included.

    `doing` is the share of customers whose outcome is not zero; `measured` says over how many it was taken, 0 where
    somebody gave it. Amounts are in major units.
    """

    kind: OutcomeKind
    mean: float
    deviation: float
    doing: float
    measured: int = 0


@dataclass(frozen=True)
class Sizing:
    """What groups of these sizes can tell, each arm against the control; lifts are absolute.

    `detectable` is the smallest lift that the smallest arm shows in four of five tests; `needed` is how many customers
    in these proportions show `lift`, None where no number does.
    """

    arms: tuple[int, ...]
    control: int
    lift: float
    detectable: float | None
    power: float
    needed: int | None

    @property
    def customers(self) -> int:
        return sum(self.arms) + self.control

    @property
    def enough(self) -> bool:
        return self.power >= FOUND - 1e-6


def rate(share: float) -> Base:
    """Return the base of a rate that somebody gives."""
    return Base("rate", share, sqrt(max(share * (1 - share), 0.0)), share)


def amount(mean: float, deviation: float, doing: float = 1.0) -> Base:
    """Return the base of an amount that somebody gives, over all customers, those who buy nothing included."""
    return Base("amount", mean, deviation, doing)


def base_of(values: np.ndarray, kind: OutcomeKind) -> Base:
    """Measure a base: one value for each customer (float64), zero for who did nothing."""
    if values.size < LEAST:
        return Base(kind, 0.0, 0.0, 0.0, int(values.size))
    mean, doing = float(values.mean()), float(np.count_nonzero(values)) / values.size
    if kind == "rate":
        return Base(kind, mean, sqrt(mean * (1 - mean)), doing, int(values.size))
    return Base(kind, mean, float(values.std(ddof=1)), doing, int(values.size))


def check(base: Base, lift: float) -> None:
    """Refuse what no test can be planned for; `lift` is absolute."""
    faults: list[Fault] = []
    if base.kind == "rate" and not 0 < base.mean < 1:
        problem = Text("The rate is above 0 and below 1.", "比率应大于 0 且小于 1。")
        faults.append(Fault("rate", problem, f"{base.mean:g}", ("0.05: five in a hundred",)))
    elif base.kind == "amount" and base.deviation <= 0:
        problem = Text("Amounts that do not vary tell nothing.", "金额没有波动，无法规划实验。")
        faults.append(Fault("deviation", problem, f"{base.deviation:g}", ("above 0",)))
    elif base.kind == "rate" and not base.mean < base.mean + lift < 1:
        problem = Text("A rate with the lift is above the rate and below 1.", "提升后的比率应高于原比率且小于 1。")
        faults.append(Fault("lift", problem, f"{base.mean:g} + {lift:g}", ("0.1: a tenth more than now",)))
    elif lift <= 0:
        faults.append(Fault("lift", Text("A lift is above 0.", "提升应大于 0。"), f"{lift:g}", ("0.1: a tenth more",)))
    if faults:
        raise Invalid(
            Text("No test can be planned for this.", "无法据此规划实验。"),
            remedy=Text("Measure over more days, or give the figures yourself.", "请延长统计天数，或自行给出数值。"),
            faults=faults,
        )


def chance(base: Base, lift: float, arm: float, control: float, arms: int = 1) -> float:
    """Return how often a test of these sizes finds a lift that is there, one of `arms` against one control."""
    if min(arm, control) < LEAST:
        return 0.0
    ratio: Any = control / arm
    if base.kind == "rate":
        if not 0 < base.mean + lift < 1:
            return 1.0
        found: Any = power_proportions_2indep(lift, base.mean, arm, ratio, WRONG / arms, return_results=False)
        return float(found)
    return float(NormalIndPower().power(lift / base.deviation, arm, WRONG / arms, ratio))


def detectable(base: Base, arm: float, control: float, arms: int = 1) -> float | None:
    """Return the smallest lift that is found in four of five tests; None where even the largest stays hidden."""
    if min(arm, control) < LEAST:
        return None
    largest = 1 - base.mean - 1e-9 if base.kind == "rate" else 1e3 * base.deviation

    def short(lift: float) -> float:
        return chance(base, lift, arm, control, arms) - FOUND

    if largest <= 0 or short(largest) < 0:
        return None
    found: Any = brentq(short, largest * 1e-12, largest, xtol=largest * 1e-9)
    return float(found)


def judge(base: Base, lift: float, arms: Sequence[int], control: int) -> Sizing:
    """Say what groups of these sizes can tell of a lift; the smallest arm speaks for all."""
    check(base, lift)
    least, many = min(arms), len(arms)
    found = chance(base, lift, least, control, many)
    seen = detectable(base, least, control, many)
    return Sizing(tuple(arms), control, lift, seen, found, _needed(base, lift, arms, control))


def propose(base: Base, lift: float, customers: int, arms: int = 1) -> Sizing:
    """Choose the control for so many customers, the others parted equally among the arms.

    It is the smallest that shows the lift. Where none does it is the smallest that hides hardly more (`NEARLY`) than
    the best one: to leave more people alone would cost sales and show nothing.
    """
    check(base, lift)
    best = max(LEAST, round(customers / (1 + sqrt(arms))))
    floor_ = min(best, max(LEAST, ceil(ENOUGH_SPENDERS / base.doing) if base.kind == "amount" and base.doing else 0))

    def enough(control: int) -> bool:
        arm = (customers - control) // arms  # the smallest: it is by that one that the groups are judged
        if reached:
            return chance(base, lift, arm, control, arms) >= FOUND
        seen = detectable(base, arm, control, arms)
        return seen is not None and seen <= bound

    reached = chance(base, lift, (customers - best) // arms, best, arms) >= FOUND
    bound = NEARLY * (detectable(base, (customers - best) // arms, best, arms) or 0.0)
    low, high = floor_, best
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    rest = max(customers - high, 0)
    found = judge(base, lift, [rest // arms + (place < rest % arms) for place in range(arms)], high)
    return replace(found, needed=_needed(base, lift, *_best(arms)))


def needed(base: Base, lift: float, arms: int = 1) -> Sizing:
    """Return the fewest customers that show a lift, and how to part them."""
    check(base, lift)
    total = _needed(base, lift, *_best(arms))
    if total is None:
        raise Invalid(Text("No number of customers could tell.", "再多客户也无法判断。"), received=f"{lift:g}")
    sizing = propose(base, lift, total, arms)
    while not sizing.enough:  # rounded to whole customers, a few are missing
        total += max(1, total // 1000)
        sizing = propose(base, lift, total, arms)
    return sizing


def _best(arms: int) -> tuple[list[float], float]:
    """Return the proportions in which a number of customers shows most: arms, and the control."""
    control = 1 / (1 + sqrt(arms))
    return [(1 - control) / arms] * arms, control


def _needed(base: Base, lift: float, arms: Sequence[float], control: float) -> int | None:
    """Return how many customers in these proportions find the lift."""
    together = sum(arms) + control
    least, share = min(arms) / together, control / together
    if not least or not share:
        return None

    def short(power_of_ten: float) -> float:
        total = 10.0**power_of_ten
        return chance(base, lift, total * least, total * share, len(arms)) - FOUND

    bottom = log10((LEAST + 1) / min(least, share))
    if short(bottom) >= 0:
        return ceil(10**bottom)
    if short(log10(MOST)) < 0:
        return None
    found: Any = brentq(short, bottom, log10(MOST), xtol=1e-9)
    return ceil(10.0 ** float(found))


def in_words(base: Base, sizing: Sizing) -> list[Text]:
    """Say it without statistics: what the base is, what these groups show, and what could show more."""
    return [_say_base(base), _say_sizes(base, sizing)]


def _say_base(base: Base) -> Text:
    told = (
        Text(
            "Of a hundred customers who are left alone {rate} do it, {how}.",
            "不触达时，每百位客户有 {rate} 位转化，{how_zh}。",
        )
        if base.kind == "rate"
        else Text(
            "A customer who is left alone spends {mean} on average (standard deviation {deviation}), {how}.",
            "不触达时，人均消费 {mean}（标准差 {deviation}），{how_zh}。",
        )
    )
    return told.format_with(
        rate=f"{base.mean * 100:.3g}",
        mean=f"{base.mean:,.2f}",
        deviation=f"{base.deviation:,.2f}",
        how=f"measured over {base.measured:,} customers" if base.measured else "as given",
        how_zh=f"由 {base.measured:,} 位客户测得" if base.measured else "为给定值",
    )


def _say_sizes(base: Base, sizing: Sizing) -> Text:
    wanted = _lift(base, sizing.lift)
    hidden = None if sizing.detectable is None else _lift(base, sizing.detectable)
    told = {
        "many": f"{sizing.customers:,}",
        "arms": " + ".join(f"{arm:,}" for arm in sizing.arms),
        "control": f"{sizing.control:,}",
        "wanted": wanted.en,
        "wanted_zh": wanted.zh,
        "power": f"{sizing.power:.0%}",
        "hidden": "any lift" if hidden is None else f"a lift below {hidden.en}",
        "hidden_zh": "任何提升" if hidden is None else f"低于 {hidden.zh} 的提升",
        "could": "no number" if sizing.needed is None else rounded(sizing.needed),
        "could_zh": "再多客户也不能" if sizing.needed is None else f"约 {rounded(sizing.needed)} 位客户可以",
    }
    if sizing.enough:
        return Text(
            "{many} customers can tell ({arms} against {control} left alone): a lift of {wanted} is found in {power} "
            "of tests; {hidden} stays hidden.",
            "{many} 位客户足以判断（{arms} 对 {control} 位不触达客户）：{wanted_zh} 的提升有 {power} 的实验能发现；"
            "{hidden_zh}看不出来。",
        ).format_with(**told)
    return Text(
        "Cannot tell with {many} customers ({arms} against {control} left alone): {hidden} stays hidden. "
        "Of the lift that is expected, {wanted}, {could} could tell.",
        "{many} 位客户无法判断（{arms} 对 {control} 位不触达客户）：{hidden_zh}看不出来；"
        "预期提升 {wanted_zh}，{could_zh}判断。",
    ).format_with(**told)


def _lift(base: Base, lift: float) -> Text:
    """Write a lift relative to the base, with what it is in its unit."""
    if base.kind == "amount":
        own = Text(f"{lift:,.2f}", f"{lift:,.2f}")
    else:
        own = Text(f"{lift * 100:.2g} in 100", f"每百位 {lift * 100:.2g} 位")
    if base.mean <= 0:
        return own
    return Text(f"{lift / base.mean:+.1%} ({own.en})", f"{lift / base.mean:+.1%}（{own.zh}）")


def rounded(people: int) -> str:
    """Write a size with two leading digits: more would promise a precision that it does not have."""
    step = 10 ** max(0, floor(log10(max(people, 1))) - 1)
    return f"{ceil(people / step) * step:,}"
