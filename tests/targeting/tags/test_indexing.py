"""The index of a run counts as the engine does, follows the next run, and is whole whenever it is killed."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quanyu.foundation.lake import laying
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.selecting import select, sizes
from quanyu.targeting.fields.rules import parse
from quanyu.targeting.tags import continuing, indexing
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.indexing import FAILPOINTS, build, index_of
from quanyu.targeting.tags.runs import current

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
RULES = (
    {"tag": "frequency", "is": ">", "value": 0},
    {"not": {"tag": "recency_days", "is": "<=", "value": 62}},
    {"tag": "country", "is": "is_null"},
    {"tag": "recency_score", "is": ">=", "value": 3},
    {"tag": "country", "is": "in", "value": ["France", "Japan"]},
    {"any": [{"tag": "monetary", "is": "between", "value": [0, 100.5]}, {"tag": "country", "is": "!=", "value": "NO"}]},
)
CHILD = """
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.targeting.tags.indexing import build

with opened(Settings.load()) as home:
    build(home.workspace())
"""


@pytest.fixture
def indexed(retailer) -> Workspace:
    """The retailer's workspace, in which five customers are enough for an index."""
    return replace(retailer.ws, settings=replace(retailer.ws.settings, index_from=1))


def asked(ws: Workspace) -> list[OrdinalSet]:
    now = current(ws)
    rules = [parse(rule, now.pack.askables, ws.currency) for rule in RULES]
    found = select(ws, now, rules)
    assert sizes(ws, now, rules) == [members.count() for members in found]
    return found


def folders(ws: Workspace) -> list[str]:
    return sorted(path.name for path in (ws.settings.home / "index" / str(ws.number)).iterdir())


def test_the_index_answers_as_the_engine_and_follows_the_run(retailer, indexed: Workspace) -> None:
    run = compute(indexed, AS_OF)
    by_engine = asked(indexed)
    assert build(retailer.ws) is None, "five customers need no index"
    first = build(indexed)
    assert first is not None
    assert asked(indexed) == by_engine
    assert build(indexed) is first
    retailer.live(0, 2, 5)
    assert asked(indexed) == [members & OrdinalSet.of([0, 2]) for members in by_engine], "5 came after the run"
    retailer.live(0, 1, 2, 3, 4)
    later = compute(indexed, AS_OF + timedelta(days=40))
    assert index_of(indexed, current(indexed)) is None
    by_engine = asked(indexed)
    build(indexed)
    assert asked(indexed) == by_engine
    assert folders(indexed) == [f"tags-{later.number}"] != [f"tags-{run.number}"]


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_at_any_point_the_next_build_is_whole(
    indexed: Workspace, environment: dict[str, str], point: str
) -> None:
    compute(indexed, AS_OF)
    by_engine = asked(indexed)
    killing = {**environment, "QUANYU_FAILPOINT": point, "QUANYU_INDEX_FROM": "1"}
    killed = subprocess.run(["python", "-c", CHILD], env=killing, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    assert build(indexed) is not None
    assert asked(indexed) == by_engine
    assert len(folders(indexed)) == 1


def test_the_index_is_renewed_where_the_run_went_on(
    indexed: Workspace, retailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(continuing, "LEAST", 0)
    monkeypatch.setattr(continuing, "MOST", 0)
    monkeypatch.setattr(laying, "MUCH", 0)
    monkeypatch.setattr(indexing, "MUCH", 0)
    compute(indexed, AS_OF)
    first = build(indexed)
    for days in (31, 62):
        run = compute(indexed, AS_OF + timedelta(days=days))
        assert run.whole_because is None
        by_engine = asked(indexed)
        index = build(indexed)
        assert first is not None
        assert index is not None
        assert index.origin["renewed"] == days // 31
        assert asked(indexed) == by_engine
    monkeypatch.setattr(indexing, "MUCH", 1_000)
    compute(indexed, AS_OF + timedelta(days=93))
    by_engine = asked(indexed)
    index = build(indexed)
    assert index is not None
    assert "renewed" not in index.origin, "more than one in a thousand has changed"
    assert asked(indexed) == by_engine
