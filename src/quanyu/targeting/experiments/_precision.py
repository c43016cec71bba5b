"""How much a test of a given standard error can see."""

from scipy.stats import norm

_SURE = float(norm.isf(0.025))
_FOUND = float(norm.isf(0.2))


def power_of(difference: float, se: float) -> float | None:
    """Return how often a test of this size would find a true difference as large as the one seen."""
    if se == 0:
        return None
    distance = abs(difference) / se
    return float(norm.sf(_SURE - distance) + norm.cdf(-distance - _SURE))


def detectable_by(se: float) -> float | None:
    """Return the difference found in four of five tests (Bloom 1995, Evaluation Review 19, 547-556)."""
    return (_SURE + _FOUND) * se if se > 0 else None
