"""Sets the mean of one group against that of another when few customers spend and some of them spend much.

Welch's statistic is corrected for skew by Hall's cubic transformation, in the form that Zhou and Dinh give for two
samples (Hall 1992, J. R. Statist. Soc. B 54, 221-228; Zhou and Dinh 2005, Biostatistics 6, 187-200).
The skew is that of both groups together: an act moves amounts, it seldom changes the shape of their distribution,
and the skew of one group alone is too noisy. Because even that is noisy when few customers spend, each end of an
interval is the farther one of the corrected and of Welch's plain interval.

Where so few of the smaller group say anything that no skew can be told, its own variance cannot either: mean and
variance of skewed samples go together, so that limits are narrowest just where the mean is too low. Its variance is
then taken to be at least that of both groups in common, as a test by lot among all of them would have it (Pitman 1937,
J. R. Statist. Soc. Suppl. 4, 119-130: under it the difference has the variance in common), and the interval is Welch's.
Where its own is the larger one, as when an act has made its amounts differ more, that stands.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.stats import t

ENOUGH_SPENDERS, ENOUGH_WEIGHT = 30, 10
TELLING = 30
"""Weight of the smaller group from which on its own variance, and the skew, are believed."""
_MATTERS = 25
_FAR = 1e6


@dataclass(frozen=True)
class Group:
    size: int
    mean: float
    variance: float
    skewness: float


@dataclass(frozen=True)
class Weighed:
    """How much the amounts of a group say: `spenders` of its customers have an amount other than zero.

    `total` and `squares` are the sums of amounts without their sign, and of their squares.
    """

    size: int
    spenders: int
    total: float
    squares: float

    @property
    def few(self) -> bool:
        return self.spenders < ENOUGH_SPENDERS or _weight(self.total, self.squares) < ENOUGH_WEIGHT


def describe(amounts: np.ndarray) -> Group:
    # Comparing with the first value keeps a constant column at a variance of exactly zero.
    mean = float(amounts[0] + (amounts - amounts[0]).mean())
    away = amounts - mean
    squares = float(np.square(away).mean())
    skewness = float((away**3).mean()) / squares**1.5 if squares > 0 else 0.0
    return Group(amounts.size, mean, squares * amounts.size / (amounts.size - 1), skewness)


def weigh(amounts: np.ndarray) -> Weighed:
    told = float(np.abs(amounts).sum()), float(np.square(amounts).sum())
    return Weighed(amounts.size, int(np.count_nonzero(amounts)), *told)


def is_thin(first: Weighed, second: Weighed, skewness: float) -> bool:
    """Say whether one group is the smaller, so skewed that it matters, and too light for its spread to be believed.

    `skewness` is that of both; it matters to groups of less than 25 times its square (Cochran 1977, Sampling
    Techniques, 2.15). A customer is taken to weigh as much in both.
    """
    smaller, people = min(first.size, second.size), first.size + second.size
    both = _weight(first.total + second.total, first.squares + second.squares)
    return first.size != second.size and smaller < _MATTERS * skewness**2 and both * smaller / people < TELLING


def skewness_of(*groups: Group) -> float:
    """Return the skewness of those that vary at all, by their sizes."""
    varied = [group for group in groups if group.variance > 0]
    return sum(g.size * g.skewness for g in varied) / sum(g.size for g in varied) if varied else 0.0


def _weight(total: float, squares: float) -> float:
    """Return how many equal amounts would say as much about the mean (Kish 1965, Survey Sampling, 11.7).

    One dealer among a hundred buyers may leave it near one.
    """
    return total**2 / squares if squares else 0.0


@dataclass(frozen=True)
class Contrast:
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
    def p_value(self) -> float:
        return float(2 * t.sf(abs(self.statistic), self.freedom))

    @property
    def interval(self) -> tuple[float, float]:
        ends = (self.quantile, self._untransform(self.quantile), -self.quantile, self._untransform(-self.quantile))
        return self.value - max(ends) * self.se, self.value - min(ends) * self.se

    def _untransform(self, statistic: float) -> float:
        if abs(self.skew) < 1e-9:
            return statistic
        inner = 1 + 3 * self.skew * (statistic - self.skew / 2)
        return (float(np.cbrt(inner)) - 1) / self.skew


def contrast(arm: Group, control: Group, alpha: float, *, thin: bool, ratio: float = 1.0) -> Contrast:
    """Return arm minus `ratio` times control; `thin` is what `is_thin` says of their amounts."""
    variances = _variances(arm, control, ratio, thin=thin)
    part1, part0 = variances[0] / arm.size, variances[1] / control.size
    variance = part1 + part0
    freedom = variance**2 / (part1**2 / (arm.size - 1) + part0**2 / (control.size - 1))
    skew = 0.0
    if not thin:
        third = part1**1.5 / arm.size**0.5 - np.sign(ratio) * part0**1.5 / control.size**0.5
        skew = float(skewness_of(arm, control) * third / variance**1.5 / 3)
    return Contrast(arm.mean - ratio * control.mean, float(np.sqrt(variance)), skew, freedom, alpha)


def _variances(arm: Group, control: Group, ratio: float, *, thin: bool) -> tuple[float, float]:
    own1, own0 = arm.variance, ratio**2 * control.variance
    if not thin:
        return own1, own0
    common = ((arm.size - 1) * own1 + (control.size - 1) * own0) / (arm.size + control.size - 2)
    return (max(own1, common), own0) if arm.size < control.size else (own1, max(own0, common))


def unrejected(at: Callable[[float], Contrast], middle: float) -> tuple[float, float] | None:
    """Return between which ratios the test does not reject (Fieller 1954), or None where that has no end.

    `at` tells the contrast at a ratio; it is zero at `middle`, and falls.
    """
    reach = _FAR * (1 + abs(middle))

    def above_low(ratio: float) -> float:
        return at(ratio).statistic - at(ratio).quantile

    def above_high(ratio: float) -> float:
        return at(ratio).statistic + at(ratio).quantile

    if above_low(middle - reach) <= 0 or above_high(middle + reach) >= 0:
        return None
    low: Any = brentq(above_low, middle - reach, middle)
    high: Any = brentq(above_high, middle, middle + reach)
    return float(low), float(high)
