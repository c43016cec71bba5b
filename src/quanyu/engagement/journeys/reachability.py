"""Who can be written to on a channel for a purpose: lights as sets, kept until what they are measured from changes.

A light is worked out over all records, which takes seconds for millions; a step needs it in milliseconds. Delivery asks
again, chunk by chunk, so that a consent that was withdrawn since counts all the same.
"""

import hashlib
import json

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.customers.consent.bases import declared
from quanyu.customers.consent.lights import TABLES
from quanyu.customers.identity.people import People
from quanyu.engagement.journeys.tables import journey_reach
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.consenting import permitted
from quanyu.targeting.tags.runs import written_vector


def reachable(ws: Workspace, people: People, channel: str, purpose: str) -> OrdinalSet:
    """Return the living customers whose light is on there; nobody where no source declares the purpose."""
    seen = _seen(ws)
    c = journey_reach.c
    mine = (c.workspace == ws.number, c.channel == channel, c.purpose == purpose, c.epoch == people.epoch)
    with ws.begin() as connection:
        kept = connection.execute(sa.select(c.members).where(*mine, c.seen == seen)).scalar_one_or_none()
    if kept is not None:
        return from_bytes(kept) & people.alive
    if not any(purpose in basis.purposes for basis in declared(ws)):
        return OrdinalSet.empty()
    members = permitted(ws, people.alive, purpose, channel).members
    said = {"seen": seen, "epoch": people.epoch, "members": to_bytes(members)}
    row = insert(journey_reach).values(workspace=ws.number, channel=channel, purpose=purpose, **said)
    with ws.begin() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=["workspace", "channel", "purpose"], set_=said))
    return members


def _seen(ws: Workspace) -> str:
    """Return what tells whether lights may be others than before: what was read, what is declared, and the day."""
    versions = written_vector(ws.lake.vector(TABLES))
    bases = [[basis.source, sorted(basis.purposes), sorted(basis.channels)] for basis in declared(ws)]
    told = [versions, bases, ws.clock.today(ws.time_zone).isoformat()]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
