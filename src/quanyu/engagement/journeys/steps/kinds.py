"""All kinds of steps, by the word that a definition writes and by the noun that it is read into."""

from quanyu.engagement.journeys.model import Step
from quanyu.engagement.journeys.steps import act, branch, give, leave, reach, send, split, wait, webhook
from quanyu.engagement.journeys.steps.spec import StepKind

KINDS: tuple[StepKind, ...] = (
    *wait.KINDS, *branch.KINDS, *split.KINDS, *send.KINDS, *give.KINDS, *act.KINDS, *webhook.KINDS, *reach.KINDS,
    *leave.KINDS,
)  # fmt: skip
BY_WORD = {kind.word: kind for kind in reversed(KINDS)}
_BY_TYPE = {kind.type: kind for kind in KINDS}


def kind_of(step: Step) -> StepKind:
    return _BY_TYPE[type(step)]
