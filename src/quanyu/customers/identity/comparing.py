"""What another policy would change: who would become one customer, and who several; nothing is changed by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quanyu.customers.identity.policy import Policy
from quanyu.customers.identity.reading import Waiting
from quanyu.customers.identity.resolving import (
    ACROSS,
    CONTRADICTED,
    LINKED,
    NOBODY,
    REASONS,
    Integers,
    Resolution,
    brand_of,
    resolve,
)
from quanyu.customers.identity.waiting import read_everything
from quanyu.foundation.workspace import Workspace

SAMPLES = 20
SHOWN = 6
"""Records of a sample that are named."""


@dataclass(frozen=True)
class Sample:
    """One customer that would be joined from several, or parted into several.

    `records` are ordinals, the first `SHOWN`; `type` is of an identifier that joins under one policy only, and `reason`
    the key of `REASON_TITLES` for which the other one refuses it.
    """

    kind: Literal["merge", "split"]
    customers: int
    records: tuple[int, ...]
    type: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """Customers under either policy, how many of the one's become fewer, how many more, and samples of both."""

    before: int
    after: int
    merges: int
    splits: int
    records: int  # whose customer changes in either way
    samples: tuple[Sample, ...]


def compare(workspace: Workspace, before: Policy, after: Policy) -> Difference:
    """Resolve all records under either policy; takes as long as two whole recognitions."""
    with workspace.heavy(), workspace.begin() as connection:
        everything = read_everything(workspace, connection)
    one, other = (resolve(everything.known, everything.links, policy) for policy in (before, after))
    brands = brand_of(everything.known, before), brand_of(everything.known, after)
    return _difference(everything, one, other, brands)


def _difference(
    everything: Waiting, one: Resolution, other: Resolution, brands: tuple[Integers, Integers]
) -> Difference:
    before, after = _whole(one.component), _whole(other.component)
    owned = np.stack([one.component, other.component]) != NOBODY
    both = owned.all(axis=0)  # a device that finds its person is no merge
    pairs = np.unique(np.stack([before[both], after[both]], axis=1), axis=0)
    merges = np.flatnonzero(np.bincount(pairs[:, 1], minlength=1) > 1)
    splits = np.flatnonzero(np.bincount(pairs[:, 0], minlength=1) > 1)
    half = SAMPLES // 2
    merged = _samples("merge", everything, after, merges, max(half, SAMPLES - len(splits)), other, one, brands[0])
    parted = _samples("split", everything, before, splits, SAMPLES - len(merged), one, other, brands[1])
    changed = np.isin(after, merges) | np.isin(before, splits) | (owned[0] != owned[1])
    customers = [int((np.unique(each.component) != NOBODY).sum()) for each in (one, other)]
    return Difference(customers[0], customers[1], len(merges), len(splits), int(changed.sum()), (*merged, *parted))


def _whole(component: Integers) -> Integers:
    """Number whom nobody owns one by one, so that they are no group."""
    alone = component == NOBODY
    whole = component.copy()
    whole[alone] = int(component.max(initial=0)) + 1 + np.arange(int(alone.sum()))
    return whole


def _samples(
    kind: Literal["merge", "split"],
    everything: Waiting,
    whole: Integers,
    groups: Integers,
    most: int,
    joins: Resolution,
    refuses: Resolution,
    brand: Integers,
) -> Sequence[Sample]:
    """Take groups at even distances."""
    if not len(groups) or most <= 0:
        return ()
    taken = groups[np.unique(np.linspace(0, len(groups) - 1, min(most, len(groups))).astype(np.int64))]
    telling = np.flatnonzero((joins.reason == LINKED) & (refuses.reason != LINKED))
    samples: list[Sample] = []
    for group in taken.tolist():
        mine = np.flatnonzero(whole == group)
        link = telling[np.isin(everything.links.record[telling], mine)][:1].tolist()
        type_, reason = _told(everything, refuses, link[0]) if link else _grouped(everything, refuses.component, mine)
        if (brand[mine] != brand[mine[0]]).any():
            reason = ACROSS
        ordinals = tuple(everything.known.record[mine[:SHOWN]].tolist())
        customers = len(set(refuses.component[mine].tolist()) - {NOBODY})
        samples.append(Sample(kind, customers, ordinals, type_, reason))
    return samples


def _told(everything: Waiting, refuses: Resolution, link: int) -> tuple[str, str]:
    kind = int(everything.links.kind[everything.links.key[link]])
    return everything.links.kinds[kind][0], REASONS[int(refuses.reason[link])]


def _grouped(everything: Waiting, parts: Integers, mine: Integers) -> tuple[str, str]:
    """Return the type of a value that joins under both policies, and under the other one as several persons."""
    links = everything.links
    among = np.flatnonzero(np.isin(links.record, mine))
    pairs = np.unique(np.stack([links.key[among], parts[links.record[among]]], axis=1), axis=0)
    keys, times = np.unique(pairs[:, 0], return_counts=True)
    shared = keys[times > 1][:1].tolist()
    return (links.kinds[int(links.kind[shared[0]])][0], REASONS[CONTRADICTED]) if shared else ("", "")
