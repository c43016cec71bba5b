"""How sure it is that records are one person's, from what joins them: shares that were right where truth is known.

A link's confidence is how often a record that has a value as this one has it is the person of the others. Of a customer
it is the product over his records but the surest one, each by its best link: how often all of them are one person's.
`benchmarks/measure_identity.py` holds both against the truth of a made-up company.
"""

import numpy as np
from numpy.typing import NDArray

from quanyu.customers.identity.identifiers import PROPOSED
from quanyu.customers.identity.policy import NAME, Policy
from quanyu.customers.identity.resolving import LINKED, Integers, Known, Links, Resolution

SAID, EXACT, NAMED, SURNAME, LIKELY, HALF, SILENT = 1.0, 0.999, 0.999, 0.96, 0.96, 0.97, 0.95
"""Somebody has said so; a key that is a person's alone; of a value that may be several persons': the record bears the
name of the others, or their surname; a likely match; the record tells no name, and the others one, or none either."""

Floats = NDArray[np.float64]


def of_links(known: Known, links: Links, resolution: Resolution, policy: Policy) -> Floats:
    """Return the confidence of each link; 0 where it joins its record to no other one."""
    group, record = resolution.group, links.record
    joins = (resolution.reason == LINKED) & (resolution.component[record] >= 0)
    groups = int(group.max(initial=-1)) + 1
    joins &= (np.bincount(group[joins], minlength=groups) > 1)[group]
    rules = [policy.rule(type_) for type_, _ in links.kinds]
    looked = np.array([NAME in rule.unless for rule in rules], np.bool_)[links.kind][links.key]
    likely = np.array([type_ in PROPOSED for type_, _ in links.kinds], np.bool_)[links.kind][links.key]
    named = np.zeros(groups, np.bool_)
    named[group[joins & (known.name[record] != 0)]] = True
    silent = np.where(named[group], HALF, SILENT)
    by_name = np.where(known.name[record] != 0, NAMED, np.where(known.family[record] != 0, SURNAME, silent))
    found = np.where(likely, LIKELY, np.where(looked, by_name, EXACT))
    said = links.together >= 0 if len(links.together) else np.zeros(len(record), np.bool_)
    return np.where(joins, np.where(said, SAID, found), 0.0)


def of_customers(known: Known, links: Links, resolution: Resolution, confidence: Floats) -> Floats:
    """Return the confidence of each component; devices and recipients do not count. Of one record it is 1."""
    best = np.zeros(len(known))
    np.maximum.at(best, links.record, confidence)
    mine = (best > 0) & ~known.follows
    component: Integers = resolution.component[mine]
    count = int(resolution.component.max(initial=-1)) + 1
    surest = np.zeros(count)
    np.maximum.at(surest, component, best[mine])
    bits = np.bincount(component, np.log(best[mine]), minlength=count)
    return np.exp(bits - np.log(np.where(surest > 0, surest, 1.0)))
