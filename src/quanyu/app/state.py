"""What the house stands at, in one text: whatever is made of lake, tags and the day changes only with it."""

import json

from quanyu.app.rooms import ROOMS
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.runs import last_run, written_vector


def state_of(ws: Workspace) -> str:
    """Return the last run of tags, the workspace's day, and the versions of all tables of the lake."""
    last = last_run(ws)
    tables = [table for room in ROOMS for table in room.lake_tables]
    read = json.dumps(written_vector(ws.lake.vector(tables)), sort_keys=True, default=str)
    return f"{last and last[0].number} {ws.clock.today(ws.time_zone)} {read}"
