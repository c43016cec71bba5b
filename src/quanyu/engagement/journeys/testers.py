"""Who tries things out: they get everything, and are in no figure."""

from quanyu.engagement.journeys.policy import in_force
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.choosing import chosen
from quanyu.targeting.tags.packs import standing


def find_testers(ws: Workspace) -> OrdinalSet:
    """Return the members of the audience or list that the policy in force names; nobody where it names none."""
    policy = in_force(ws, standing(ws).askables)
    return OrdinalSet.empty() if policy.testers is None else chosen(ws, policy.testers).members
