"""Draws by lot that come out the same whenever they are made: each customer's by his ordinal and a seed alone.

Draws of two seeds are independent of each other.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from quanyu.foundation.sets.algebra import OrdinalSet

# splitmix64: Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014.
_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def lots(ordinals: npt.NDArray[np.int64], seed: str) -> npt.NDArray[np.float64]:
    """Return the lot of each customer: evenly spread over 0 (included) to 1 (not included)."""
    start = np.frombuffer(hashlib.blake2b(seed.encode(), digest_size=8).digest(), np.uint64)[0]
    with np.errstate(over="ignore"):
        mixed = (ordinals.astype(np.uint64) + np.uint64(1)) * _STEP + start
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / (1 << 53)


def drawn(customers: OrdinalSet, share: float, seed: str) -> OrdinalSet:
    """Draw a share of customers."""
    ordinals = customers.ordinals()
    return OrdinalSet.of(ordinals[lots(ordinals, seed) < share])


def parted(customers: OrdinalSet, shares: Sequence[float], seed: str) -> list[OrdinalSet]:
    """Part customers into groups of these shares, which sum to one; nobody is in two, and everybody in one."""
    ordinals = customers.ordinals()
    ends = np.cumsum(shares)[:-1]
    group = np.searchsorted(ends, lots(ordinals, seed), side="right")
    return [OrdinalSet.of(ordinals[group == place]) for place in range(len(shares))]


def parted_evenly(customers: OrdinalSet, shares: Sequence[float], seed: str) -> list[OrdinalSet]:
    """Part customers into groups whose sizes are these shares of them, but for less than one customer.

    Each has the chances of `parted`, whatever the others' lots: all stand in the order of their lots, and the ends of
    the groups begin at a place that is drawn too (systematic sampling: Madow and Madow 1944, Ann. Math. Stat. 15).
    The same customers are parted in the same way again; of others, one may come elsewhere.
    """
    ordinals = customers.ordinals()
    if not ordinals.size:
        return [OrdinalSet.empty() for _ in shares]
    order = np.argsort(lots(ordinals, seed), kind="stable")
    begins = lots(ordinals[order[:1]], f"{seed}/begins")[0]
    place = np.empty(ordinals.size)
    place[order] = (np.arange(ordinals.size) + begins) / ordinals.size
    group = np.searchsorted(np.cumsum(shares)[:-1], place, side="right")
    return [OrdinalSet.of(ordinals[group == number]) for number in range(len(shares))]


def parted_within(strata: Sequence[OrdinalSet], shares: Sequence[float], seed: str) -> list[OrdinalSet]:
    """Part each stratum by itself, so that every group has its share of every one; strata have nobody in common."""
    groups = [OrdinalSet.empty() for _ in shares]
    for stratum in strata:
        parts = parted_evenly(stratum, shares, seed)
        groups = [group | part for group, part in zip(groups, parts, strict=True)]
    return groups
