"""Takes out of an outcome what customers' behaviour before their assignment foretells (CUPED), so that less is chance.

What was done before is the same in every group but for the lot, so a difference in it is chance, and as much of the
outcome's difference as goes with it is chance too. One slope serves both groups: that which makes the variance of the
adjusted difference least, so that adjusting never widens an interval, also where groups are unequal and differ in their
slopes (Deng et al. 2013, WSDM, 123-132; Lu and Liu 2024, "Tyranny-of-the-minority regression adjustment", JASA 119).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ENOUGH = 10
"""Customers of the smaller group for each column that is adjusted for; with fewer, slopes are chance themselves."""
_FARTHEST = 0.999
"""Values beyond this quantile count as this quantile: no single customer may bend the slope."""


@dataclass(frozen=True)
class Adjusted:
    """Outcomes of both groups less what was foretold, about the same mean; `removed` is the share of variance gone."""

    arm: Floats
    control: Floats
    removed: float


def prepare(columns: list[Floats]) -> Floats:
    """Return covariates, rows x columns: gaps get the mean of all, and what lies far out is drawn in.

    Nothing that is done here looks at groups or outcomes, so that any group is still like any other.
    """
    return np.column_stack([_tamed(column) for column in columns])


def _tamed(column: Floats) -> Floats:
    known = column[~np.isnan(column)]
    if known.size == 0:
        return np.zeros(column.size)
    low, high = np.quantile(known, [1 - _FARTHEST, _FARTHEST])
    drawn_in = np.clip(column, low, high)
    return np.where(np.isnan(column), np.nanmean(drawn_in), drawn_in)


def adjust(arm: Floats, control: Floats, arm_before: Floats, control_before: Floats) -> Adjusted | None:
    """Return adjusted outcomes, or None where there are too few customers, or nothing to adjust for.

    `arm_before` and `control_before` are what `prepare` returns, of the rows of each group.
    """
    centre = np.concatenate([arm_before, control_before]).mean(axis=0)
    within = [(y - y.mean(), x - x.mean(axis=0)) for y, x in ((arm, arm_before), (control, control_before))]
    scale = np.sqrt(sum(np.square(x).mean(axis=0) for _, x in within))
    varied = scale > 1e-12 * np.maximum(np.abs(centre), 1)
    if not varied.any() or min(arm.size, control.size) < ENOUGH * int(varied.sum()):
        return None
    parts = [(y, x[:, varied] / scale[varied], y.size * (y.size - 1)) for y, x in within]
    squares = np.sum([x.T @ x / weight for _, x, weight in parts], axis=0)
    products = np.sum([x.T @ y / weight for y, x, weight in parts], axis=0)
    slope = np.linalg.lstsq(squares, products, rcond=1e-10)[0]
    before = float(sum(y @ y / weight for y, _, weight in parts))
    if before == 0:
        return None
    foretold = [(x - centre)[:, varied] / scale[varied] @ slope for x in (arm_before, control_before)]
    return Adjusted(arm - foretold[0], control - foretold[1], float(np.clip(products @ slope / before, 0, 1)))
