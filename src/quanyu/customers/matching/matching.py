"""Matches files: reads and cleans them, learns how much each agreement says, and writes the pairs that are likely."""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import ibis.expr.types as ir

from quanyu.customers.ingest.spec import Source
from quanyu.customers.matching.blocks import count_pairs, refuse_too_many
from quanyu.customers.matching.cleaning import cleaned
from quanyu.customers.matching.files import ORIGIN, gathered
from quanyu.customers.matching.model import Config, Matched, Task, rule_name
from quanyu.customers.matching.pairs import clear, refuse_place, weigh, write_pairs
from quanyu.customers.matching.training import train
from quanyu.foundation.errors import Invalid
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.holding import hold
from quanyu.foundation.text import Text

_FEW = 50
"""Expected matches below which what was learned is not worth much."""
Say = Callable[[Text], None]


def match(
    engine: DuckDB, readers: Sequence[Source], files: Sequence[Path], config: Config, out: Path, say: Say
) -> Matched:
    """Find the pairs of one person in one file, or between files, and write them; the files are not changed.

    The same files, configuration and seed give the same pairs. `say` is told how it goes.
    """
    refuse_place(out)
    task = config.task_of(len(files))
    if task == "link" and len(files) == 1:
        raise Invalid(
            Text("A link needs two files or more.", "关联至少需要两个文件。"),
            remedy=Text("Name another file, or say task: dedupe.", "请再给一个文件，或设 task: dedupe。"),
            received=files[0].name,
        )
    say(Text("reading", "读取"))
    with (
        gathered(engine, files, readers, config) as given,
        weighed(engine, given.rows, len(files), config, task, say) as found,
    ):
        names = [name for name, _ in given.counts]
        bands = write_pairs(
            engine.backend().con, found.records, config.compare, names, out, config.threshold, config.keep
        )
        return replace(
            found.matched,
            records=given.counts,
            pairs=sum(bands.values()),
            bands=bands,
            notes=(*given.notes, *found.matched.notes),
        )


@dataclass(frozen=True)
class Weighed:
    """Cleaned records and what was learned of them; the pairs stand in the table `pairs.WEIGHED`."""

    records: ir.Table
    matched: Matched


@contextmanager
def weighed(engine: DuckDB, rows: ir.Table, files: int, config: Config, task: Task, say: Say) -> Generator[Weighed]:
    """Clean records (as `files.Given` has them), learn from them, and weigh the pairs of all blocks."""
    with ExitStack() as stack:
        say(Text("cleaning", "清洗"))
        records = stack.enter_context(cleaned(engine, rows, config))
        tables = [stack.enter_context(hold(engine, part, {})) for part in _parts(records, files, task)]
        counted = [(rule, count_pairs(engine, records, rule, task)) for rule in config.blocking]
        refuse_too_many(counted, config.most_pairs)
        say(Text("learning", "学习权重"))
        model = train(engine, tables, records, config, task)
        stack.callback(clear, engine.backend().con)
        stack.callback(model.forget)
        say(Text("comparing", "比较"))
        expected = weigh(engine.backend().con, model)
        few = Text(
            "About {expected:.0f} matches are expected: too few to learn from, so look at the weights.",
            "预计仅约 {expected:.0f} 对匹配，不足以可靠学习，请核对各项权重。",
        ).format_with(expected=expected)
        found = Matched(
            records=(),
            task=task,
            blocks=tuple((rule_name(rule), pairs) for rule, pairs in counted),
            compared=sum(pairs for _, pairs in counted),
            expected=expected,
            pairs=0,
            levels=model.levels(),
            notes=(*model.notes, *([few] if expected < _FEW else [])),
        )
        yield Weighed(records, found)


def _parts(records: ir.Table, files: int, task: Task) -> list[ir.Table]:
    """Return the records as Splink takes them: as one table, or as one for each file that is linked."""
    if task == "dedupe":
        return [records.drop(ORIGIN, "id")]
    return [records.filter(records[ORIGIN] == i).drop(ORIGIN, "id") for i in range(files)]
