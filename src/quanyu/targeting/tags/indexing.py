"""Keeps an index of the last run's tags, where there are so many customers that it counts faster than the engine.

A run that went on from the one before lays few rows over its table. The index is then renewed: those customers' values
are put into what the last index says of all others.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from quanyu.foundation import failpoints
from quanyu.foundation.lake.differing import is_there, laid_between
from quanyu.foundation.lake.laying import LIGHT
from quanyu.foundation.sets.algebra import Ordinals, OrdinalSet
from quanyu.foundation.sets.index import Index, open_index
from quanyu.foundation.sets.writing import renew_index, write_index
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.model import Pack
from quanyu.targeting.tags.runs import Current, current, read_vector, written_vector
from quanyu.targeting.tags.tables import customer_tags

TAGGED = "customer"
"""Column of the index that only says who has tags: who came after the run has none, not even unknown ones."""
MUCH = 4
"""Of so many customers one has changed: to write the whole index is no dearer than to renew it.

Of whom only some columns are others, `LIGHT` count as one.
"""
OFTEN = 30
"""Times that an index is renewed, before values that nobody has any more are left out of it by writing it anew."""
FAILPOINTS = ("tags.indexed", "tags.index_pruned")


@dataclass(frozen=True)
class _Renewal:
    """The index of an earlier run, whose rows came or went since, and of whom only some columns are others."""

    last: Index
    changed: OrdinalSet
    rows: ir.Table
    columns: Mapping[str, pa.Table]

    def is_much(self, customers: int) -> bool:
        light = max((rows.num_rows for rows in self.columns.values()), default=0)
        return (self.changed.count() * LIGHT + light) * MUCH > customers * LIGHT


def build(ws: Workspace) -> Index | None:
    """Index the last run unless that is done, and let older indexes go; None where there are too few customers."""
    with ws.locked("tag index"):
        now = current(ws)  # under the lock: an older run than the one that was indexed last would take its place
        if now.run.customers < ws.settings.index_from:
            return None
        folder = _folder(ws, now.run.number)
        if not folder.is_dir():
            with ws.heavy():
                _write(ws, now, folder)
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


def _write(ws: Workspace, now: Current, folder: Path) -> None:
    reach = now.people.customers
    origin = {"definitions": now.run.definition_hash, "epoch": now.run.epoch, "tags": written_vector(now.written)}
    renewal = _renewal(ws, now, folder)
    if renewal is None:
        write_index(folder, reach, _columns(ws, now.pack, now.rows), ws.settings.threads, origin=origin)
        return
    origin["renewed"] = renewal.last.origin.get("renewed", 0) + 1
    renew_index(folder, renewal.last, reach, _renewed(ws, now.pack, renewal), origin=origin)


def _renewal(ws: Workspace, now: Current, folder: Path) -> _Renewal | None:
    """Return from what the index can be renewed; None where it is to be written whole."""
    last, table = _last(ws, folder), customer_tags(now.pack)
    if last is None or last.origin.get("renewed", 0) >= OFTEN:
        return None
    if (last.origin.get("definitions"), last.origin.get("epoch")) != (now.run.definition_hash, now.run.epoch):
        return None
    before = read_vector(last.origin["tags"])
    laid = laid_between(ws.lake, table, before, now.written) if is_there(ws.lake, table, before) else None
    if laid is None:
        return None
    changed = OrdinalSet.of(ws.lake.to_arrow(laid.keys)["customer"].to_numpy())
    columns = {name: ws.lake.to_arrow(rows) for name, rows in laid.columns.items()}
    renewal = _Renewal(last, changed, laid.rows.select(*table.schema.names), columns)
    return None if renewal.is_much(now.run.customers) else renewal


def _last(ws: Workspace, folder: Path) -> Index | None:
    """Return the index of the last run that has one."""
    runs = [int(other.name.removeprefix("tags-")) for other in folder.parent.glob("tags-*")]
    return open_index(_folder(ws, max(runs)), ws.settings.threads) if runs else None


def _columns(ws: Workspace, pack: Pack, rows: ir.Table) -> Iterator[tuple[str, Ordinals, pa.ChunkedArray]]:
    """Yield who has tags at all, then tag by tag the values with their customers."""
    customers = ws.lake.to_arrow(rows.select("customer"))["customer"].to_numpy()
    yield TAGGED, customers, pa.chunked_array([pa.repeat(pa.scalar(True), customers.size)])
    for askable in pack.askables:
        told = ws.lake.to_arrow(rows.select("customer", askable.name))
        yield askable.name, told["customer"].to_numpy(), told[askable.name]


def _renewed(ws: Workspace, pack: Pack, renewal: _Renewal) -> Iterator[tuple[str, Ordinals, Ordinals, pa.ChunkedArray]]:
    """Yield the columns, each with who has changed in it: in some more than in others."""
    with ws.lake.held(renewal.rows) as rows:
        for name, customers, values in _columns(ws, pack, rows):
            further = renewal.columns.get(name)
            if further is None:
                yield name, renewal.changed.ordinals(), customers, values
            else:
                others = further["customer"].to_numpy()
                told = pa.chunked_array([*values.chunks, *further[name].cast(values.type).chunks])
                every = renewal.changed | OrdinalSet.of(others)
                yield name, every.ordinals(), np.concatenate([customers, others]), told


def _prune(latest: Path) -> None:
    """Remove the indexes of other runs; who has one open keeps it."""
    for other in latest.parent.iterdir():
        if other != latest:
            shutil.rmtree(other, ignore_errors=True)
