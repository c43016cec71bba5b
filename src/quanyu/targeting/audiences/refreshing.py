"""Brings audiences up to date with the last run of tags, and says who entered and left."""

from collections.abc import Mapping, Sequence

from quanyu.foundation import failpoints
from quanyu.foundation.documents import Document
from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import inlined, parse, stored
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
    used are reported together, in one `Invalid`, after all others have been refreshed.
    """
    with ws.locked("audiences"):
        definitions = stored(ws, name)
        if not definitions:
            return []
        now = current(ws)
        checked, faults = _checked(ws, now, definitions)
        use(ws, ((tag, f"{AUDIENCE}{each.name}") for each in checked for tag in tags_of(each.rule)))
        before = newest(ws, list(definitions))
        due = [audience for audience in checked if not _fresh(audience, before.get(audience.name), now)]
        members = select(ws, now, [audience.rule for audience in due])
        failpoints.reach("audiences.selected")
        taken = {
            audience.name: _take(ws, now, audience, found, before.get(audience.name))
            for audience, found in zip(due, members, strict=True)
        }
    if faults:
        raise Invalid(
            Text(
                "Some audiences can no longer be used; the others were refreshed.", "部分人群已无法使用，其余已刷新。"
            ),
            remedy=Text("Correct their definitions and apply them again.", "请修改其定义后重新应用。"),
            faults=faults,
        )
    return [taken.get(a.name) or Refreshed(before[a.name], 0, 0, skipped=True) for a in checked]


def _checked(ws: Workspace, now: Current, documents: Mapping[str, Document]) -> tuple[list[Audience], Sequence[Fault]]:
    good: list[Audience] = []
    faults: list[Fault] = []
    for name, document in documents.items():
        try:
            audience = parse(document, now.pack.askables, ws.currency)
            inlined(ws, audience.rule, now.pack.askables, (name,))
            good.append(audience)
        except Invalid as problem:
            faults += [Fault(f"{name}: {f.place}", f.problem, f.received, f.allowed) for f in problem.faults]
            if not problem.faults:
                faults.append(Fault(name, problem.problem, problem.received, problem.allowed))
    return good, faults


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
        snapshot = save(ws, connection, audience, now.run, members)
        if entered or left or not comparable:
            previous = last.number if last is not None and comparable else None
            changed = AudienceChanged(audience.name, snapshot.number, previous, entered, left)
            ws.publish(connection, changed)
    failpoints.reach("audiences.taken")
    return Refreshed(snapshot, entered, left, skipped=False)
