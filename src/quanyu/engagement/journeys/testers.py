"""Who tries things out: they get everything, and are in no figure."""

from quanyu.engagement.journeys.policy import in_force
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.selecting import select
from quanyu.targeting.fields.model import InAudience
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.runs import current


def find_testers(ws: Workspace) -> OrdinalSet:
    """Return the members of the audience or list that the contact policy names as testers."""
    policy = in_force(ws, standing(ws).askables)
    return OrdinalSet.empty() if policy.testers is None else select(ws, current(ws), [InAudience(policy.testers)])[0]
