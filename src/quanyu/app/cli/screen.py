"""What a command writes: one answer on stdout, as tables or as JSON; everything else on stderr."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
from rich.console import Console, RenderableType
from rich.table import Table as Drawn

from quanyu.foundation.text import Text

PIPED_WIDTH = 160  # columns of a table that no terminal bounds


@dataclass(frozen=True)
class Screen:
    """Where one command writes to."""

    as_json: bool

    @cached_property
    def _out(self) -> Console:
        width = None if sys.stdout.isatty() else PIPED_WIDTH
        return Console(markup=False, emoji=False, highlight=False, width=width)

    @cached_property
    def _beside(self) -> Console:
        return Console(stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=True)

    def answer(self, document: Mapping[str, object], *shown: RenderableType | Text) -> None:
        """Write the answer: `document` where JSON is wanted, else what is to be shown."""
        if self.as_json:
            sys.stdout.write(as_json(document) + "\n")
            return
        for part in shown:
            if isinstance(part, Text):
                self._out.print(str(part), soft_wrap=not sys.stdout.isatty())
            else:
                self._out.print(part)

    def note(self, text: Text) -> None:
        """Say how it goes, or what to know, beside the answer."""
        self._beside.print(str(text))


def as_json(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def table(title: Text, columns: Sequence[Text], rows: Sequence[Sequence[object]]) -> Drawn:
    """Return a table; whole numbers stand at the right with separators, None is a dash."""
    drawn = Drawn(title=str(title), title_justify="left", header_style="bold")
    for i, column in enumerate(columns):
        numbers = all(isinstance(row[i], int | float | None) for row in rows)
        drawn.add_column(str(column), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(_cell(value) for value in row))
    return drawn


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(YES if value else NO)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


YES, NO = Text("yes", "是"), Text("no", "否")


def both(text: Text) -> dict[str, str]:
    """Return a text in both languages for a JSON document."""
    return {"en": text.en, "zh": text.zh}
