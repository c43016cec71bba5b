"""Compares two rates: Newcombe's hybrid score interval, good for small counts, and the logarithm of the ratio."""

import numpy as np
from scipy.stats import norm
from statsmodels.stats.proportion import confint_proportions_2indep, score_test_proportions_2indep

from quanyu.targeting.experiments._precision import detectable_by, power_of
from quanyu.targeting.experiments.model import Estimate


def compare_rates(arm: np.ndarray, control: np.ndarray) -> Estimate:
    """Estimate from two arrays of zeros and ones (float64, at least two values each).

    Newcombe 1998, method 10 (doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I); p by the score
    test with pooled variance.
    """
    count1, n1, count0, n0 = float(arm.sum()), arm.size, float(control.sum()), control.size
    rate1, rate0 = count1 / n1, count0 / n0
    absolute, se = rate1 - rate0, float(np.sqrt(rate1 * (1 - rate1) / n1 + rate0 * (1 - rate0) / n0))
    low, high = confint_proportions_2indep(count1, n1, count0, n0, method="newcomb")
    relative_low, relative_high = _relative_interval(count1, n1, count0, n0)
    plain = float(norm.isf(0.025)) * se
    return Estimate(
        arm_customers=n1,
        control_customers=n0,
        arm_mean=rate1,
        control_mean=rate0,
        absolute=absolute,
        absolute_low=float(low),
        absolute_high=float(high),
        plain_low=absolute - plain,
        plain_high=absolute + plain,
        relative=rate1 / rate0 - 1 if count0 else None,
        relative_low=relative_low,
        relative_high=relative_high,
        p_value=_score_p(count1, n1, count0, n0),
        power=power_of(absolute, se),
        detectable=detectable_by(se),
        few=False,
    )


def _score_p(count1: float, n1: int, count0: float, n0: int) -> float:
    if count1 + count0 in (0, n1 + n0):
        return 1.0
    _, p_value = score_test_proportions_2indep(count1, n1, count0, n0, correction=False, return_results=False)
    return float(p_value)


def _relative_interval(count1: float, n1: int, count0: float, n0: int) -> tuple[float | None, float | None]:
    if count0 == 0 or (count1 == n1 and count0 == n0):
        return None, None
    # The logarithm of a ratio of zero does not exist; half a customer is added to every count (Walter 1975).
    method = "log" if count1 else "log-adjusted"
    low, high = confint_proportions_2indep(count1, n1, count0, n0, compare="ratio", method=method)
    return (float(low) - 1 if count1 else -1.0), float(high) - 1
