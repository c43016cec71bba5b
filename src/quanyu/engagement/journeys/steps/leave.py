"""Exit: the journey is over.

exit: {}
"""

from collections.abc import Sequence
from datetime import datetime

from quanyu.engagement.journeys.model import END, Leave, Step
from quanyu.engagement.journeys.reader import Reader
from quanyu.engagement.journeys.steps.spec import Here, Outcome, StepKind
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    reader.mapping(raw, path, (), ())
    return Leave()


def leads_to(step: Leave) -> tuple[str, ...]:
    return (END,)


def run(step: Leave, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
    return (Outcome("exit", members, END),)


KINDS = (StepKind("exit", Text("Exit", "退出"), Leave, read, leads_to, run),)
