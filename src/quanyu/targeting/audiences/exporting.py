"""Exports the members of an audience or list with their tags, for a purpose if one is named, and records who did."""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from quanyu.customers.identity.tables import CUSTOMERS
from quanyu.foundation import failpoints
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.choosing import Chosen, chosen
from quanyu.targeting.audiences.columns import choose, explain, rows_of, schema_of
from quanyu.targeting.audiences.consenting import WORDS, Permitted, permitted
from quanyu.targeting.audiences.identifiers import CHUNK as PRIVATE_CHUNK
from quanyu.targeting.audiences.identifiers import SCHEMA, TABLES, identifiers_of
from quanyu.targeting.audiences.recording import FAILED, FINISHED, STARTED, add, at_work, change
from quanyu.targeting.audiences.targets import Contents, FileTarget, Target, Writer
from quanyu.targeting.audiences.workbooks import WorkbookTarget
from quanyu.targeting.fields.model import Askable
from quanyu.targeting.tags.runs import Current, current
from quanyu.targeting.tags.usage import EXPORT, use

CHUNK = 1_000_000
"""Customers in memory at once."""
SUFFIXES = (".csv", ".parquet", ".xlsx")
FAILPOINTS = ("exports.started", "exports.written", "exports.shown", "exports.recorded")


@dataclass(frozen=True)
class Wanted:
    """What somebody wants exported. `tags` None means all; private identifiers need a reason.

    Callers check who may ask for identifiers.
    """

    audience: str
    tags: Sequence[str] | None = None
    purpose: str | None = None
    channel: str | None = None
    identifiers: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class Plan:
    """An export that has been checked: nothing is written yet."""

    wanted: Wanted
    now: Current
    chosen: Chosen
    permitted: Permitted
    askables: Sequence[Askable]
    contents: Contents


@dataclass(frozen=True)
class Exported:
    """What was exported; `left_out` counts by reason whom the purpose or the channel did not allow."""

    number: int
    chosen: Chosen
    place: str
    rows: int
    left_out: dict[str, int]


def export(ws: Workspace, wanted: Wanted, target: Target, who: str, private: FileTarget | None = None) -> Exported:
    """Export to `target`, and the identifiers to `private`; all of it shows, or nothing does.

    Amounts are decimals in major units under `<tag>_<currency>`, days are counted from the run's day, codes are text.
    """
    made = plan(ws, wanted, target, private)
    with ws.begin() as connection:
        number = add(ws, connection, state=STARTED, who=who, **recorded(made, target))
    failpoints.reach("exports.started")
    return carry_out(ws, number, made, target, private)


def file_target(path: Path) -> Target:
    """Return the target that a file's suffix names."""
    if path.suffix.lower() not in SUFFIXES:
        raise Invalid(
            Text("The file cannot be written.", "无法写入该文件。"),
            remedy=Text("Choose another suffix.", "请选择其他后缀。"),
            received=str(path),
            allowed=SUFFIXES,
        )
    return WorkbookTarget(path) if path.suffix.lower() == ".xlsx" else FileTarget(path)


def identifiers_beside(path: Path) -> FileTarget:
    """Return the file of identifiers that goes with a file, so that the file without them can be passed on."""
    return FileTarget(path.with_name(f"{path.stem}.identifiers.csv"), private=True)


def plan(ws: Workspace, wanted: Wanted, target: Target, private: FileTarget | None = None) -> Plan:
    """Check all that can be checked before anything is written."""
    _refuse_unexplained(wanted, private)
    found, now = chosen(ws, wanted.audience), current(ws)
    askables = choose(now, wanted.tags)
    allowed = permitted(ws, found.members, wanted.purpose, wanted.channel)
    contents = Contents(
        schema_of(askables, ws.currency),
        allowed.members.count(),
        _about(ws, wanted, found, now, allowed),
        explain(now, askables, ws.currency),
    )
    target.refuse(contents)
    return Plan(wanted, now, found, allowed, askables, contents)


def recorded(made: Plan, target: Target) -> dict[str, object]:
    """Return what the record says of a plan."""
    found, wanted = made.chosen, made.wanted
    return {
        "audience": found.name,
        "version": found.version,
        "definition_hash": found.definition_hash,
        "snapshot": found.snapshot,
        "tag_run": made.now.run.number,
        "columns": [askable.name for askable in made.askables],
        "target": target.kind,
        "place": target.place,
        "purpose": wanted.purpose,
        "channel": wanted.channel,
        "identifiers": wanted.identifiers,
        "reason": wanted.reason,
        "left_out": made.permitted.left_out,
    }


def carry_out(ws: Workspace, number: int, made: Plan, target: Target, private: FileTarget | None) -> Exported:
    """Write and show what was planned, one at a time to one place, and record how it ended."""
    use(ws, ((tag, EXPORT) for tag in made.wanted.tags or ()))
    try:
        with ws.database.locked(at_work(ws, number), f"exporting to {target.place}"), ExitStack() as open_:
            writers = _open(open_, made, target, private)
            _write(ws, made, *writers)
            failpoints.reach("exports.written")
            with ws.begin() as connection:
                done = {"state": FINISHED, "rows": made.contents.rows, "finished_at": ws.clock.now()}
                change(ws, connection, number, **done)
                for writer in writers:
                    writer.show()
                failpoints.reach("exports.shown")
    except BaseException as error:
        with suppress(Exception), ws.begin() as connection:  # what went wrong first must be told
            ended = {"state": FAILED, "error": type(error).__name__, "finished_at": ws.clock.now()}
            change(ws, connection, number, **ended)
        raise
    failpoints.reach("exports.recorded")
    return Exported(number, made.chosen, target.place, made.contents.rows, made.permitted.left_out)


def _open(open_: ExitStack, made: Plan, target: Target, private: FileTarget | None) -> list[Writer]:
    writers = [open_.enter_context(target.open(made.contents))]
    if private is not None:
        writers.append(open_.enter_context(private.open(Contents(SCHEMA, 0))))
    return writers


def _write(ws: Workspace, made: Plan, writer: Writer, private: Writer | None = None) -> None:
    people = ws.lake.table(CUSTOMERS, ws.lake.vector((CUSTOMERS,)))
    for chunk in made.permitted.members.chunks(CHUNK):
        writer.write_table(rows_of(ws, made.now, people, chunk, made.askables))
    writer.finish()
    if private is not None:
        vector = ws.lake.vector(TABLES)
        for chunk in made.permitted.members.chunks(PRIVATE_CHUNK):
            private.write_table(identifiers_of(ws, vector, chunk))
        private.finish()


def _about(ws: Workspace, wanted: Wanted, found: Chosen, now: Current, allowed: Permitted) -> list[tuple[Text, str]]:
    left = [(words, f"{allowed.left_out[name]:,}") for name, words in WORDS.items() if name in allowed.left_out]
    known = (
        (Text("audience", "人群"), f"{found.name}: {found.title.en} {found.title.zh}"),
        (Text("rule", "规则"), found.rule),
        (Text("version", "版本"), str(found.version)),
        (Text("snapshot", "快照"), None if found.snapshot is None else str(found.snapshot)),
        (Text("as of", "统计时间"), found.as_of.isoformat()),
        (Text("tags as of", "标签统计时间"), now.run.as_of.isoformat()),
        (Text("exported at", "导出时间"), ws.clock.now().isoformat(timespec="seconds")),
        (Text("customers", "人数"), f"{allowed.members.count():,}"),
        (Text("purpose", "用途"), wanted.purpose),
        (Text("channel", "渠道"), wanted.channel),
    )
    return [*((what, said) for what, said in known if said is not None), *left]


def _refuse_unexplained(wanted: Wanted, private: FileTarget | None) -> None:
    if wanted.identifiers != (private is not None):
        raise Invalid(
            Text("Identifiers go to a file only.", "明文标识只能导出到文件。"),
            remedy=Text("Export to a file, or leave them out.", "请导出到文件，或不导出标识。"),
        )
    if wanted.identifiers and not (wanted.reason or "").strip():
        raise Invalid(
            Text("Identifiers in clear need a reason.", "导出明文标识需要说明理由。"),
            remedy=Text("Say what they are needed for: --reason", "请说明用途：--reason"),
        )
