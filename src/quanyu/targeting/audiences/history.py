"""Says how large an audience was, snapshot by snapshot, and warns where its size jumps."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.choosing import definition_of
from quanyu.targeting.audiences.definitions import put_back, stored
from quanyu.targeting.audiences.model import Applied, Jump, Snapshot
from quanyu.targeting.audiences.snapshots import find, last_sizes, of_audience

LOOK_BACK, LEAST, FACTOR, FLOOR = 8, 3, 2, 100
"""A size jumps if it is more than twice, or less than half, the median of the 8 snapshots before (3 at least), and
differs from it by 100 customers or more."""

JUMPED = Text(
    "Audience {name} jumped: {size:,} customers, usually {usual:,}.",
    "人群 {name} 人数突变：{size:,} 人，通常 {usual:,} 人。",
)


@dataclass(frozen=True)
class Point:
    """One snapshot; `version` is that of the definition by which it was taken."""

    snapshot: Snapshot
    version: int
    jump: Jump | None


def jump_of(sizes: Sequence[int]) -> Jump | None:
    """Say whether the first of these sizes jumps against those after it, which were taken before."""
    before = sizes[1 : LOOK_BACK + 1]
    if len(before) < LEAST:
        return None
    size, usual = sizes[0], round(median(before))
    far = size > FACTOR * usual or size * FACTOR < usual
    return Jump(size, usual) if far and abs(size - usual) >= FLOOR else None


def jumps(ws: Workspace, names: Sequence[str]) -> dict[str, Jump]:
    """Return the jumps of these audiences' last snapshots; one whose size is as usual is absent."""
    found = {name: jump_of(sizes) for name, sizes in last_sizes(ws, names, LOOK_BACK + 1).items()}
    return {name: jump for name, jump in found.items() if jump is not None}


def say(name: str, jump: Jump) -> Text:
    return JUMPED.format_with(name=name, size=jump.size, usual=jump.usual)


def history(ws: Workspace, name: str, limit: int = 100) -> list[Point]:
    """Return the last snapshots of an audience, the newest first."""
    stored(ws, name)
    found = of_audience(ws, name, limit + LOOK_BACK)
    sizes = [snapshot.size for snapshot in found]
    versions = {hash_: definition_of(ws, name, hash_)[0] for hash_ in {s.definition_hash for s in found[:limit]}}
    return [
        Point(snapshot, versions[snapshot.definition_hash], jump_of(sizes[i:]))
        for i, snapshot in enumerate(found[:limit])
    ]


def restore(ws: Workspace, name: str, snapshot: int) -> Applied:
    """Put the definition by which a snapshot was taken in force again, as a new version.

    The next refresh chooses by it. Who was in the snapshot itself stands under `NAME@SNAPSHOT`.
    """
    stored(ws, name)
    _version, written = definition_of(ws, name, find(ws, name, snapshot).definition_hash)
    return put_back(ws, written)
