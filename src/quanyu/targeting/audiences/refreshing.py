"""Brings audiences up to date with the last run of tags, and says who entered and left."""

from dataclasses import replace

from quanyu.foundation import failpoints
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.checking import check, refuse_broken
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.audiences.history import jumps
from quanyu.targeting.audiences.model import Audience, AudienceChanged, Refreshed, Snapshot
from quanyu.targeting.audiences.selecting import select
from quanyu.targeting.audiences.snapshots import members_of, newest, save
from quanyu.targeting.fields.model import is_of_columns, tags_of
from quanyu.targeting.tags.runs import Current, current
from quanyu.targeting.tags.usage import AUDIENCE, use

FAILPOINTS = ("audiences.selected", "audiences.taken")


def refresh(ws: Workspace, name: str | None = None) -> list[Refreshed]:
    """Refresh one audience, or all: a snapshot for each that is not fresh, all rules in as few scans as possible.

    A snapshot is fresh when it has the definition in force and the last run's tags. Definitions that can no longer be
    used, or wait for a run of tags, are reported together after all others have been refreshed.
    """
    with ws.locked("audiences"):
        definitions = stored(ws, name)
        if not definitions:
            return []
        now = current(ws)
        found = check(ws, now.pack.askables, definitions)
        checked = found.good
        use(ws, ((tag, f"{AUDIENCE}{each.name}") for each in checked for tag in tags_of(each.rule)))
        before = newest(ws, list(definitions))
        due = [audience for audience in checked if not _fresh(audience, before.get(audience.name), now)]
        members = select(ws, now, [audience.rule for audience in due])
        failpoints.reach("audiences.selected")
        taken = {
            audience.name: _take(ws, now, audience, those, before.get(audience.name))
            for audience, those in zip(due, members, strict=True)
        }
    refuse_broken(ws, now, found, definitions)
    done = [taken.get(a.name) or Refreshed(before[a.name], 0, 0, skipped=True) for a in checked]
    jumped = jumps(ws, [audience.name for audience in checked])
    return [replace(each, jump=jumped.get(each.snapshot.audience)) for each in done]


def _fresh(audience: Audience, last: Snapshot | None, now: Current) -> bool:
    """Say whether a snapshot stands without asking; what sets answer may have changed with nothing else."""
    return is_of_columns(audience.rule) and _same(audience, last, now)


def _same(audience: Audience, last: Snapshot | None, now: Current) -> bool:
    wanted = (audience.hash, now.run.number, now.run.epoch)
    return last is not None and wanted == (last.definition_hash, last.tag_run, last.epoch)


def _take(ws: Workspace, now: Current, audience: Audience, members: OrdinalSet, last: Snapshot | None) -> Refreshed:
    """Store a snapshot and, where the members are others than before, say so in the same transaction."""
    comparable = last is not None and last.epoch == now.run.epoch
    before = members_of(ws, last) if last is not None and comparable else OrdinalSet.empty()
    entered, left = (members - before).count(), (before - members).count()
    if last is not None and not entered and not left and _same(audience, last, now):
        return Refreshed(last, 0, 0, skipped=True)
    with ws.begin() as connection:
        snapshot = save(ws, connection, audience, now.run, members, (entered, left))
        if entered or left or not comparable:
            previous = last.number if last is not None and comparable else None
            changed = AudienceChanged(audience.name, snapshot.number, previous, entered, left)
            ws.publish(connection, changed)
    failpoints.reach("audiences.taken")
    return Refreshed(snapshot, entered, left, skipped=False)
