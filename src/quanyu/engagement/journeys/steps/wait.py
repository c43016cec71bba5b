"""Wait: for a time, until a time of day after it, or until something is true, at most so long.

wait: {days: 3}
wait: {days: 1, at: "10:00"}                     # the first ten o'clock after a day, by the customer's clock
wait: {until: {tag: frequency, is: ">", value: 1}, days: 14, then: thanks, otherwise: remind}
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from quanyu.engagement.journeys.model import Step, Wait, WaitUntil
from quanyu.engagement.journeys.reader import UNITS, Reader
from quanyu.engagement.journeys.steps.spec import Here, Outcome, StepKind
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.targeting.fields.model import Rule

_KEYS = (*UNITS, "at", "until", "then", "otherwise", "next")


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    given = reader.mapping(raw, path, (), _KEYS)
    lasting, at = reader.duration(given, path), reader.time_of_day(given, "at", path)
    if "until" not in given:
        for key in ("then", "otherwise"):
            if key in given:
                problem = Text("Only a wait until something has two ways out.", "只有“等待直到”才有两个出口。")
                reader.reading.fault((*path, key), problem, given[key], "next", "until: a rule")
        if lasting is None and at is None:
            missing = Text("Say how long, or until when.", "请说明等待多久或直到何时。")
            return reader.reading.fault(path, missing, raw, "days: 3", 'at: "10:00"')
        return Wait(lasting or timedelta(), at, reader.target(given, "next", path))
    rule = reader.rule(given["until"], (*path, "until"))
    if lasting is None or lasting <= timedelta():
        missing = Text("Say how long at most.", "请说明最长等待多久。")
        return reader.reading.fault(path, missing, raw, "days: 14")
    then, otherwise = reader.target(given, "then", path), reader.target(given, "otherwise", path)
    return None if rule is None else WaitUntil(rule, lasting, then, otherwise)


def leads_to(step: Wait | WaitUntil) -> tuple[str, ...]:
    return (step.next,) if isinstance(step, Wait) else (step.then, step.otherwise)


def rules(step: Wait | WaitUntil) -> tuple[Rule, ...]:
    return () if isinstance(step, Wait) else (step.rule,)


def run(
    step: Wait | WaitUntil, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None
) -> Sequence[Outcome]:
    if isinstance(step, WaitUntil):
        true = members & here.holds[step.rule]
        rest, over = members - true, due is not None and due <= here.at
        then = Outcome("happened", true, step.then)
        if over:
            return then, Outcome("over", rest, step.otherwise)
        return then, Outcome("waits", rest, due=due or here.at + step.most, watched=True)
    if resumed:
        return (Outcome("over", members, step.next),)
    earliest = here.at + step.lasting
    parts: Mapping[datetime | None, OrdinalSet] = {earliest: members}
    if step.at is not None:
        parts = here.zones.by_instant(members, lambda zone: ends(earliest, step.at, zone))
    return [
        Outcome("over", who, step.next) if until is None or until <= here.at else Outcome("waits", who, due=until)
        for until, who in parts.items()
    ]


def ends(earliest: datetime, at: time | None, zone: str) -> datetime:
    """Return the first instant not before `earliest` at which clocks show `at`.

    A time that a change of clocks skips is as much later; one that comes twice counts both times.
    """
    if at is None:
        return earliest
    local = earliest.astimezone(ZoneInfo(zone))
    for day, fold in ((0, 0), (0, 1), (1, 0)):
        wanted = datetime.combine(local.date() + timedelta(days=day), at.replace(fold=fold), ZoneInfo(zone))
        instant = wanted.astimezone(earliest.tzinfo)
        if instant >= earliest:
            return instant
    return earliest


KINDS = (
    StepKind("wait", Text("Wait", "等待"), Wait, read, leads_to, run, rules, waits=True),
    StepKind("wait", Text("Wait until", "等待直到"), WaitUntil, read, leads_to, run, rules, waits=True),
)
