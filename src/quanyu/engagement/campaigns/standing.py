"""How campaigns stand: which stages are out, what is watched, approved and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quanyu.engagement.campaigns.approving import Approval, approval_of
from quanyu.engagement.campaigns.definitions import kept, newest
from quanyu.engagement.campaigns.guarding import Counted, count
from quanyu.engagement.campaigns.model import Kept
from quanyu.engagement.campaigns.releasing import Let, stages_of, watched_until
from quanyu.engagement.content.definitions import stored as contents
from quanyu.engagement.journeys.states import state_of
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Standing:
    """`state` is that of its journey; `watched_until` is None where nothing waits to be let out."""

    kept: Kept
    state: str
    out: Sequence[Let]
    watched_until: datetime | None

    @property
    def customers(self) -> int:
        """Return how many customers its stages brought in."""
        return sum(each.size for each in self.out)


@dataclass(frozen=True)
class Detail:
    standing: Standing
    approval: Approval | None
    counted: Counted


def standings(ws: Workspace) -> list[Standing]:
    """Return all campaigns by name."""
    return [_standing(ws, found) for found in newest(ws).values()]


def detail(ws: Workspace, name: str) -> Detail:
    """Return everything about one campaign; raises `NotFound`."""
    found = kept(ws, name)
    return Detail(_standing(ws, found), approval_of(ws, found.campaign, contents(ws)), count(ws, name))


def _standing(ws: Workspace, found: Kept) -> Standing:
    name = found.campaign.name
    with ws.begin() as connection:
        out, state = stages_of(ws, connection, name), state_of(ws, connection, name)
    return Standing(found, state, out, watched_until(found, out))
