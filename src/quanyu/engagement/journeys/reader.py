"""Reads what steps and triggers have in common: durations, times of day, rules, and the steps that they lead to."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal

from quanyu.engagement.journeys.model import END
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.documents import Path
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.model import Askable, Rule
from quanyu.targeting.fields.rules import check

UNITS = ("days", "hours", "minutes")
LONGEST = timedelta(days=3_650)

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class Reader:
    """A definition being read: what may be asked, and which steps there are."""

    reading: Reading
    askables: Catalogue[Askable]
    currency: str
    steps: Collection[str] = ()
    following: str = END  # where a step leads that does not say so

    def target(self, given: Mapping[str, object], key: str, path: Path, otherwise: str | None = None) -> str:
        """Return a step that is led to, or `end`; without the key `otherwise`, else the following step."""
        if key not in given:
            return otherwise or self.following
        raw = given[key]
        if isinstance(raw, str) and (raw == END or raw in self.steps):
            return raw
        problem = Text("There is no such step.", "没有这个步骤。")
        self.reading.fault((*path, key), problem, raw, *near(str(raw), [*self.steps, END]))
        return END

    def rule(self, raw: object, path: Path) -> Rule | None:
        found, faults = check(raw, self.askables, self.currency, path, place=self.reading.document.place, others=LEAVES)
        self.reading.faults.extend(faults)
        return None if faults else found

    def duration(self, given: Mapping[str, object], path: Path) -> timedelta | None:
        """Return the sum of `days`, `hours` and `minutes`; None where none is given, or they have faults."""
        lasting, found = timedelta(), False
        for unit in UNITS:
            if unit not in given:
                continue
            raw, found = given[unit], True
            if not isinstance(raw, (int, Decimal)) or isinstance(raw, bool) or raw < 0 or raw > LONGEST.days * 1_440:
                problem = Text("This is no duration.", "不是有效的时长。")
                return self.reading.fault((*path, unit), problem, raw, "a number from 0")
            lasting += timedelta(**{unit: float(raw)})
        if lasting > LONGEST:
            problem = Text("This is too long.", "时长过长。")
            return self.reading.fault(path, problem, f"{lasting.days} days", f"at most {LONGEST.days} days")
        return lasting if found else None

    def time_of_day(self, given: Mapping[str, object], key: str, path: Path) -> time | None:
        if key not in given:
            return None
        found = _TIME.fullmatch(str(given[key]))
        if found is None:
            problem = Text("This is no time of day.", "不是有效的时刻。")
            return self.reading.fault((*path, key), problem, given[key], '"10:00", in quotes')
        return time(int(found[1]), int(found[2]))

    def whole(self, given: Mapping[str, object], key: str, path: Path, least: int, most: int) -> int | None:
        if key not in given:
            return None
        raw = given[key]
        if isinstance(raw, int) and not isinstance(raw, bool) and least <= raw <= most:
            return raw
        problem = Text("Here stands a whole number.", "此处应为整数。")
        return self.reading.fault((*path, key), problem, raw, f"{least} … {most}")

    def share(self, raw: object, path: Path) -> float | None:
        if isinstance(raw, (int, Decimal)) and not isinstance(raw, bool) and 0 <= raw <= 1:
            return float(raw)
        return self.reading.fault(path, Text("Here stands a share.", "此处应为比例。"), raw, "0 … 1: 0.1 is one in ten")

    def mapping(self, raw: object, path: Path, required: tuple[str, ...], known: tuple[str, ...]) -> dict[str, object]:
        return self.reading.mapping(raw, path, required, known)

    def word(self, given: Mapping[str, object], key: str, path: Path) -> str:
        return self.reading.word(given, key, path) or ""
