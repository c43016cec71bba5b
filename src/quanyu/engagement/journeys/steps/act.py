"""Act: what another room or a plug-in does for a customer, as points, a coupon, or a task for his guide.

act: {action: points, with: {points: 100}, next: thanks, otherwise: end}
"""

from collections.abc import Sequence
from datetime import datetime

from quanyu.engagement.journeys.model import Act, Step
from quanyu.engagement.journeys.reader import Reader
from quanyu.engagement.journeys.spec import GROUP, Action, Asked, Deed
from quanyu.engagement.journeys.steps.spec import Here, Outcome, StepKind
from quanyu.foundation.definitions import near
from quanyu.foundation.documents import Path
from quanyu.foundation.registry import Registry
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text


def installed() -> Registry[Action]:
    return Registry(GROUP)


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    given = reader.mapping(raw, path, ("action",), ("action", "with", "next", "otherwise"))
    name = reader.word(given, "action", path)
    onward = reader.target(given, "next", path)
    otherwise = reader.target(given, "otherwise", path, onward)
    if not name:
        return None
    known = {action.name: action for action in installed().all()}
    if name not in known:
        problem = Text("No such action is installed.", "没有安装这个动作。")
        return reader.reading.fault((*path, "action"), problem, name, *near(name, list(known)))
    settings = known[name].read(reader, given.get("with", {}), (*path, "with"))
    return None if settings is None else Act(name, settings, onward, otherwise)


def leads_to(step: Act) -> tuple[str, ...]:
    return step.next, step.otherwise


def run(step: Act, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
    action = installed().get(step.action)
    told = (here.journey.name, here.version, here.name, here.tick, here.at, here.epoch)
    asked = Asked(here.ws, *told, settings=step.settings)
    refused, rest = list[Outcome](), members
    for word, who in action.decide(asked, members).items():
        refused.append(Outcome(f"refused:{word}", rest & who, step.otherwise))
        rest = rest - who
    here.deeds.append(Deed(action, asked, rest))
    return Outcome(f"done:{step.action}", rest, step.next), *refused


KINDS = (StepKind("act", Text("Act", "执行动作"), Act, read, leads_to, run),)
