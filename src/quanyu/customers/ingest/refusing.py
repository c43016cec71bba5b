"""Keeps the lines that an import refuses: where they stand, why, and what was written there."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from quanyu.customers.ingest.checking import PLACE, REASON, TEXT
from quanyu.customers.ingest.spec import Broken
from quanyu.customers.ingest.tables import REJECTS
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import Value


@dataclass(frozen=True)
class Refusal:
    """What one import refuses; `first_line` is where the first row of a file stands."""

    source: str
    number: int
    first_line: int

    def keep(self, landing: Landing, staged: ir.Table | None, broken: Sequence[Broken]) -> None:
        """Keep the broken lines, and the refused ones among the staged rows; `line` is a row's position there."""
        if broken:
            landing.append(REJECTS, ibis.memtable(self._of_broken(broken)))
        if staged is not None:
            landing.append(REJECTS, self._of_rows(staged, broken))

    def _of_broken(self, broken: Sequence[Broken]) -> pa.Table:
        nothing = pa.nulls(len(broken), pa.string())
        return pa.table(
            {
                "import_number": pa.array([self.number] * len(broken), pa.int64()),
                "source": [self.source] * len(broken),
                "file": [line.file for line in broken],
                "line": pa.array([line.line for line in broken], pa.int64()),
                "input": nothing,
                "column": nothing,
                "reason": [line.reason for line in broken],
                "text": [line.text for line in broken],
            }
        )

    def _of_rows(self, staged: ir.Table, broken: Sequence[Broken]) -> ir.Table:
        starts = staged.group_by("file").agg(start=_.line.min())
        rows = staged.filter(_[REASON].notnull()).inner_join(starts, "file")
        line: Value = rows.line
        placed = rows.mutate(_position=line - rows.start + self.first_line)
        if broken:
            above = ibis.memtable(_above(broken))
            position: Value = placed._position
            beside = placed.asof_join(above, position >= above._from, predicates="file")  # type: ignore[arg-type]
            none: Value = ibis.literal(0, "int64")
            position, more = beside._position, beside._above
            placed = beside.mutate(_position=position + more.coalesce(none))
        reason: Value = placed[REASON]
        parts = reason.split("\t")
        return placed.select(
            import_number=ibis.literal(self.number, "int64"),
            source=ibis.literal(self.source),
            file=placed.file,
            line=placed[PLACE].coalesce(placed._position),
            input=parts[0],
            column=parts[1],
            reason=parts[2],
            text=placed[TEXT],
        )


def _above(broken: Sequence[Broken]) -> pa.Table:
    """Return per file from which position on how many broken lines stand above a row.

    Above the j-th broken line stand j - 1 others and the rows; so it moves every row from its line less j - 1 on.
    """
    ordered = sorted(broken, key=attrgetter("file", "line"))
    found = {
        (file, line.line - before): before + 1
        for file, lines in groupby(ordered, key=attrgetter("file"))
        for before, line in enumerate(lines)
    }
    files, begins = zip(*found, strict=True)
    above = pa.array(found.values(), pa.int64())
    return pa.table({"file": list(files), "_from": pa.array(begins, pa.int64()), "_above": above})
