"""Branch: each goes where the first rule that is true of him says, by the newest tags.

branch: {if: {tag: frequency, is: ">", value: 1}, then: thanks, otherwise: remind}
branch: {cases: [{when: {...}, then: a}, {when: {...}, then: b}], otherwise: c}
"""

from collections.abc import Sequence
from datetime import datetime

from quanyu.engagement.journeys.model import Branch, Step
from quanyu.engagement.journeys.reader import Reader
from quanyu.engagement.journeys.steps.spec import Here, Outcome, StepKind
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.targeting.fields.model import Rule

MOST_WAYS = 1_000


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    if isinstance(raw, dict) and "if" in raw:
        given = reader.mapping(raw, path, ("if",), ("if", "then", "otherwise"))
        rule = reader.rule(given["if"], (*path, "if"))
        then, otherwise = reader.target(given, "then", path), reader.target(given, "otherwise", path)
        return None if rule is None else Branch(((rule, then),), otherwise)
    given = reader.mapping(raw, path, ("cases",), ("cases", "otherwise"))
    listed = reader.reading.list(given["cases"], (*path, "cases")) if "cases" in given else []
    if len(listed) > MOST_WAYS:
        problem = Text("A branch has too many ways.", "分支过多。")
        return reader.reading.fault((*path, "cases"), problem, f"{len(listed):,}", f"at most {MOST_WAYS:,}")
    cases = [_case(reader, case, (*path, "cases", i)) for i, case in enumerate(listed)]
    otherwise = reader.target(given, "otherwise", path)
    good = tuple(case for case in cases if case is not None)
    return Branch(good, otherwise) if good and len(good) == len(listed) else None


def _case(reader: Reader, raw: object, path: Path) -> tuple[Rule, str] | None:
    given = reader.mapping(raw, path, ("when", "then"), ("when", "then"))
    rule = reader.rule(given["when"], (*path, "when")) if "when" in given else None
    then = reader.target(given, "then", path)
    return None if rule is None else (rule, then)


def leads_to(step: Branch) -> tuple[str, ...]:
    return (*(then for _, then in step.cases), step.otherwise)


def rules(step: Branch) -> tuple[Rule, ...]:
    return tuple(rule for rule, _ in step.cases)


def run(step: Branch, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
    outcomes: list[Outcome] = []
    rest = members
    for place, (rule, then) in enumerate(step.cases, 1):
        true = rest & here.holds[rule]
        rest = rest - true
        outcomes.append(Outcome("yes" if len(step.cases) == 1 else f"case:{place}", true, then))
    return *outcomes, Outcome("no" if len(step.cases) == 1 else "otherwise", rest, step.otherwise)


KINDS = (StepKind("branch", Text("Branch", "分支"), Branch, read, leads_to, run, rules),)
