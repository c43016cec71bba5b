"""Who got what of a campaign: arms, whom a message reached, and why the others got none; testers are in none of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.people import people_in
from quanyu.engagement.campaigns.compiling import LOT, sends
from quanyu.engagement.campaigns.deeds import whom
from quanyu.engagement.campaigns.model import NO_CONTACT, Campaign
from quanyu.engagement.campaigns.trying import TESTED
from quanyu.engagement.channels.outbox import reached_not
from quanyu.engagement.channels.tables import channel_batch
from quanyu.engagement.journeys.counting import ASSIGNED
from quanyu.engagement.journeys.model import END
from quanyu.engagement.journeys.moving import GONE
from quanyu.engagement.journeys.steps.send import SENT
from quanyu.engagement.journeys.tables import journey_move
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.workspace import Workspace

NOBODY = OrdinalSet.empty()
_WAITS = ("quiet", GONE)
_TO = "to:"


@dataclass(frozen=True)
class Reached:
    """`arms` by name, and on which day each of them was assigned; `handed` got a message; `why_not` are disjoint."""

    arms: Mapping[str, OrdinalSet]
    assigned: pa.Table  # customer, arm, day
    handed: OrdinalSet
    why_not: Mapping[str, OrdinalSet]

    @property
    def contacted(self) -> OrdinalSet:
        """Return who was to get a message."""
        found = NOBODY
        for name, members in self.arms.items():
            found = found if name == NO_CONTACT else found | members
        return found


def reached(ws: Workspace, found: Campaign) -> Reached:
    """Look through what the journey did and what became of its batches."""
    m, zone = journey_move.c, ZoneInfo(ws.time_zone)
    steps = {step for arm in found.sending for step in sends(arm)}
    arms: dict[str, OrdinalSet] = {}
    days: list[tuple[OrdinalSet, str, date]] = []
    why: dict[str, OrdinalSet] = {}
    with ws.begin() as connection:
        epoch = people_in(ws, connection).epoch
        mine = (m.workspace == ws.number, m.journey == found.name, m.epoch == epoch)
        for row in connection.execute(sa.select(journey_move).where(*mine).order_by(m.tick)):
            members = from_bytes(row.members)
            if row.step == LOT and row.outcome.startswith(_TO):
                to = row.outcome.removeprefix(_TO)
                arm = NO_CONTACT if to == END else to
                arms[arm] = arms.get(arm, NOBODY) | members
                days.append((members, arm, row.at.astimezone(zone).date()))
            elif row.step in steps and not row.outcome.startswith(SENT) and row.outcome not in _WAITS:
                why[row.outcome] = why.get(row.outcome, NOBODY) | members
        handed, refused = _handed(ws, connection, found.name)
    assigned = [whom(members, arm, day) for members, arm, day in days]
    for word, members in refused.items():
        why[word] = why.get(word, NOBODY) | members
    return Reached(arms, pa.concat_tables([ASSIGNED.empty_table(), *assigned]), handed, why)


def _handed(ws: Workspace, connection: sa.Connection, name: str) -> tuple[OrdinalSet, dict[str, OrdinalSet]]:
    """Return whose message was handed over, and the others that have had their turn by reason."""
    b = channel_batch.c
    query = sa.select(b.number, b.members, b.position).where(
        b.workspace == ws.number,
        sa.func.starts_with(b.key, f"{name}/"),
        ~sa.func.starts_with(b.key, f"{name}{TESTED}"),
    )
    handed, refused = NOBODY, dict[str, OrdinalSet]()
    for row in connection.execute(query.order_by(b.number)).all():
        members = from_bytes(row.members)
        gone = members - members.after(row.position)
        for word, who in reached_not(ws, connection, row.number).items():
            refused[word] = refused.get(word, NOBODY) | who
            gone = gone - who
        handed = handed | gone
    return handed, refused
