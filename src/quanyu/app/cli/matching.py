"""Commands that match records of any files, and that suggest how; they need no home."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import RenderableType

from quanyu.app.cli.options import AsJson
from quanyu.app.cli.screen import Screen, both, table
from quanyu.customers.ingest.spec import Source
from quanyu.customers.matching.config import load_config
from quanyu.customers.matching.matching import match as match_files
from quanyu.customers.matching.model import Config, Matched, rule_name
from quanyu.customers.matching.suggesting import Suggested, suggest
from quanyu.foundation.errors import Conflict
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text

MATCH = Text(
    "Find the records of one person in a file, or between files.", "在一个文件内或多个文件间找出同一人的记录。"
)
SUGGEST = Text("Write a configuration from a file's columns.", "按文件的列生成匹配配置。")


@contextmanager
def _engine() -> Generator[tuple[DuckDB, tuple[Source, ...]]]:
    """Start an engine of its own, which leaves nothing behind."""
    with TemporaryDirectory(prefix="quanyu-match-") as folder:
        engine = DuckDB(Settings.load(), Path(folder) / "spill")
        try:
            yield engine, Registry[Source]("quanyu.sources").all()
        finally:
            engine.close()


def match(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="One to dedupe, several to link. 文件。")],
    config: Annotated[Path, typer.Option(metavar="FILE", help="What to compare, and how. 匹配配置。")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The pairs: .csv or .parquet. 结果文件。")],
    as_json: AsJson = False,
) -> None:
    told, screen = load_config(config), Screen(as_json)
    with _engine() as (engine, readers):
        found = match_files(engine, readers, files, told, out, screen.note)
    screen.answer(_document(found, told, out), *_shown(found, told, out))


def suggest_match(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file with records of people. 数据文件。")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", show_default="match.yaml", help="The configuration. 配置文件。")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file. 覆盖已有文件。")] = False,
    as_json: AsJson = False,
) -> None:
    target, screen = out or Path("match.yaml"), Screen(as_json)
    if target.exists() and not replace:
        raise Conflict(
            Text("There is a file of this name.", "已有同名文件。"),
            remedy=Text("Name another with --out, or say --replace.", "请用 --out 另取名，或加 --replace。"),
            received=str(target),
        )
    screen.note(Text(f"looking at {file.name}", f"查看 {file.name}"))
    with _engine() as (engine, readers):
        found = suggest(engine, readers, file)
    target.write_text(found.text, encoding="utf-8")
    screen.answer(_suggested(found, target), *_suggestion(found, file, target))


def _document(found: Matched, config: Config, out: Path) -> dict[str, object]:
    return {
        "out": str(out),
        "task": found.task,
        "files": [{"file": name, "records": records} for name, records in found.records],
        "blocking": [{"rule": rule, "pairs": pairs} for rule, pairs in found.blocks],
        "expected_matches": round(found.expected, 1),
        "threshold": config.threshold,
        "pairs": found.pairs,
        "by_probability": [{"at_least": float(band), "pairs": pairs} for band, pairs in found.bands.items()],
        "weights": [
            {
                "comparison": level.comparison,
                "level": level.label,
                "matches": level.matches,
                "others": level.others,
                "bits": round(level.weight, 4),
                "learned": level.trained,
            }
            for level in found.levels
        ],
        "notes": [both(note) for note in found.notes],
    }


def _shown(found: Matched, config: Config, out: Path) -> Iterator[RenderableType | Text]:
    yield table(
        Text("Weights in bits: above zero speaks for one person", "各项权重（比特）：大于零支持为同一人"),
        (
            Text("compared", "比较项"),
            Text("level", "级别"),
            Text("matches", "同一人"),
            Text("others", "随机两人"),
            _BITS,
        ),
        [
            (
                level.comparison,
                level.label if level.trained else f"{level.label} *",
                f"{level.matches:.2%}",
                f"{level.others:.2g}",
                round(level.weight, 2),
            )
            for level in found.levels
        ],
    )
    if not all(level.trained for level in found.levels):
        yield Text("* assumed, not learned from these files.", "* 为假定值，未能从这些文件中学习。")
    yield table(
        Text("Pairs looked at", "比较的记录对"),
        (Text("rule", "分块规则"), Text("pairs", "对数")),
        list(found.blocks),
    )
    bands = [(f"≥ {band}", pairs) for band, pairs in found.bands.items() if float(band) >= config.threshold or pairs]
    yield table(Text("Pairs found", "找到的记录对"), (Text("probability", "概率"), Text("pairs", "对数")), bands)
    yield from found.notes
    records = sum(records for _, records in found.records)
    yield Text(
        f"{records:,} records: about {found.expected:,.0f} matches are expected; "
        f"{found.pairs:,} pairs from {config.threshold:g} are in {out}.",
        f"共 {records:,} 条记录：预计约 {found.expected:,.0f} 对匹配；"
        f"概率不低于 {config.threshold:g} 的 {found.pairs:,} 对已写入 {out}。",
    )


_BITS = Text("bits", "比特")


def _suggested(found: Suggested, target: Path) -> dict[str, object]:
    return {
        "config": str(target),
        "id": next(iter(found.config.id), None),
        "records": found.records,
        "columns": [
            {
                "column": each.column.name,
                "means": each.means or None,
                "confidence": round(each.sure, 2),
                "why": both(each.why),
            }
            for each in found.columns
        ],
        "blocking": [{"rule": rule_name(rule), "pairs": pairs} for rule, pairs in found.blocks],
    }


def _suggestion(found: Suggested, file: Path, target: Path) -> Iterator[RenderableType | Text]:
    yield table(
        Text(f"{target.name}", f"{target.name}"),
        (Text("column", "列"), Text("means", "含义"), Text("sure", "把握"), Text("why", "依据")),
        [(each.column.name, each.means or None, f"{each.sure:.0%}", str(each.why)) for each in found.columns],
    )
    own = next(iter(found.config.id), None)
    yield Text(f"Records are told apart by: {own or 'their line'}", f"区分记录的列：{own or '行号'}")
    yield Text(
        f"Check {target}, then: quanyu identity match {file} --config {target} --out pairs.csv",
        f"请核对 {target}，然后运行：quanyu identity match {file} --config {target} --out pairs.csv",
    )
