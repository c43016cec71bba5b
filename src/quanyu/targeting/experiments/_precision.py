"""How much a test of a given standard error can see."""

from scipy.stats import norm

ALPHA = 0.05
"""How often an interval may miss the truth."""
_FOUND = float(norm.isf(0.2))


def sure_at(alpha: float) -> float:
    """Return how many standard errors an interval that misses the truth so often reaches to each side."""
    return float(norm.isf(alpha / 2))


def power_of(difference: float, se: float, alpha: float = ALPHA) -> float | None:
    """Return how often a test of this size would find a true difference as large as the one seen."""
    if se == 0:
        return None
    distance, sure = abs(difference) / se, sure_at(alpha)
    return float(norm.sf(sure - distance) + norm.cdf(-distance - sure))


def detectable_by(se: float, alpha: float = ALPHA) -> float | None:
    """Return the difference found in four of five tests (Bloom 1995, Evaluation Review 19, 547-556)."""
    return (sure_at(alpha) + _FOUND) * se if se > 0 else None
