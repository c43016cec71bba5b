"""How customers moved between stages of the lifecycle in the last weeks, for the console's first page.

Both days are told from the data and the definitions of today, so that whoever moved did so himself: the stages of four
weeks ago are those that a run as of that day gives. The worker makes it after each run of tags.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import ibis

from quanyu.foundation.errors import Conflict
from quanyu.foundation.kept.answers import Made, is_kept, kept, last_made
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.model import TagRun
from quanyu.targeting.tags.past import anew, values
from quanyu.targeting.tags.runs import current, last_run
from quanyu.targeting.tags.telling import titles_of

TAG = "lifecycle"
BACK = timedelta(days=28)
_PLACE = "flows"


def renew_flows(ws: Workspace) -> None:
    """Count who moved, after a new run of tags and if anybody looks at the first page."""
    last = last_run(ws)
    if last is not None and is_kept(ws, "overview"):
        with suppress(Conflict):  # tags were defined anew: the next run tells
            kept(ws, _PLACE, f"{last[0].number}", lambda: _made(ws, last[0]))


def flows(ws: Workspace) -> Made | None:
    """Return what was counted last; None before the worker has come to it."""
    return last_made(ws, [_PLACE]).get(_PLACE)


def _made(ws: Workspace, run: TagRun) -> Mapping[str, Any]:
    now = current(ws)
    tag = next((each for each in now.pack.tags if each.name == TAG), None)
    days = {"before": (run.day - BACK).isoformat(), "after": run.day.isoformat()}
    if tag is None:
        return {**days, "stages": [], "moves": []}
    stages = [{"value": str(value), "title": {"en": t.en, "zh": t.zh}} for value, t in titles_of(tag).items()]
    with values(ws, anew(ws, run.day - BACK), [TAG]) as then:
        before = then.rows.select("customer", before=then.rows[TAG])
        after = now.rows.select("customer", after=now.rows[TAG])
        both = after.left_join(before, "customer")
        counted = both.group_by("before", "after").agg(customers=both.count())
        moves = ws.lake.to_arrow(counted.order_by(ibis.desc("customers"))).to_pylist()
    return {**days, "stages": stages, "moves": moves}
