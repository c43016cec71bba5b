"""Compares two mean amounts when few customers spend and some of them spend much.

Welch's statistic is corrected for skew by Hall's cubic transformation, in the form that Zhou and Dinh give for two
samples (Hall 1992, J. R. Statist. Soc. B 54, 221-228; Zhou and Dinh 2005, Biostatistics 6, 187-200).
The skew is that of both groups together: an act moves amounts, it seldom changes the shape of their distribution,
and the skew of one group alone is too noisy. Because even that is noisy when few customers spend, each end of an
interval is the farther one of the corrected and of Welch's plain interval.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm, t

from quanyu.targeting.experiments._precision import ALPHA, detectable_by, power_of
from quanyu.targeting.experiments.adjusting import Adjusted
from quanyu.targeting.experiments.model import Estimate

ENOUGH_SPENDERS, ENOUGH_WEIGHT = 30, 10


@dataclass(frozen=True)
class _Group:
    """Size, mean, variance and skewness of one group; `spenders` have an amount other than zero.

    `weight` is how many of them would say as much about the mean if all amounts were equal (Kish 1965, Survey Sampling,
    11.7): one dealer among a hundred buyers may leave it near one.
    """

    size: int
    mean: float
    variance: float
    skewness: float
    spenders: int
    weight: float

    @property
    def few(self) -> bool:
        return self.spenders < ENOUGH_SPENDERS or self.weight < ENOUGH_WEIGHT


@dataclass(frozen=True)
class _Contrast:
    """Arm minus `ratio` times control: its value, standard error, skew third, and how often to miss."""

    value: float
    se: float
    skew: float
    freedom: float
    alpha: float

    @property
    def quantile(self) -> float:
        return float(t.isf(self.alpha / 2, self.freedom))

    @property
    def statistic(self) -> float:
        """Return Welch's statistic or Hall's transform of it, whichever is nearer to zero."""
        plain, skew = self.value / self.se, self.skew
        corrected = plain + skew * plain**2 + skew**2 * plain**3 / 3 + skew / 2
        return min(plain, corrected, key=abs) if plain * corrected > 0 else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        ends = (self.quantile, self._untransform(self.quantile), -self.quantile, self._untransform(-self.quantile))
        return self.value - max(ends) * self.se, self.value - min(ends) * self.se

    def _untransform(self, statistic: float) -> float:
        if abs(self.skew) < 1e-9:
            return statistic
        inner = 1 + 3 * self.skew * (statistic - self.skew / 2)
        return (float(np.cbrt(inner)) - 1) / self.skew


def compare_amounts(
    arm: np.ndarray, control: np.ndarray, alpha: float = ALPHA, adjusted: Adjusted | None = None
) -> Estimate:
    """Estimate from two arrays of amounts (float64, at least two values each, no NaN).

    Intervals miss the truth in `alpha` of cases. With `adjusted` the effect is that of the adjusted amounts.
    """
    raw1, raw0 = _describe(arm), _describe(control)
    first, second = (raw1, raw0) if adjusted is None else (_describe(adjusted.arm), _describe(adjusted.control))
    se, raw_se = (float(np.sqrt(a.variance / a.size + b.variance / b.size)) for a, b in ((first, second), (raw1, raw0)))
    absolute, unadjusted = first.mean - second.mean, raw1.mean - raw0.mean
    plain = float(norm.isf(0.025)) * raw_se
    low, high, p_value = _absolute_interval(first, second, alpha)
    relative_low, relative_high = _relative_interval(first, second, alpha)
    return Estimate(
        arm_customers=first.size,
        control_customers=second.size,
        arm_mean=raw1.mean,
        control_mean=raw0.mean,
        absolute=absolute,
        se=se,
        absolute_low=low,
        absolute_high=high,
        unadjusted=unadjusted,
        removed=None if adjusted is None else adjusted.removed,
        plain_low=unadjusted - plain,
        plain_high=unadjusted + plain,
        relative=first.mean / second.mean - 1 if second.mean > 0 else None,
        relative_low=relative_low,
        relative_high=relative_high,
        p_value=p_value,
        power=power_of(absolute, se, alpha),
        detectable=detectable_by(se, alpha),
        few=raw1.few or raw0.few,
    )


def _describe(amounts: np.ndarray) -> _Group:
    # Comparing with the first value keeps a constant column at a variance of exactly zero.
    mean = float(amounts[0] + (amounts - amounts[0]).mean())
    away = amounts - mean
    squares = float(np.square(away).mean())
    skewness = float((away**3).mean()) / squares**1.5 if squares > 0 else 0.0
    variance = squares * amounts.size / (amounts.size - 1)
    squared = float(np.square(amounts).sum())
    weight = float(np.abs(amounts).sum()) ** 2 / squared if squared else 0.0
    return _Group(amounts.size, mean, variance, skewness, int(np.count_nonzero(amounts)), weight)


def _contrast(arm: _Group, control: _Group, ratio: float, alpha: float) -> _Contrast:
    part1, part0 = arm.variance / arm.size, ratio**2 * control.variance / control.size
    variance = part1 + part0
    freedom = variance**2 / (part1**2 / (arm.size - 1) + part0**2 / (control.size - 1))
    varied = [group for group in (arm, control) if group.variance > 0]
    shape = sum(g.size * g.skewness for g in varied) / sum(g.size for g in varied)
    third = part1**1.5 / arm.size**0.5 - np.sign(ratio) * part0**1.5 / control.size**0.5
    skew = float(shape * third / variance**1.5 / 3)
    return _Contrast(arm.mean - ratio * control.mean, float(np.sqrt(variance)), skew, freedom, alpha)


def _absolute_interval(arm: _Group, control: _Group, alpha: float) -> tuple[float | None, float | None, float | None]:
    if arm.variance + control.variance == 0:
        return None, None, 1.0 if arm.mean == control.mean else None
    seen = _contrast(arm, control, 1.0, alpha)
    return *seen.interval, float(2 * t.sf(abs(seen.statistic), seen.freedom))


def _relative_interval(arm: _Group, control: _Group, alpha: float) -> tuple[float | None, float | None]:
    """Return the ratios that the same test does not reject, less one (Fieller 1954), or None where they have no end."""
    if control.mean <= 0 or arm.variance == 0:
        return None, None
    ratio = arm.mean / control.mean
    reach = 1e6 * (1 + abs(ratio))

    def above_low(at: float) -> float:
        seen = _contrast(arm, control, at, alpha)
        return seen.statistic - seen.quantile

    def above_high(at: float) -> float:
        seen = _contrast(arm, control, at, alpha)
        return seen.statistic + seen.quantile

    if above_low(ratio - reach) <= 0 or above_high(ratio + reach) >= 0:
        return None, None
    low: Any = brentq(above_low, ratio - reach, ratio)
    high: Any = brentq(above_high, ratio, ratio + reach)
    return float(low) - 1, float(high) - 1
