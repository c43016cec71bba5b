"""Tags as they are listed to whoever looks: made when a run is, since among many customers it takes a while."""

from collections.abc import Mapping
from typing import Any

from quanyu.foundation.kept.answers import kept, last_made
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.health_report import both
from quanyu.targeting.tags.indexing import build
from quanyu.targeting.tags.listing import Listing, TagSummary, list_tags
from quanyu.targeting.tags.profiles import take_profile
from quanyu.targeting.tags.runs import last_run

_NAME = "tags"


def make_ready(ws: Workspace) -> None:
    """Make of the last run what is looked at, before anybody waits for it: the index, the profile, the list."""
    build(ws)
    take_profile(ws)
    _kept(ws)


def shown_tags(ws: Workspace) -> Mapping[str, Any]:
    """Return the list of the last run; of many customers that of the run before, while the last one's is being made."""
    last = last_run(ws)
    if last is not None and last[0].customers >= ws.settings.index_from:
        made = last_made(ws, [_NAME]).get(_NAME)
        if made is not None:
            return made.answer
    return _kept(ws)


def _kept(ws: Workspace) -> Mapping[str, Any]:
    last = last_run(ws)
    made_of = "" if last is None else str(last[0].number)
    return kept(ws, _NAME, made_of, lambda: describe_tags(list_tags(ws)))


def describe_tags(found: Listing) -> Mapping[str, Any]:
    """Return a list as plain values that JSON has."""
    return {
        "run": str(found.run.number),
        "day": found.run.day.isoformat(),
        "as_of": found.run.as_of.isoformat(),
        "finished_at": found.run.finished_at.isoformat(),
        "tags": [describe_summary(summary) for summary in found.tags],
        "lacking": [
            {"tag": tag.name, "title": both(tag.title), "lacks": [both(lack.words) for lack in standing.lacks]}
            for tag, standing in found.lacking
        ],
    }


def describe_summary(found: TagSummary) -> dict[str, Any]:
    """Return a tag and how its values lie as plain values; amounts are decimals in major units, as text."""
    lowest, median, highest = (
        None if value is None else str(value) for value in (found.lowest, found.median, found.highest)
    )
    return {
        "tag": found.tag.name,
        "title": both(found.tag.title),
        "description": both(found.tag.description),
        "family": found.tag.family,
        "type": found.tag.type,
        "known": found.known,
        "customers": found.customers,
        "lowest": lowest,
        "median": median,
        "highest": highest,
        "top": [{"value": value, "customers": customers} for value, customers in found.top],
    }
