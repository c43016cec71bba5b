"""The command that writes a mapping for files that nobody has described yet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from quanyu.app.cli.desk import Desk, at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.customers.ingest.suggesting import drafting
from quanyu.customers.ingest.suggesting.drafting import Shape, Wanted
from quanyu.customers.ingest.suggesting.model import Choice, Entry, Suggestion
from quanyu.customers.ingest.suggesting.writing import samples_of
from quanyu.foundation.errors import Fault, Invalid, QuanyuError
from quanyu.foundation.text import Text

_COLUMNS = (
    Text("kind", "类型"),
    Text("input", "输入项"),
    Text("column", "列"),
    Text("sure", "把握"),
    Text("samples", "示例"),
)
_MOST_UNUSED = 12
_MOST_REASONS = 3


def suggest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files, folders, patterns. 文件、目录。")],
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="What a line is. 每行的类型。")] = None,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="The source's name. 来源名称。")] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default="SOURCE.yaml", help="The mapping, or a folder. 映射文件或目录。"),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a mapping. 覆盖已有映射。")] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        readers = desk.house.readers
        targets = list(drafting.targets(drafting.find_shapes(files, readers), out, source))
        if not replace:
            drafting.refuse_overwriting(path for _, path in targets)
        if out is not None and len(targets) > 1:
            out.mkdir(parents=True, exist_ok=True)
        wanted = Wanted(kind, source)
        found = [(path, _suggest(desk, shape, path, wanted, alone=len(targets) == 1)) for shape, path in targets]
    made = [(path, one) for path, one in found if isinstance(one, Suggestion)]
    failed = [one for _, one in found if isinstance(one, Fault)]
    if not made:
        raise Invalid(Text("Nothing could be suggested.", "无法给出建议。"), faults=failed)
    document = {
        "mappings": [_describe(path, one) for path, one in made],
        "failed": [fault.describe() for fault in failed],
    }
    desk.screen.answer(document, *(part for path, one in made for part in _shown(path, one)), *_told(failed))


def _suggest(desk: Desk, shape: Shape, path: Path, wanted: Wanted, *, alone: bool) -> Suggestion | Fault:
    """Suggest for files of one shape; among several, what fails is told beside what does not."""
    name = shape.files[0].name
    desk.screen.note(Text(f"looking at {name}", f"查看 {name}"))
    try:
        return drafting.suggest(desk.workspace, desk.house.kinds, desk.house.readers, shape, path, wanted)
    except QuanyuError as error:
        if alone:
            raise
        return Fault(name, error.problem, error.received, error.allowed)


def _told(failed: list[Fault]) -> list[Text]:
    return [Text(f"{fault.place}: {fault.problem.en}", f"{fault.place}：{fault.problem.zh}") for fault in failed]


def _describe(path: Path, one: Suggestion) -> dict[str, object]:
    trial = one.trial
    return {
        "mapping": str(path),
        "source": one.source,
        "files": len(one.files),
        "export": both(one.export) if one.export else None,
        "kinds": [entry.kind.name for entry in one.entries],
        "columns": [
            {
                "kind": entry.kind.name,
                "input": choice.wanted.name,
                "columns": [column.name for column in choice.columns],
                "constant": choice.constant or None,
                "confidence": round(choice.score, 2),
                "mapped": choice in entry.chosen,
                "others": [name for name, _ in choice.others],
                "samples": samples_of(one, choice.column) if choice.column else "",
            }
            for entry in one.entries
            for choice in (*entry.chosen, *entry.doubtful)
        ],
        "identifiers": [
            {"type": each.type, "scope": each.scope, "column": each.column.name, "confidence": round(each.score, 2)}
            for entry in one.entries
            for each in entry.identifiers
        ],
        "unused": [column.name for column in one.unused],
        "tried": {"read": trial.read, "refused": trial.refused} if trial else None,
    }


def _shown(path: Path, one: Suggestion) -> Iterator[RenderableType | Text]:
    known = Text(f" ({one.export.en})", f"（{one.export.zh}）") if one.export else Text("", "")
    title = Text(f"{path.name}{known.en}", f"{path.name}{known.zh}")
    yield table(title, _COLUMNS, [row for entry in one.entries for row in _rows(one, entry)])
    if one.unused:
        names = ", ".join(column.name for column in one.unused[:_MOST_UNUSED])
        more = " …" if len(one.unused) > _MOST_UNUSED else ""
        yield Text(f"Nobody asked for: {names}{more}", f"未使用的列：{names}{more}")
    if one.rivals:
        names = ", ".join(name for name, _ in one.rivals)
        yield Text(f"A line could also be: {names} (--kind).", f"每行也可能是：{names}（--kind）。")
    yield from _tried(one)
    yield Text(f"Check {path}, then: quanyu import {path}", f"请核对 {path}，然后运行：quanyu import {path}")


def _tried(one: Suggestion) -> Iterator[Text]:
    """Say what an import would do with the sample."""
    if one.trial is None:
        return
    counts = {"read": f"{one.trial.read:,}", "refused": f"{one.trial.refused:,}"}
    yield Text(
        "Tried on {read} lines: {refused} would be refused.", "试读 {read} 行：{refused} 行会被拒绝。"
    ).format_with(**counts)
    for name, column, problem, lines in one.trial.reasons[:_MOST_REASONS]:
        yield Text(f"  {lines:,} × {name} ({column}): {problem}", f"  {lines:,} × {name}（{column}）：{problem}")


def _rows(one: Suggestion, entry: Entry) -> Iterator[tuple[object, ...]]:
    kind = entry.kind.name
    for choice in entry.chosen:
        column = ", ".join(column.name for column in choice.columns) or f"= {choice.constant}"
        yield (kind, choice.wanted.name, column, _sure(choice), samples_of(one, choice.column) if choice.column else "")
    for choice in entry.doubtful:
        if choice.column:
            yield (kind, f"{choice.wanted.name} ?", choice.column.name, _sure(choice), samples_of(one, choice.column))
    for each in entry.identifiers:
        yield (kind, f"identifier {each.type}", each.column.name, f"{each.score:.0%}", samples_of(one, each.column))


def _sure(choice: Choice) -> str:
    return f"{choice.score:.0%}"
