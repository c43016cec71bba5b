"""Compares two rates: Newcombe's hybrid score interval, good for small counts, and the logarithm of the ratio."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from statsmodels.stats.proportion import confint_proportions_2indep, score_test_proportions_2indep

from quanyu.targeting.experiments._precision import ALPHA, detectable_by, power_of
from quanyu.targeting.experiments.adjusting import Adjusted
from quanyu.targeting.experiments.model import Estimate

ENOUGH_EVENTS = 30


def compare_rates(
    arm: np.ndarray, control: np.ndarray, alpha: float = ALPHA, adjusted: Adjusted | None = None
) -> Estimate:
    """Estimate from two arrays of zeros and ones (float64, at least two values each).

    Newcombe 1998, method 10 (doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I); p by the score
    test with pooled variance. With `adjusted` each interval keeps its shape, moves to the adjusted difference and
    narrows as the standard error does. Intervals miss the truth in `alpha` of cases.
    """
    count1, n1, count0, n0 = float(arm.sum()), arm.size, float(control.sum()), control.size
    rate1, rate0 = count1 / n1, count0 / n0
    raw, raw_se = rate1 - rate0, float(np.sqrt(rate1 * (1 - rate1) / n1 + rate0 * (1 - rate0) / n0))
    moved = _move(adjusted, rate1, rate0, min(count1, count0, n1 - count1, n0 - count0))
    absolute, se = raw + moved.by, raw_se * moved.kept
    low, high = confint_proportions_2indep(count1, n1, count0, n0, method="newcomb", alpha=alpha)
    relative_low, relative_high = _relative_interval(count1, n1, count0, n0, alpha)
    plain = float(norm.isf(0.025)) * raw_se
    return Estimate(
        arm_customers=n1,
        control_customers=n0,
        arm_mean=rate1,
        control_mean=rate0,
        absolute=absolute,
        se=se,
        absolute_low=max(absolute + (float(low) - raw) * moved.kept, -1.0),
        absolute_high=min(absolute + (float(high) - raw) * moved.kept, 1.0),
        unadjusted=raw,
        removed=moved.removed,
        plain_low=raw - plain,
        plain_high=raw + plain,
        relative=moved.ratio - 1 if count0 else None,
        relative_low=moved.relative(relative_low, rate1, rate0),
        relative_high=moved.relative(relative_high, rate1, rate0),
        p_value=_p_value(arm, control, moved, absolute),
        power=power_of(absolute, se, alpha),
        detectable=detectable_by(se, alpha),
        few=False,
    )


@dataclass(frozen=True)
class _Moved:
    """How adjusting moves a difference, `by`, and what share of the standard error it leaves, `kept`."""

    by: float
    kept: float
    ratio: float
    removed: float | None = None

    def relative(self, end: float | None, rate1: float, rate0: float) -> float | None:
        """Return an end of the interval of the ratio, less one, moved on the scale of its logarithm."""
        if end is None or self.removed is None:
            return end
        far = np.log((1 + end) / (rate1 / rate0)) * self.kept
        return float(self.ratio * np.exp(far)) - 1


def _move(adjusted: Adjusted | None, rate1: float, rate0: float, fewest: float) -> _Moved:
    """Say how far to move; not at all where few have, or lack, what is counted: there a slope is chance."""
    if adjusted is None or fewest < ENOUGH_EVENTS or adjusted.removed >= 1:
        return _Moved(0.0, 1.0, rate1 / rate0 if rate0 else 0.0)
    mean1, mean0 = float(adjusted.arm.mean()), float(adjusted.control.mean())
    if mean1 <= 0 or mean0 <= 0:
        return _Moved(0.0, 1.0, rate1 / rate0)
    return _Moved(
        mean1 - mean0 - (rate1 - rate0), float(np.sqrt(1 - adjusted.removed)), mean1 / mean0, adjusted.removed
    )


def _score_p(count1: float, n1: int, count0: float, n0: int) -> float:
    if count1 + count0 in (0, n1 + n0):
        return 1.0
    _, p_value = score_test_proportions_2indep(count1, n1, count0, n0, correction=False, return_results=False)
    return float(p_value)


def _p_value(arm: np.ndarray, control: np.ndarray, moved: _Moved, absolute: float) -> float:
    """Return p of the score test; adjusting leaves less of the standard error to it."""
    count1, n1, count0, n0 = float(arm.sum()), arm.size, float(control.sum()), control.size
    if moved.removed is None:
        return _score_p(count1, n1, count0, n0)
    rate = (count1 + count0) / (n1 + n0)
    se = np.sqrt(rate * (1 - rate) * (1 / n1 + 1 / n0)) * moved.kept
    return float(2 * norm.sf(abs(absolute) / se))


def _relative_interval(
    count1: float, n1: int, count0: float, n0: int, alpha: float
) -> tuple[float | None, float | None]:
    if count0 == 0 or (count1 == n1 and count0 == n0):
        return None, None
    # The logarithm of a ratio of zero does not exist; half a customer is added to every count (Walter 1975).
    method = "log" if count1 else "log-adjusted"
    low, high = confint_proportions_2indep(count1, n1, count0, n0, compare="ratio", method=method, alpha=alpha)
    return (float(low) - 1 if count1 else -1.0), float(high) - 1
