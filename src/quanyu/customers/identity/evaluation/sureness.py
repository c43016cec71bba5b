"""Holds the confidence of customers against what is true of them."""

import numpy as np

from quanyu.customers.identity.confidence import Floats, of_customers, of_links
from quanyu.customers.identity.evaluation.counting import Integers
from quanyu.customers.identity.evaluation.grading import Graded
from quanyu.customers.identity.evaluation.model import Sureness
from quanyu.customers.identity.numbering import agreed
from quanyu.customers.identity.policies import policy_of
from quanyu.customers.identity.resolving import resolve
from quanyu.customers.identity.waiting import read_everything
from quanyu.foundation.workspace import Workspace

BANDS = (0.0, 0.9, 0.95, 0.965, 0.98, 0.99, 0.998)


def sureness(workspace: Workspace, graded: Graded) -> tuple[Sureness, ...]:
    """Return the bands that have customers, the least sure first; recognised anew as of now."""
    with workspace.begin() as connection:
        policy = policy_of(workspace, connection)
        everything = read_everything(workspace, connection)
    known, links = everything.known, everything.links
    found = resolve(known, links, policy)
    confidence = of_customers(known, links, found, of_links(known, links, found, policy))
    place = np.searchsorted(known.record, graded.record)
    place[place == len(known)] = 0
    mine = (known.record[place] == graded.record) & (found.component[place] >= 0)
    return in_bands(found.component[place[mine]], graded.person[mine], confidence)


def in_bands(component: Integers, person: Integers, confidence: Floats) -> tuple[Sureness, ...]:
    """Return the bands; `component` and `person` are of each record, the confidence of each component."""
    records = np.bincount(component, minlength=len(confidence))
    pure = agreed(component, person, len(confidence))[0] == 1
    several = np.flatnonzero(records > 1)
    band = np.searchsorted(BANDS, confidence[several], side="right") - 1
    told: list[Sureness] = []
    for at in np.unique(band).tolist():
        here = several[band == at]
        promised, right = float(confidence[here].mean()), float(pure[here].mean())
        told.append(Sureness(BANDS[at], len(here), round(promised, 6), round(right, 6)))
    return tuple(told)
