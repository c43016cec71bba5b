"""Compares two mean amounts when few customers spend and some of them spend much: see `_contrast` for how."""

import numpy as np
from scipy.stats import norm

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
from quanyu.targeting.experiments._precision import ALPHA, detectable_by, power_of
from quanyu.targeting.experiments.adjusting import Adjusted
from quanyu.targeting.experiments.model import Estimate


def compare_amounts(
    arm: np.ndarray, control: np.ndarray, alpha: float = ALPHA, adjusted: Adjusted | None = None
) -> Estimate:
    """Estimate from two arrays of amounts (float64, at least two values each, no NaN).

    Intervals miss the truth in `alpha` of cases. With `adjusted` the effect is that of the adjusted amounts.
    """
    raw1, raw0, weighed1, weighed0 = describe(arm), describe(control), weigh(arm), weigh(control)
    thin = is_thin(weighed1, weighed0, skewness_of(raw1, raw0))
    first, second = (raw1, raw0) if adjusted is None else (describe(adjusted.arm), describe(adjusted.control))
    raw_se = float(np.sqrt(raw1.variance / raw1.size + raw0.variance / raw0.size))
    absolute, unadjusted = first.mean - second.mean, raw1.mean - raw0.mean
    plain = float(norm.isf(0.025)) * raw_se
    seen = contrast(first, second, alpha, thin=thin) if first.variance + second.variance > 0 else None
    se = 0.0 if seen is None else seen.se
    low, high, p_value = _absolute_interval(seen, first.mean == second.mean)
    relative_low, relative_high = _relative_interval(first, second, alpha, thin=thin)
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
        few=weighed1.few or weighed0.few,
    )


def _absolute_interval(seen: Contrast | None, same: bool) -> tuple[float | None, float | None, float | None]:
    if seen is None:
        return None, None, 1.0 if same else None
    return *seen.interval, seen.p_value


def _relative_interval(arm: Group, control: Group, alpha: float, *, thin: bool) -> tuple[float | None, float | None]:
    """Return the ratios that the same test does not reject, less one, or None where they have no end."""
    if control.mean <= 0 or arm.variance == 0:
        return None, None
    found = unrejected(lambda ratio: contrast(arm, control, alpha, thin=thin, ratio=ratio), arm.mean / control.mean)
    return (None, None) if found is None else (found[0] - 1, found[1] - 1)
