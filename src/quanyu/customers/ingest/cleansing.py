"""Applies the rules of the house to staged rows; a line of which a row is held back becomes a reject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.ingest.checking import PLACE, REASON, TEXT, Checking
from quanyu.customers.ingest.kindmapping import KindMapping
from quanyu.customers.ingest.rules import Rules, held_back
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Cleansed:
    """Staged rows, of which those that are held back have a reason now; what was changed waits for the landing."""

    rows: ir.Table
    held: int = 0
    changes: Sequence[tuple[Kind, ir.Table]] = ()

    def keep(self, landing: Landing, rules: Rules, source: str, number: int) -> None:
        for kind, changes in self.changes:
            landing.append(rules.table, rules.written(changes, kind, source, number))


def cleanse(workspace: Workspace, rules: Rules, checking: Checking, rows: ir.Table, folder: Path) -> Cleansed:
    """Write into `folder` what the rules change in staged rows and which lines they hold back."""
    lake, mapping = workspace.lake, checking.mapping
    backend = lake.engine.backend()
    found: list[tuple[KindMapping, ir.Table]] = []
    for place, entry in enumerate(mapping.kinds):
        mended = rules.mend(checking.of_kind(rows, entry), entry.kind, mapping.source)
        if mended is not None:
            lake.write_parquet(mended.changes, folder / f"changes-{place}.parquet")
            found.append((entry, backend.read_parquet(folder / f"changes-{place}.parquet")))
    if not found:
        return Cleansed(rows)
    held = [_why(changes.filter(_.held), entry, rules.reasons) for entry, changes in found]
    every = ibis.union(*held) if len(held) > 1 else held[0]
    lake.write_parquet(every.group_by("line").agg(_why=_._why.min()), folder / "held.parquet")
    lines = backend.read_parquet(folder / "held.parquet")
    changed = [(entry.kind, _of_landing(changes, lines)) for entry, changes in found]
    count = lake.count(lines)
    return Cleansed(_with_held(workspace, checking, rows, lines, folder) if count else rows, count, changed)


def _why(held: ir.Table, entry: KindMapping, reasons: Mapping[str, Text]) -> ir.Table:
    """Return line and `_why`: input, column and code, as a refused line has them."""
    given = [wanted.name for wanted in entry.kind.inputs if entry.gives(wanted.name)]
    columns = {name: ", ".join(entry.given(name)[1:]) for name in given}
    codes = {name: held_back(name, reason) for name, reason in reasons.items()}
    about: Value = held.input
    rule: Value = held.rule
    return held.select("line", _why=about + "\t" + about.substitute(columns) + "\t" + rule.substitute(codes))


def _of_landing(changes: ir.Table, lines: ir.Table) -> ir.Table:
    """Leave out what a rule would have mended in a line that does not land."""
    return ibis.union(changes.filter(_.held), changes.filter(~_.held).anti_join(lines, "line"))


def _with_held(workspace: Workspace, checking: Checking, rows: ir.Table, held: ir.Table, folder: Path) -> ir.Table:
    """Refuse the held lines among the staged rows, with the text that they came as: it is read again for them."""
    lake, backend = workspace.lake, workspace.lake.engine.backend()
    lake.write_parquet(checking.texts(), folder / "texts.parquet")
    texts = backend.read_parquet(folder / "texts.parquet", file_row_number=True)
    numbered = texts.select(line=_.file_row_number + 1, _text=texts[TEXT], _place=texts[PLACE])
    beside = rows.left_join(held.inner_join(numbered, "line"), "line")
    told = {REASON: beside._why, TEXT: beside._text, PLACE: beside._place}
    refused = beside.mutate(**{name: beside[name].coalesce(value) for name, value in told.items()})
    lake.write_parquet(refused.select(*rows.columns), folder / "cleansed.parquet")
    return backend.read_parquet(folder / "cleansed.parquet")
