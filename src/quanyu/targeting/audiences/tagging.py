"""Gives a manual tag to the customers of pasted values or of an audience, or takes it back, as one batch."""

from dataclasses import dataclass

from quanyu.customers.identity.people import read_people
from quanyu.foundation import failpoints
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.choosing import chosen
from quanyu.targeting.audiences.matching import AUTO
from quanyu.targeting.audiences.pasting import Read, check_values, read_customers
from quanyu.targeting.tags.giving import Gave, Gift, check, give

FAILPOINTS = ("tagging.matched",)


@dataclass(frozen=True)
class Tagged:
    """How a batch came out; `read` says how its values did. Of customers, matched = changed + same."""

    gift: Gift
    gave: Gave
    read: Read


def tag_values(ws: Workspace, gift: Gift, text: bytes, kind: str = AUTO, source: str | None = None) -> Tagged:
    """Give a tag to the customers of the values in `text`, which are read as those of a pasted list."""
    check(ws, gift)
    check_values(ws, kind, source)
    read = read_customers(ws, text, kind, source)
    failpoints.reach("tagging.matched")
    return Tagged(gift, give(ws, gift, OrdinalSet.of(read.customers)), read)


def tag_audience(ws: Workspace, gift: Gift, name: str) -> Gave:
    """Give a tag to the members of an audience's last snapshot, or of a pasted list."""
    check(ws, gift)
    return give(ws, gift, chosen(ws, name).members & read_people(ws).alive)
