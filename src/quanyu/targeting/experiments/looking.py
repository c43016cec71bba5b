"""Intervals that hold however often one looks: confidence sequences in place of intervals for one look.

The boundary is that of a normal mixture, in the form of an asymptotic confidence sequence: at `n` customers the
interval reaches z(n) standard errors to each side, z(n)² = (1 + 1/r)·log((1 + r)/α²), r = n·ρ² (Waudby-Smith, Arbour,
Sinha, Kennedy and Ramdas 2024, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of
Statistics 52, 2613-2640, theorem 2.2; Robbins 1970, Ann. Math. Statist. 41, 1397-1409; Howard, Ramdas, McAuliffe and
Sekhon 2021, Annals of Statistics 49, 1055-1080). ρ is chosen before the first look, so that the interval is tightest
at a planned number of customers; before and after it holds too, and is a little wider than it might be.
"""

import math
from dataclasses import dataclass

from scipy.stats import norm

from quanyu.targeting.experiments._precision import ALPHA

_TIGHTEST = -2 * math.log(ALPHA) + math.log(1 - 2 * math.log(ALPHA))
"""r at which the boundary at ALPHA is nearly tightest (the same paper, appendix B.2)."""

_RAREST = 1e-12
"""Very early the boundary lies so far out that it has no figure; this far out none of a million looks goes astray."""


@dataclass(frozen=True)
class Looking:
    """`planned` customers at which intervals are tightest, fixed before the first look.

    `seen` is the share of the customers' days that has passed: outcomes that still grow tell less.
    """

    planned: float
    seen: float = 1.0

    def alpha(self, customers: int) -> float:
        """Return how often one interval for one look would miss that reaches as far as the sequence does now."""
        r = self._ripeness(customers)
        return max(float(2 * norm.sf(math.sqrt((1 + 1 / r) * (math.log1p(r) - 2 * math.log(ALPHA))))), _RAREST)

    def p_value(self, p_value: float, customers: int) -> float:
        """Return the p that stays below ALPHA at no look in 95 of 100 tests without effect, from that of this look."""
        r = self._ripeness(customers)
        squared = float(norm.isf(p_value / 2)) ** 2
        return min(1.0, math.exp(0.5 * (math.log1p(r) - squared * r / (1 + r))))

    def _ripeness(self, customers: int) -> float:
        return _TIGHTEST * max(customers * self.seen, 1.0) / self.planned
