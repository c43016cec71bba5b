"""Keeps an index of the last run's tags, where there are so many customers that it counts faster than the engine."""

import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from quanyu.foundation import failpoints
from quanyu.foundation.sets.algebra import Ordinals
from quanyu.foundation.sets.index import Index, open_index, write_index
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.runs import Current, current

TAGGED = "customer"
"""Column of the index that only says who has tags: who came after the run has none, not even unknown ones."""
FAILPOINTS = ("tags.indexed", "tags.index_pruned")


def build(ws: Workspace) -> Index | None:
    """Index the last run unless that is done, and let older indexes go; None where there are too few customers."""
    with ws.locked("tag index"):
        now = current(ws)  # under the lock: an older run than the one that was indexed last would take its place
        if now.run.customers < ws.settings.index_from:
            return None
        folder = _folder(ws, now.run.number)
        if not folder.is_dir():
            with ws.heavy():
                write_index(folder, now.people.customers, _columns(ws, now), ws.settings.threads)
        failpoints.reach("tags.indexed")
        _prune(folder)
        failpoints.reach("tags.index_pruned")
    return index_of(ws, now)


def index_of(ws: Workspace, now: Current) -> Index | None:
    """Return the index of a run; None where there is none."""
    folder = _folder(ws, now.run.number)
    return _opened(folder, ws.settings.threads) if folder.is_dir() else None


@lru_cache(maxsize=4)
def _opened(folder: Path, threads: int) -> Index | None:
    return open_index(folder, threads)


def _folder(ws: Workspace, run: int) -> Path:
    return ws.settings.home / "index" / str(ws.number) / f"tags-{run}"


def _columns(ws: Workspace, now: Current) -> Iterator[tuple[str, Ordinals, pa.ChunkedArray]]:
    """Yield who has tags at all, then tag by tag the values with their customers."""
    customers = ws.lake.to_arrow(now.rows.select("customer"))["customer"].to_numpy()
    yield TAGGED, customers, pa.chunked_array([pa.repeat(pa.scalar(True), customers.size)])
    for askable in now.pack.askables:
        rows = ws.lake.to_arrow(now.rows.select("customer", askable.name))
        yield askable.name, rows["customer"].to_numpy(), rows[askable.name]


def _prune(latest: Path) -> None:
    """Remove the indexes of other runs; who has one open keeps it."""
    for other in latest.parent.iterdir():
        if other != latest:
            shutil.rmtree(other, ignore_errors=True)
