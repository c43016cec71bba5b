"""What an import asks of the rules of the house that mend rows before they land, and hold some back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import ibis.expr.types as ir

from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.text import Text

HELD_BACK = "held back "


@dataclass(frozen=True)
class Mended:
    """`rows` have the columns they came with; `changes` one row per change: line, input, rule and what `written` needs.

    `held`, a column of the changes, is true where the row may not land.
    """

    rows: ir.Table
    changes: ir.Table


class Rules(Protocol):
    """Rules as they were published when the import began, so that the same rows always come out the same."""

    @property
    def reasons(self) -> Mapping[str, Text]:
        """Rules by name, each with why it is there."""
        ...

    @property
    def table(self) -> LakeTable:
        """Where changes are kept."""
        ...

    def mend(self, rows: ir.Table, kind: Kind, source: str) -> Mended | None:
        """Mend the rows of one kind; None where no rule is about them."""
        ...

    def written(self, changes: ir.Table, kind: Kind, source: str, import_number: int) -> ir.Table:
        """Return changes as rows of `table`."""
        ...


def held_back(rule: str, reason: Text) -> str:
    """Return the code under which a held line is kept with the rejects."""
    return HELD_BACK + json.dumps([rule, *reason], ensure_ascii=False)


def held_in_words(code: str, column: str | None) -> Text:
    rule, en, zh = json.loads(code.removeprefix(HELD_BACK))
    return Text(f"{column} is held back by the rule {rule}: {en}.", f"{column} 被规则 {rule} 隔离：{zh}。")
