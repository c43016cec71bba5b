"""How sure and how strong a difference between two groups is, where groups may share people; pure figures.

Shares of two groups are compared as they are shown. With p the shares of both groups together and `v` the variance of
a difference of shares over p (1 - p), 1/a + 1/b - 2 ab/(a b) for groups of a and b people who share ab of them, the
statistic is Pearson's: for groups without shared people it is the usual chi-square, and for a group within the other
it is that of the group against all the others.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

EXPECTED = 5.0
"""People of the smaller side whom a part should have by chance for the normal law to hold (Cochran 1954)."""


@dataclass(frozen=True)
class Association:
    """What a tag has to do with who is in which group; None where there is nothing, or there are too few, to compare.

    `v` is its strength from 0 to 1: Cramér's V without what chance alone would give (Bergsma 2013).
    """

    chi_square: float | None
    freedom: int
    p: float | None
    v: float | None


UNSAID = Association(None, 0, None, None)


def associate(counts: Counts) -> Association:
    """Compare two groups over all parts at once: int64[only one group · both · only the other, parts].

    For p, parts of which too few are expected stand as one; where that is still too few, it joins the smallest other
    of several. Two parts are tested as a single one is.
    """
    held = counts[:, counts.sum(axis=0) > 0]
    spread = _variance(held)
    if held.shape[1] < 2 or spread is None:
        return UNSAID
    whole, freedom = _chi_square(held, spread), held.shape[1] - 1
    strength = math.sqrt(min(max(whole - freedom, 0.0) / int(held.sum()), 1.0))
    pooled = _pooled(held, spread)
    tested, freedom = _chi_square(pooled, spread), pooled.shape[1] - 1
    p = compare_parts(pooled)[0] if freedom < 2 else float(special.chdtrc(freedom, tested))
    return Association(tested, freedom, p if freedom else None, strength)


def compare_parts(counts: Counts) -> list[float | None]:
    """Return for each part the two-sided p of the difference of its shares; None where nothing can be compared.

    Where too few are expected for the normal law, Fisher's exact test is made of who is in one group only, or, where a
    group lies within the other, of it and the rest.
    """
    spread = _variance(counts)
    if spread is None:
        return [None] * counts.shape[1]
    together = counts.sum(axis=0) / counts.sum()
    many = together * (1 - together) / spread >= EXPECTED
    scores = np.abs(_differences(counts)) / np.sqrt(np.where(many, together * (1 - together) * spread, 1.0))
    ps = (2 * special.ndtr(-scores)).tolist()
    sides = two_sides(counts)
    sizes = sides.sum(axis=1).tolist()
    return [p if many[i] else exact(*sides[:, i].tolist(), *sizes) for i, p in enumerate(ps)]


def exact(here: int, there: int, of_here: int, of_there: int) -> float:
    """Return Fisher's two-sided p that `here` of `of_here` and `there` of `of_there` differ by chance."""
    part = here + there
    low, high = max(0, part - of_there), min(part, of_here)
    taken = np.arange(low, high + 1, dtype=np.float64)
    chances = _log_choices(of_here, taken) + _log_choices(of_there, part - taken)
    chances = np.exp(chances - chances.max())
    chances /= chances.sum()
    return float(min(chances[chances <= chances[here - low] * (1 + 1e-7)].sum(), 1.0))


def two_sides(counts: Counts) -> Counts:
    """Return groups that share nobody: of int64[only one · both · only the other, parts], int64[2, parts].

    Who is in both belongs to neither, but where one group lies within the other, it is held against the rest.
    """
    only, both, others = counts
    if not only.any():
        return np.array([both, others])
    return np.array([only, both if not others.any() else others])


def _log_choices(whole: int, taken: Numbers) -> Numbers:
    return special.gammaln(whole + 1.0) - special.gammaln(taken + 1.0) - special.gammaln(whole - taken + 1.0)


def _chi_square(counts: Counts, spread: float) -> float:
    together = counts.sum(axis=0) / counts.sum()
    return float((_differences(counts) ** 2 / together).sum() / spread)


def correct(ps: Sequence[float | None]) -> list[float | None]:
    """Return p-values corrected for how many there are, so that of those below q at most a share q is by chance.

    Benjamini and Hochberg 1995; None stays so and does not count.
    """
    given = np.array([p for p in ps if p is not None], np.float64)
    order = np.argsort(-given)
    ranks = np.arange(given.size, 0, -1)
    corrected = np.empty_like(given)
    corrected[order] = np.minimum.accumulate(given[order] * given.size / ranks).clip(max=1.0)
    following = iter(corrected.tolist())
    return [None if p is None else next(following) for p in ps]


def shares(counts: Counts) -> tuple[Numbers, Numbers]:
    """Return the share of each part in the one group and in the other, people in both counted in both."""
    one, other = counts[0] + counts[1], counts[1] + counts[2]
    return one / max(one.sum(), 1), other / max(other.sum(), 1)


def _differences(counts: Counts) -> Numbers:
    one, other = shares(counts)
    return one - other


def _variance(counts: Counts) -> float | None:
    """Return the variance of a difference of shares over p (1 - p); None where the groups cannot be compared."""
    only, both, others = (int(n) for n in counts.sum(axis=1))
    one, other = only + both, both + others
    if not one or not other or not (only or others):
        return None
    return 1 / one + 1 / other - 2 * both / (one * other)


def _pooled(counts: Counts, spread: float) -> Counts:
    totals = counts.sum(axis=0)
    few = totals / totals.sum() / spread < EXPECTED
    if not few.any():
        return counts
    kept, pool = counts[:, ~few], counts[:, few].sum(axis=1)
    if kept.shape[1] > 1 and pool.sum() / totals.sum() / spread < EXPECTED:
        kept[:, int(kept.sum(axis=0).argmin())] += pool
        return kept
    return np.column_stack([kept, pool])


def information(counts: Counts) -> tuple[float, float]:
    """Return what a tag tells about who is in which of two groups, in bits, and the share of all there is to tell.

    int64[2, parts]. The mutual information is corrected by Miller and Madow (1955): tags of many parts would tell much
    by chance alone. At least 0.
    """
    whole = int(counts.sum())
    entropy = _entropy(counts.sum(axis=1), whole)
    if not whole or not entropy:
        return 0.0, 0.0
    parts, sides = counts.sum(axis=0), counts.sum(axis=1)
    plain = _entropy(parts, whole) + entropy - _entropy(counts.ravel(), whole)
    # Empty cells would lower the correction below what chance gives: where they could be filled, they count as filled.
    surplus = (int((parts > 0).sum()) - 1) * (int((sides > 0).sum()) - 1)
    gained = max(0.0, plain - surplus / (2 * whole * math.log(2)))
    return gained, gained / entropy


def _entropy(counts: Counts, whole: int) -> float:
    held = counts[counts > 0] / max(whole, 1)
    return float(-(held * np.log2(held)).sum())
