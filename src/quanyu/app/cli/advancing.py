"""Shows on a terminal how far an import is: a bar with rate and remaining time; elsewhere a line a step."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from quanyu.app.cli.screen import Screen
from quanyu.customers.ingest.watching import Advance
from quanyu.customers.ingest.watching import Progress as Told
from quanyu.foundation.text import Text


@contextmanager
def advancing(screen: Screen, source: str) -> Generator[Told]:
    if not sys.stderr.isatty():
        steps: list[str] = []

        def note(advance: Advance) -> None:
            if advance.step.en not in steps:
                steps.append(advance.step.en)
                screen.note(Text(f"{source}: {advance.step.en}", f"{source}：{advance.step.zh}"))

        yield note
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(source, total=1.0, rate="")

        def draw(advance: Advance) -> None:
            described = Text(f"{source}: {advance.step.en}", f"{source}：{advance.step.zh}")
            bar.update(task, completed=advance.share, description=str(described), rate=str(_rate(advance)))

        yield draw


def _rate(advance: Advance) -> Text:
    if advance.remaining is None:
        return advance.rate
    left = f"{advance.remaining // 60:.0f}:{advance.remaining % 60:02.0f}"
    return Text(f"{advance.rate.en}, {left} left", f"{advance.rate.zh}，剩余 {left}")
