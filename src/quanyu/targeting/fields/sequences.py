"""Reads a sequence: something that customers did, and what has followed it, or has not.

sequence:
  - {over: events, within: 30, where: {column: name, is: "=", value: add_to_cart}}    # on one of the last 30 days
  - {then: orders, within: 7}                                                # later, at most 7 days after the step
  - {then_not: returns, within: 14}                                          # and nothing of the kind in 14 days
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from quanyu.foundation.documents import Document
from quanyu.foundation.errors import Fault
from quanyu.foundation.measuring import Behaviour
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Chain, Stage, Step, Window
from quanyu.targeting.fields.statistics import StatisticReading

MOST_STEPS = 10
FOLLOWING = ("then", "then_not")
_ALLOWED = f"2 … {MOST_STEPS} steps"

Path = tuple[Step, ...]


def read_sequence(
    raw: object, path: Path, behaviours: Catalogue[Behaviour], currency: str, document: Document
) -> tuple[Chain | None, list[Fault]]:
    """Return the sequence, or None and everything that is wrong with it."""
    reading = _SequenceReading(document=document, behaviours=behaviours, currency=currency)
    chain = reading.chain(raw, path)
    return (None if reading.faults else chain), reading.faults


@dataclass(kw_only=True)
class _SequenceReading(StatisticReading):
    def chain(self, raw: object, path: Path) -> Chain | None:
        steps = cast("list[object]", raw) if isinstance(raw, list) else []
        if not 2 <= len(steps) <= MOST_STEPS:
            problem = Text("A sequence is a list of at least two steps.", "序列应为至少两个步骤的列表。")
            if len(steps) > MOST_STEPS:
                problem = Text("The sequence has too many steps.", "序列的步骤过多。")
            return self.fault(path, problem, raw, _ALLOWED)
        begun = self.first(steps[0], (*path, 0))
        stages = [self.later(step, (*path, n)) for n, step in enumerate(steps[1:], 1)]
        if begun is None or self.faults:
            return None
        stage, within = begun
        return Chain((stage, *(each for each in stages if each is not None)), within)

    def first(self, raw: object, path: Path) -> tuple[Stage, Window] | None:
        key = next((key for key in FOLLOWING if isinstance(raw, Mapping) and key in raw), None)
        if key is not None:
            problem = Text("A sequence begins with what was done.", "序列须以已发生的行为开始。")
            return self.fault((*path, key), problem, key, "over")
        given = self.mapping(raw, path, ("over",), ("over", "within", "where"))
        behaviour = self.behaviour(given["over"], (*path, "over")) if "over" in given else None
        within = self.within(given, None, (*path, "within"))
        if behaviour is None or within is None:
            return None
        return Stage(behaviour.name, self.where(given, "count", behaviour, path)), within

    def later(self, raw: object, path: Path) -> Stage | None:
        if isinstance(raw, Mapping) and sum(key in raw for key in FOLLOWING) != 1:
            problem = Text("A later step says what followed, or what did not.", "后续步骤须写明随后发生或未发生什么。")
            keys = ", ".join(str(key) for key in cast("Mapping[object, object]", raw))
            return self.fault(path, problem, keys, *FOLLOWING)
        key = "then_not" if isinstance(raw, Mapping) and "then_not" in raw else "then"
        given = self.mapping(raw, path, (), (key, "within", "where"))
        behaviour = self.behaviour(given[key], (*path, key)) if key in given else None
        days = self.days(given["within"], (*path, "within"), 1) if "within" in given else None
        if behaviour is None:
            return None
        return Stage(behaviour.name, self.where(given, "count", behaviour, path), days, key == "then_not")
