"""Puts packs of tags in force, or out of it, without breaking the audiences that ask for their tags unnoticed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from quanyu.foundation.errors import Conflict, Fault
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.checking import check
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.tags import packs
from quanyu.targeting.tags.model import Pack


@dataclass(frozen=True)
class PackApplied:
    """What became of a pack; `breaks` are audiences that could be used before and cannot with it."""

    applied: packs.Applied
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PackStopped:
    name: str
    version: int
    breaks: tuple[str, ...] = ()


def apply_pack(ws: Workspace, definition: Path | str, author: str | None = None, *, force: bool = False) -> PackApplied:
    """Put a pack in force as `packs.apply` does; raises `Conflict` naming every audience that it would break.

    With `force` it is put in force all the same. Their last snapshots stand; a refresh refuses them.
    """
    breaks: list[str] = []
    with ws.locked("audiences"):
        applied = packs.apply(ws, definition, author, _checks(ws, breaks, force=force))
    return PackApplied(applied, tuple(breaks))


def stop_pack(ws: Workspace, name: str, author: str | None = None, *, force: bool = False) -> PackStopped:
    """Let a pack stand no longer as `packs.stop` does; audiences as in `apply_pack`."""
    breaks: list[str] = []
    with ws.locked("audiences"):
        version = packs.stop(ws, name, author, _checks(ws, breaks, force=force))
    return PackStopped(name, version, tuple(breaks))


def broken_by(ws: Workspace, pack: Pack) -> dict[str, tuple[Fault, ...]]:
    """Return the audiences that can be used with the tags in force and not with those of `pack`, and why."""
    documents = stored(ws)
    after = check(ws, pack.askables, documents).faults
    before = check(ws, packs.standing(ws).askables, {name: documents[name] for name in after}).faults
    return {name: faults for name, faults in after.items() if name not in before}


def _checks(ws: Workspace, breaks: list[str], *, force: bool) -> Callable[[Pack], None]:
    def refuse(pack: Pack) -> None:
        broken = broken_by(ws, pack)
        breaks.extend(broken)
        if broken and not force:
            raise Conflict(
                Text("Audiences ask for what these tags would no longer have.", "有人群使用了将不复存在的标签或取值。"),
                remedy=Text(
                    "Change these audiences first, or apply it all the same with --force (HTTP: force).",
                    "请先修改这些人群，或以 --force（HTTP：force）强制应用。",
                ),
                received=", ".join(broken),
                faults=[fault for faults in broken.values() for fault in faults],
            )

    return refuse
