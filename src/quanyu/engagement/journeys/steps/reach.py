"""Goal: who comes here has reached what the step names, which reports count.

goal: {name: bought_again}
"""

from collections.abc import Sequence
from datetime import datetime

from quanyu.engagement.journeys.model import Reach, Step
from quanyu.engagement.journeys.reader import Reader
from quanyu.engagement.journeys.steps.spec import Here, Outcome, StepKind
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    given = reader.mapping(raw, path, ("name",), ("name", "next"))
    return Reach(reader.word(given, "name", path), reader.target(given, "next", path))


def leads_to(step: Reach) -> tuple[str, ...]:
    return (step.next,)


def run(step: Reach, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
    return (Outcome(f"goal:{step.goal}", members, step.next),)


KINDS = (StepKind("goal", Text("Goal", "目标"), Reach, read, leads_to, run),)
