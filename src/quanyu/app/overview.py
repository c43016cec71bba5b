"""What the first page of the console shows: all rooms at a glance, and what needs somebody's attention."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from quanyu.app.identity_report import kept_report
from quanyu.app.state import state_of
from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.reviewing import review
from quanyu.customers.ingest.model import SourceStatus
from quanyu.customers.ingest.status import source_status
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.kept.answers import is_kept, keep_first, kept, last_made
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.counting import count
from quanyu.targeting.audiences.listing import list_audiences
from quanyu.targeting.tags.model import TagRun
from quanyu.targeting.tags.pairing import pair_tags
from quanyu.targeting.tags.runs import current, last_run
from quanyu.targeting.tags.tasks import data_tasks
from quanyu.targeting.tags.telling import titles_of

REACHABLE = {"tag": "channels_reachable", "is": ">=", "value": 1}
BOUGHT = {"tag": "frequency", "is": ">=", "value": 1}
AGAIN = {"tag": "frequency", "is": ">=", "value": 2}
LATELY = {"tag": "recency_days", "is": "<=", "value": 90}
PAIRS = {"rfm": ("recency_score", "frequency_score"), "lifecycle": ("lifecycle", "rfm_tier")}
TASKS = 3
AT_ONCE = 100_000
"""Records of which the figures are made while somebody waits, in some two seconds."""
_NOBODY = {
    **dict.fromkeys(("linked_records", "customers", "linked", "identified", "taggable", "score"), 0),
    "lights": {},
    "months": [],
}


@dataclass(frozen=True)
class Concern:
    """Something that needs attention, and the page of the console where it is seen to."""

    words: Text
    page: str
    urgent: bool = False


def overview(ws: Workspace) -> Mapping[str, Any]:
    """Return figures of the last run of tags and of recognition; kept until data, tags or the day change."""
    last = last_run(ws)
    return kept(ws, "overview", state_of(ws), lambda: _made(ws, last and last[0]))


def shown_overview(ws: Workspace) -> tuple[Mapping[str, Any], bool]:
    """Return the figures as they were made last, and whether that is as they are now.

    They are made at once only where they never were, of few records: whoever looks while the worker computes tags, or
    is the first to look at many customers, waits for nothing.
    """
    last = last_made(ws, ["overview"]).get("overview")
    if last is not None:
        return last.answer, last.made_of == state_of(ws)
    people = read_people(ws)
    if people.records <= AT_ONCE:
        return overview(ws), True
    run = last_run(ws)
    bare = _told(run and run[0], {"records": people.records, **_NOBODY, "customers": people.alive.count()}, ready=False)
    keep_first(ws, "overview", bare)
    return bare, False


def renew_overview(ws: Workspace) -> None:
    """Make the figures anew where they have changed and anybody looks at them, before somebody waits for them."""
    if is_kept(ws, "overview"):
        overview(ws)


def _made(ws: Workspace, run: TagRun | None) -> Mapping[str, Any]:
    told = _told(run, _people(ws), ready=True)
    if run is None:
        return told
    tasks = [_both(task.words) for task in data_tasks(ws)[:TASKS]]
    return {**told, "counts": _counts(ws), "pairs": _pairs(ws), "titles": _titles(ws), "tasks": tasks}


def _told(run: TagRun | None, people: Mapping[str, Any], *, ready: bool) -> dict[str, Any]:
    """Return the figures without those of tags; `ready` unless more of them are to come."""
    when = {
        "as_of": None if run is None else run.as_of.isoformat(),
        "day": None if run is None else run.day.isoformat(),
    }
    return {**when, **people, "counts": {}, "pairs": {}, "titles": {}, "tasks": [], "ready": ready}


def _people(ws: Workspace) -> dict[str, Any]:
    """Say how records became customers; before anybody is recognised, only how many records there are."""
    try:
        found = kept_report(ws)
    except NotFound:
        return {"records": read_people(ws).records, **_NOBODY}
    names = ("records", "linked_records", "customers", "linked", "identified", "taggable", "score")
    return {
        **{name: getattr(found.whole, name) for name in names},
        "lights": dict(found.reachable),
        "months": [{"month": str(month), "customers": customers} for month, customers in found.months],
    }


def _counts(ws: Workspace) -> dict[str, int]:
    """Count what the figures on top are made of; a tag that this pack does not have is left out."""
    asked = {"reachable": REACHABLE, "bought": BOUGHT, "again": AGAIN, "lately": LATELY}
    return {name: size for name, rule in asked.items() if (size := _count(ws, rule)) is not None}


def _count(ws: Workspace, rule: object) -> int | None:
    try:
        return count(ws, rule).size
    except (Conflict, Invalid):
        return None


def _pairs(ws: Workspace) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for name, (one, other) in PAIRS.items():
        try:
            found[name] = [vars(pair) for pair in pair_tags(ws, one, other)]
        except Invalid:
            continue
    return found


def _titles(ws: Workspace) -> dict[str, dict[str, dict[str, str]]]:
    """Return the words for the values of the paired tags, by tag and value."""
    asked = {name for pair in PAIRS.values() for name in pair}
    tags = [tag for tag in current(ws).pack.tags if tag.name in asked]
    return {tag.name: {str(value): _both(words) for value, words in titles_of(tag).items()} for tag in tags}


def concerns(ws: Workspace) -> Sequence[Concern]:
    """Return what needs attention now, the urgent first."""
    found = [*_of_sources(source_status(ws)), *_of_audiences(ws), *_of_identity(ws)]
    return sorted(found, key=lambda each: not each.urgent)


def _of_sources(sources: Sequence[SourceStatus]) -> Iterator[Concern]:
    for source in sources:
        if source.open_rejects:
            words = Text("{source}: {n} refused lines wait to be mended", "{source}：{n} 行被拒，待修正")
            yield Concern(words.format_with(source=source.source, n=f"{source.open_rejects:,}"), "/data")
        if source.failed or source.interrupted:
            words = Text("{source}: an import did not end well", "{source}：有导入未正常完成")
            yield Concern(words.format_with(source=source.source), "/data", urgent=True)


def _of_audiences(ws: Workspace) -> Iterator[Concern]:
    for each in list_audiences(ws):
        if each.jump is not None:
            words = Text(
                "Audience {name}: {size} customers, usually {usual}", "人群“{name}”：{size} 人，平时约 {usual} 人"
            )
            told = {"size": f"{each.jump.size:,}", "usual": f"{each.jump.usual:,}"}
            by_name = Text(words.en.format(name=each.title.en, **told), words.zh.format(name=each.title.zh, **told))
            yield Concern(by_name, f"/audiences/{each.name}", urgent=True)


def _of_identity(ws: Workspace) -> Iterator[Concern]:
    queue = review(ws, _unasked, None, 0, settled=False)
    questions = sum(pattern.questions for pattern in queue.patterns)
    if questions:
        words = Text(
            "{n} questions of who is who, in {patterns} patterns", "{n} 个待审核的身份问题，归为 {patterns} 类"
        )
        yield Concern(words.format_with(n=f"{questions:,}", patterns=len(queue.patterns)), "/review")


def _unasked(ws: Workspace, held: pa.Table) -> pa.Table:
    """Leave out what is at stake: how many questions there are takes a moment, what those have bought much longer."""
    return pa.table({"question": pa.array([], pa.int64()), "worth": pa.array([], pa.int64())})


def _both(words: Text) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}
