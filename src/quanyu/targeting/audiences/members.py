"""Reads the members of an audience page by page."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa

from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.tables import CUSTOMERS
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.lake.asking import few
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.audiences.lists import survivors_of
from quanyu.targeting.audiences.model import Snapshot
from quanyu.targeting.audiences.snapshots import members_of, named, taken


@dataclass(frozen=True)
class Page:
    """Members by ordinal; `next` is where the next page begins, None after the last one."""

    snapshot: Snapshot
    one_ids: tuple[str, ...]
    next: str | None


def page(ws: Workspace, name: str, after: str | None, limit: int) -> Page:
    """Return living members of the last snapshot, or of that which `vip@12` names.

    A refresh between two pages of the last one may move nobody but add or drop some.
    """
    audience, number = named(name)
    stored(ws, audience)
    snapshot, people = taken(ws, [name]).get(name), read_people(ws)
    if snapshot is None or snapshot.epoch != people.epoch:
        raise Conflict(
            Text("The audience has no snapshot that can be used.", "该人群尚无可用快照。"),
            remedy=Text("Refresh it: quanyu audience refresh", "请先刷新：quanyu audience refresh"),
            received=name,
        )
    members = members_of(ws, snapshot)
    ordinals = (members & people.alive if number is None else survivors_of(ws, members)).ordinals()
    first = int(np.searchsorted(ordinals, _ordinal(after), side="right"))
    chosen = ordinals[first : first + limit]
    more = first + len(chosen) < len(ordinals)
    return Page(snapshot, _one_ids(ws, chosen), str(chosen[-1]) if more else None)


def _ordinal(after: str | None) -> int:
    if after is None:
        return -1
    if not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise Invalid(
            Text("This is not where a page ended.", "这不是有效的翻页位置。"),
            received=after[:40],
            allowed=["the value of `next` of the page before"],
        )
    return int(after)


def _one_ids(ws: Workspace, ordinals: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> tuple[str, ...]:
    if not len(ordinals):
        return ()
    people = ws.lake.table(CUSTOMERS, ws.lake.vector((CUSTOMERS,)))
    near = people.filter(people["customer"].between(int(ordinals[0]), int(ordinals[-1])))  # type: ignore[arg-type]
    wanted = near.filter(near["customer"].isin(cast("Any", few(ordinals.tolist()))))
    found = ws.lake.to_arrow(wanted.order_by("customer").select("one_id"))
    ids: pa.ChunkedArray = found["one_id"]
    return tuple(str(one_id) for one_id in ids.to_pylist())
