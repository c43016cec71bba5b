"""Reads what a rule about customers may ask beside tags: what they did, who is in another audience, a draw by lot.

    {did: {over: orders, within: 30, where: {column: channel, is: "=", value: web}}}            # at least once
    {statistic: {over: orders, take: sum, of: amount, within: 90}, is: ">=", value: 500}
    {audience: champions}                                                  # by its rule, at the same moment; or a list
    {share: 0.1, seed: spring}                                      # one in ten, the same ones whenever this is asked

Nobody's doing is unknown where the behaviour is: who never bought has 0 orders, so `not: {did: …}` selects him. The
average, the first and the like of nothing are unknown, and compare as any unknown value does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import Document, written_path
from quanyu.foundation.errors import Fault
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import BEHAVIOURS
from quanyu.targeting.fields.model import Askable, Did, InAudience, Place, RandomShare, Rule, Step
from quanyu.targeting.fields.rules import ReadOther, check_comparison
from quanyu.targeting.fields.statistics import Read, read_statistic
from quanyu.targeting.fields.values import Wrong, read_value

LONGEST_NAME = 60

Path = tuple[Step, ...]
Found = tuple[Rule | None, list[Fault]]


def _did(given: Mapping[str, object], path: Path, currency: str, place: Place) -> Found:
    reading = _Leaf(given, path, place, ("did",))
    raw = given["did"]
    written = {"take": "count", **raw} if isinstance(raw, Mapping) else raw  # type: ignore[dict-item]
    read = reading.statistic(written, "did", currency)
    if read is not None and read.statistic.take != "count":
        problem = Text("What was done is counted.", "行为按次数判断。")
        reading.fault((*path, "did", "take"), problem, read.statistic.take, "count")
    return reading.found(None if read is None else Did(read.statistic, read.type, ">=", (1,)))


def _statistic(given: Mapping[str, object], path: Path, currency: str, place: Place) -> Found:
    reading = _Leaf(given, path, place, ("statistic", "is", "value"))
    read = reading.statistic(given["statistic"], "statistic", currency)
    if read is None:
        return reading.found(None)
    asked = Askable("statistic", read.type, Text("statistic", "统计"))
    comparison, faults = check_comparison(given, asked, currency, path, place)
    reading.faults += faults
    return reading.found(comparison and Did(read.statistic, read.type, comparison.operator, comparison.values))


def _audience(given: Mapping[str, object], path: Path, _currency: str, place: Place) -> Found:
    reading = _Leaf(given, path, place, ("audience",))
    name = given["audience"]
    if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME:
        return reading.found(InAudience(name))
    reading.fault(
        (*path, "audience"), Text("Here stands the name of an audience.", "此处应为人群名称。"), name, "a name"
    )
    return reading.found(None)


def _share(given: Mapping[str, object], path: Path, currency: str, place: Place) -> Found:
    reading = _Leaf(given, path, place, ("share", "seed"))
    share, seed = read_value(given["share"], "share", currency), given.get("seed", "")
    if isinstance(share, Wrong) or not isinstance(share, float) or not 0 < share < 1:
        problem = Text("A share lies between 0 and 1.", "比例须在 0 与 1 之间。")
        reading.fault((*path, "share"), problem, given["share"], "above 0, below 1")
        return reading.found(None)
    if not isinstance(seed, str) or len(seed) > LONGEST_NAME:
        problem = Text("A seed is a short text.", "种子应为短文本。")
        reading.fault((*path, "seed"), problem, seed, f"at most {LONGEST_NAME} characters")
        return reading.found(None)
    return reading.found(RandomShare(share, seed))


LEAVES: Mapping[str, ReadOther] = {"did": _did, "statistic": _statistic, "audience": _audience, "share": _share}


@dataclass(frozen=True)
class _Placed(Document):
    """A definition of which only the places are known here."""

    placing: Place = written_path

    def place(self, path: Path) -> str:
        return self.placing(path)


class _Leaf(Reading):
    """One leaf being read: keys that do not belong to it are faults."""

    def __init__(self, given: Mapping[str, object], path: Path, place: Place, keys: tuple[str, ...]) -> None:
        super().__init__(_Placed(None, {}, place))
        self.path = path
        self.mapping(given, path, (), keys)

    def statistic(self, raw: object, key: str, currency: str) -> Read | None:
        read, faults = read_statistic(raw, (*self.path, key), BEHAVIOURS, currency, self.document)
        self.faults += faults
        return read

    def found(self, rule: Rule | None) -> Found:
        return (None if self.faults else rule), self.faults
