"""What marketing as a whole changed in a quarter: everybody else against the global control."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.people import read_people
from quanyu.engagement.journeys.counting import ASSIGNED
from quanyu.engagement.journeys.effects import Report, compare
from quanyu.engagement.journeys.entering import CONTROL
from quanyu.engagement.journeys.holding import HELD, Quarter, quarter_of, seed_of
from quanyu.engagement.journeys.tables import journey_policy
from quanyu.engagement.journeys.testers import find_testers
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Conflict
from quanyu.foundation.sets.lots import lots
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

REST = "rest"


def report_whole(ws: Workspace, quarter: Quarter | None = None, by: str | None = None) -> Report:
    """Report on a quarter, the present one without: what customers did from the day on which holding began.

    Who was in the global control for a part of that time only, because the share was changed, counts in neither group.
    Raises Conflict where nobody was held out.
    """
    today = ws.clock.today(ws.time_zone)
    asked = quarter or quarter_of(today)
    began, least, most = _shares(ws, asked)
    if least <= 0 or began > asked.last or began > today:
        raise Conflict(
            Text("No customers were left alone by a global control then.", "该季度没有全局对照组。"),
            remedy=Text(
                "Set one in the contact policy: global_control: {share: 0.01}",
                "请在触达策略中设置：global_control: {share: 0.01}",
            ),
            received=str(asked),
        )
    people = (read_people(ws).alive - find_testers(ws)).ordinals()
    lot = lots(people, seed_of(ws, asked))
    held, others = people[lot < least], people[lot >= most]
    arms = np.repeat([CONTROL, REST], [held.size, others.size])
    before = pa.repeat(pa.scalar(began - timedelta(days=1), pa.date32()), arms.size)
    assigned = pa.Table.from_arrays([pa.array(np.concatenate([held, others])), pa.array(arms), before], schema=ASSIGNED)
    days = (asked.last - began).days + 1
    return compare(ws, HELD, assigned, CONTROL, {CONTROL: least, REST: 1 - most}, days, by, at_once=False)


def _shares(ws: Workspace, quarter: Quarter) -> tuple[date, float, float]:
    """Return the day on which holding began in the quarter, and the least and the greatest share since."""
    p, zone = journey_policy.c, ZoneInfo(ws.time_zone)
    query = sa.select(p.text, p.applied_at).where(p.workspace == ws.number).order_by(p.version)
    with ws.begin() as connection:
        told = [(row.applied_at.astimezone(zone).date(), _share(row.text)) for row in connection.execute(query)]
    before = [share for day, share in told if day < quarter.first]
    since = [(day, share) for day, share in told if quarter.first <= day <= quarter.last]
    began, shares = quarter.first, before[-1:]
    for day, share in since:
        if any(shares):
            shares.append(share)
        else:  # from the day after on, everybody was left alone, or not, the whole day
            began, shares = day + timedelta(days=1), [share]
    return began, min(shares, default=0.0), max(shares, default=0.0)


def _share(text: str) -> float:
    given = cast("Mapping[str, Any]", read(text).value).get("global_control") or {}
    return float(given.get("share", 0))
