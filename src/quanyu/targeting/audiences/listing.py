"""Lists the audiences of a workspace with their last snapshots."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.audiences.history import jumps
from quanyu.targeting.audiences.model import Jump, Snapshot
from quanyu.targeting.audiences.snapshots import newest


@dataclass(frozen=True)
class Listed:
    """One audience; `snapshot` is None until it has been refreshed."""

    name: str
    title: Text
    description: Text
    rule: object
    snapshot: Snapshot | None
    jump: Jump | None = None


def list_audiences(ws: Workspace) -> list[Listed]:
    documents = stored(ws)
    snapshots, jumped = newest(ws, list(documents)), jumps(ws, list(documents))
    found: list[Listed] = []
    for name, document in documents.items():
        written = cast("Mapping[str, Mapping[str, str]]", document.value)
        title, description = Text(**written["title"]), Text(**written["description"])
        found.append(Listed(name, title, description, written["rule"], snapshots.get(name), jumped.get(name)))
    return found
