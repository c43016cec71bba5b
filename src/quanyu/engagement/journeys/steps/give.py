"""Tag: gives a manual tag, as if a person had.

tag: {tag: vip_care, value: gold}
"""

from collections.abc import Sequence
from datetime import datetime

from quanyu.engagement.journeys.model import Give, Step
from quanyu.engagement.journeys.reader import Reader
from quanyu.engagement.journeys.steps.spec import Here, Outcome, StepKind
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.targeting.tags.giving import Gift, give


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    given = reader.mapping(raw, path, ("tag", "value"), ("tag", "value", "next"))
    return Give(reader.word(given, "tag", path), given.get("value"), reader.target(given, "next", path))


def leads_to(step: Give) -> tuple[str, ...]:
    return (step.next,)


def run(step: Give, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
    # Given before the tick commits: should that not come to pass, giving it again changes nobody.
    give(here.ws, Gift(step.tag, step.value, f"journey:{here.journey.name}"), members)
    return (Outcome("tagged", members, step.next),)


KINDS = (StepKind("tag", Text("Give a tag", "打标签"), Give, read, leads_to, run),)
