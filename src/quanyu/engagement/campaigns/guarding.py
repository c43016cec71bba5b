"""Counts what came back of a campaign, and stops it where a limit is passed; testers are not counted."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from quanyu.engagement.campaigns.model import WATCHED, Campaign
from quanyu.engagement.campaigns.trying import TESTED
from quanyu.engagement.channels.model import DEAD, GAVE_UP, TOO_LONG, UNRENDERED
from quanyu.engagement.channels.tables import channel_batch, channel_reason, channel_response
from quanyu.foundation.workspace import Workspace

FEW = 100
"""Shares are taken of so many messages at least: below that one answer is no rate."""
_OURS = (UNRENDERED, TOO_LONG, GAVE_UP)
"""Why a message died that says nothing of its address."""


@dataclass(frozen=True)
class Counted:
    """Messages that were handed over or refused, and customers who answered so, or whose address is none."""

    messages: int
    answers: Mapping[str, int]

    def since(self, before: "Counted") -> "Counted":
        told = {word: many - before.answers.get(word, 0) for word, many in self.answers.items()}
        return Counted(self.messages - before.messages, told)


@dataclass(frozen=True)
class Passed:
    """A limit that was passed: `answers` of `messages`, more than the share `limit`."""

    word: str
    answers: int
    messages: int
    limit: float


def count(ws: Workspace, name: str) -> Counted:
    """Count all stages together, from what has come in up to now."""
    b, r, w = channel_batch.c, channel_response.c, channel_reason.c
    mine = (
        b.workspace == ws.number,
        sa.func.starts_with(b.key, f"{name}/"),
        ~sa.func.starts_with(b.key, f"{name}{TESTED}"),
    )
    refused = sa.func.starts_with(w.reason, DEAD) & w.reason.not_in(_OURS)
    with ws.begin() as connection:
        accepted = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(b.accepted), 0)).where(*mine)).scalar_one()
        came = connection.execute(
            sa.select(r.event, sa.func.count(sa.distinct(sa.tuple_(r.batch, r.customer))).label("many"))
            .join(channel_batch, sa.and_(b.workspace == r.workspace, b.number == r.batch))
            .where(*mine, r.event.in_(WATCHED))
            .group_by(r.event)
        ).all()
        dead = connection.execute(
            sa.select(sa.func.coalesce(sa.func.sum(w.customers), 0))
            .join(channel_batch, sa.and_(b.workspace == w.workspace, b.number == w.batch))
            .where(*mine, refused)
        ).scalar_one()
    told = dict.fromkeys(WATCHED, 0) | {row.event: int(row.many) for row in came}
    return Counted(int(accepted) + int(dead), {**told, "bounced": told["bounced"] + int(dead)})


def passed(found: Campaign, seen: Counted) -> list[Passed]:
    """Return the limits that were passed."""
    return [
        Passed(word, seen.answers.get(word, 0), seen.messages, limit)
        for word, limit in found.guards.items()
        if seen.answers.get(word, 0) > limit * max(seen.messages, FEW)
    ]
