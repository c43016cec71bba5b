"""The ID report of the whole house: identity counts, the rooms above say what records did and who can be reached."""

from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter

from quanyu.app.rooms import ROOMS
from quanyu.app.state import state_of
from quanyu.customers.consent import lights
from quanyu.customers.consent.measures import LIT, marketing_lights
from quanyu.customers.consent.model import REACHABLE
from quanyu.customers.consent.room import ROOM as CONSENT
from quanyu.customers.identity.reporting.report import Report, report
from quanyu.foundation.kept.answers import is_kept, kept, last_made
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.measuring import pinned_scope
from quanyu.foundation.workspace import Workspace

_REPORT = TypeAdapter(Report)
_NAME = "id report"


def id_report(workspace: Workspace) -> Report:
    """Report on everybody as of now. Raises NotFound before the first customer."""
    return replace(report(workspace, _facts()), reachable=_reachable(workspace))


def kept_report(workspace: Workspace) -> Report:
    """Return the same, made anew only when data, tags or the day have changed. Raises NotFound."""
    answer = kept(workspace, _NAME, state_of(workspace), lambda: _REPORT.dump_python(id_report(workspace), mode="json"))
    return _REPORT.validate_python(answer)


def shown_report(workspace: Workspace) -> tuple[Report, datetime, bool]:
    """Return the report as it was made last, when that was, and whether it is as it would be made now.

    It is made at once only where it never was. Raises NotFound.
    """
    last = last_made(workspace, [_NAME]).get(_NAME)
    if last is None:
        return kept_report(workspace), workspace.clock.now(), True
    return _REPORT.validate_python(last.answer), last.made_at, last.made_of == state_of(workspace)


def renew_report(workspace: Workspace) -> None:
    """Make the report anew where it has changed and anybody looks at it."""
    if is_kept(workspace, _NAME):
        kept_report(workspace)


def _facts() -> tuple[LakeTable, ...]:
    """Return the tables behind what customers did: rows with a record and a day."""
    acting = [room for room in ROOMS if room.name != CONSENT.name]  # to be somebody's contact is not to do anything
    tables = [table for room in acting for behaviour in room.behaviours for table in behaviour.tables[:1]]
    return tuple({table.name: table for table in tables if "record" in table.schema.names}.values())


def _reachable(workspace: Workspace) -> dict[str, int]:
    """Count whom marketing may address now, by channel."""
    lake = workspace.lake
    vector = lake.vector(lights.TABLES)
    scope = pinned_scope(lake, lights.TABLES, vector, workspace.clock.now(), workspace.time_zone)
    states: Value = marketing_lights(scope)
    sums: dict[str, Value] = {channel: (states[channel] == REACHABLE).sum() for channel in LIT}
    counts = lake.to_arrow(states.aggregate(**sums))
    return {channel: int(counts[channel][0].as_py() or 0) for channel in LIT}
