"""What to mend next: which identifier that a source often lacks would link how many more of its records."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanyu.customers.identity.reporting.standing import Standing

FEW = 30
"""Records with an identifier from which on the share of them that is linked is trusted."""

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Gain:
    """Records of a source that lack an identifier, and how many of them would be linked if they had it."""

    source: str
    type: str
    missing: int
    linked: int


def gains(standing: Standing) -> Sequence[Gain]:
    """Estimate what each missing identifier would bring, the most first.

    Records are compared that have the same other identifiers: with this one, so many of hundred are linked; without it
    so many; the difference is what it brings. Where it is not lacking by chance (only strangers have no phone) it
    brings less.
    """
    found: list[Gain] = []
    for source in sorted(set(standing.sets["source"].to_pylist())):
        mine = standing.sets.filter(np.array(standing.sets["source"].to_pylist()) == source)
        mask, records, linked = (mine[name].to_numpy() for name in ("mask", "records", "linked"))
        for bit, type_ in enumerate(standing.types):
            has = (mask >> bit & 1) == 1
            if has.any() and not has.all():
                brought = _brought(mask & ~np.int64(1 << bit), has, records, linked)
                found.append(Gain(source, type_, int(records[~has].sum()), round(brought)))
    return sorted((gain for gain in found if gain.linked > 0), key=lambda gain: (-gain.linked, gain.source, gain.type))


def _brought(others: Integers, has: NDArray[np.bool_], records: Integers, linked: Integers) -> float:
    """Sum over sets of other identifiers: records without the one in question times what it adds to their share."""
    whole = linked[has].sum() / max(records[has].sum(), 1)
    brought = 0.0
    for each in np.unique(others[~has]):
        with_, without = (others == each) & has, (others == each) & ~has
        count, share = records[with_].sum(), whole
        if count >= FEW:
            share = linked[with_].sum() / count
        missing = records[without].sum()
        brought += max(0.0, missing * share - linked[without].sum())
    return brought
