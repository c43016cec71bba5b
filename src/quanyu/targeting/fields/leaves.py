"""Reads what a rule may ask beside tags: what customers did, in what order and where, who else is meant, a draw by lot.

    {did: {over: orders, within: 30, where: {column: channel, is: "=", value: web}}}            # at least once
    {statistic: {over: orders, take: sum, of: amount, within: 90}, is: ">=", value: 500}
    {sequence: [{over: events, within: 30}, {then: orders, within: 7}]}                       # as `sequences` reads it
    {organisation: R01}             # whose last store is at or below a unit; by: home_store, or orders for any store
    {distance: {from: last_store, to: {store: S0101}}, is: "<=", value: 5 km}    # or {latitude: 31.2, longitude: 121.5}
    {audience: champions}                                                  # by its rule, at the same moment; or a list
    {share: 0.1, seed: spring}                                      # one in ten, the same ones whenever this is asked

Nobody's doing is unknown where the behaviour is: who never bought has 0 orders, so `not: {did: …}` selects him. The
average, the first and the like of nothing are unknown, and compare as any unknown value does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_args

from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import Document, written_path
from quanyu.foundation.errors import Fault
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import BEHAVIOURS
from quanyu.targeting.fields.model import (
    Askable,
    Did,
    Distance,
    InAudience,
    Leaf,
    OfUnit,
    Operator,
    Place,
    RandomShare,
    Rule,
    Step,
    StoreOf,
)
from quanyu.targeting.fields.rules import WITHOUT_VALUE, ReadOther, check_comparison
from quanyu.targeting.fields.sequences import read_sequence
from quanyu.targeting.fields.statistics import Read, read_statistic
from quanyu.targeting.fields.values import Wrong, read_value

LONGEST_NAME = 60
STORES_OF: tuple[StoreOf, ...] = get_args(StoreOf)
STORES_WITH_PLACES: tuple[StoreOf, ...] = ("last_store", "home_store")
_MOST_DEGREES = {"latitude": 90, "longitude": 180}
_COMPARING: tuple[Operator, ...] = ("<", "<=", ">", ">=", "between", *sorted(WITHOUT_VALUE))
_METRES = {"km": 1_000, "m": 1}
_LENGTH = re.compile(r"([0-9]{1,8}(?:\.[0-9]{1,6})?) ?(km|m)")
_NO_HOME = Text(
    "Nobody's home can be asked for: no source tells its latitude and longitude.",
    "无法按住址询问：没有任何来源提供住址的经纬度。",
)

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


def _sequence(given: Mapping[str, object], path: Path, currency: str, place: Place) -> Found:
    reading = _Leaf(given, path, place, ("sequence",))
    chain, faults = read_sequence(given["sequence"], (*path, "sequence"), BEHAVIOURS, currency, reading.document)
    reading.faults += faults
    return reading.found(chain)


def _organisation(given: Mapping[str, object], path: Path, _currency: str, place: Place) -> Found:
    reading = _Leaf(given, path, place, ("organisation", "by"))
    unit = reading.code(given["organisation"], (*path, "organisation"))
    by = reading.choice({"by": "last_store", **given}, "by", path, STORES_OF)
    where = place((*path, "organisation"))
    return reading.found(OfUnit(unit, cast("StoreOf", by), where) if unit and by else None)


def _distance(given: Mapping[str, object], path: Path, currency: str, place: Place) -> Found:
    reading = _Leaf(given, path, place, ("distance", "is", "value"))
    here = (*path, "distance")
    told = reading.mapping(given["distance"], here, ("from", "to"), ("from", "to"))
    if told.get("from") == "home":
        reading.fault((*here, "from"), _NO_HOME, "home", *STORES_WITH_PLACES)
    by = reading.choice(told, "from", here, STORES_WITH_PLACES) if told.get("from") != "home" else None
    to = reading.destination(told["to"], (*here, "to")) if "to" in told else None
    comparison = reading.length(given, path, currency)
    if by is None or to is None or comparison is None:
        return reading.found(None)
    where = place((*here, "to", "store"))
    return reading.found(Distance(cast("StoreOf", by), to, comparison.operator, comparison.values, where))


LEAVES: Mapping[str, ReadOther] = {
    "did": _did,
    "statistic": _statistic,
    "sequence": _sequence,
    "organisation": _organisation,
    "distance": _distance,
    "audience": _audience,
    "share": _share,
}


@dataclass(frozen=True)
class _Placed(Document):
    """A definition of which only the places are known here."""

    placing: Place = written_path

    def place(self, path: Path) -> str:
        return self.placing(path)


def _metres(written: object) -> float | None:
    found = _LENGTH.fullmatch(written) if isinstance(written, str) else None
    return float(found[1]) * _METRES[found[2]] if found else None


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

    def code(self, raw: object, path: Path) -> str | None:
        if isinstance(raw, str) and 0 < len(raw) <= LONGEST_NAME:
            return raw
        problem = Text(
            "Here stands a code, in quotes where it looks like a number.", "此处应为编码；像数字的请加引号。"
        )
        return self.fault(path, problem, raw, f"at most {LONGEST_NAME} characters")

    def destination(self, raw: object, path: Path) -> str | tuple[float, float] | None:
        if isinstance(raw, Mapping) and "store" in raw:
            given = self.mapping(cast("object", raw), path, (), ("store",))
            return self.code(given["store"], (*path, "store"))
        given = self.mapping(raw, path, tuple(_MOST_DEGREES), ("store", *_MOST_DEGREES))
        degrees = [self.degrees(given, key, most, path) for key, most in _MOST_DEGREES.items() if key in given]
        known = [each for each in degrees if each is not None]
        return (known[0], known[1]) if len(known) == len(_MOST_DEGREES) else None

    def degrees(self, given: Mapping[str, object], key: str, most: int, path: Path) -> float | None:
        value = read_value(given[key], "number", "")
        if isinstance(value, float) and abs(value) <= most:
            return value
        problem = Text("Here stand degrees, as a decimal number.", "此处应为以度表示的十进制数。")
        return self.fault((*path, key), problem, given[key], f"-{most} … {most}")

    def length(self, given: Mapping[str, object], path: Path, currency: str) -> Leaf | None:
        """Return the comparison of metres."""
        operator = self.choice({"is": None, **given}, "is", path, _COMPARING)
        if operator is None:
            return None
        raw = given.get("value")
        written = cast("list[object]", raw) if operator == "between" and isinstance(raw, list) else [raw]
        metres = [_metres(each) for each in written]
        if operator not in WITHOUT_VALUE and None in metres:
            problem = Text("Here stands a length with its unit.", "此处应为带单位的长度。")
            return self.fault((*path, "value"), problem, raw, "5 km", "800 m")
        asked = Askable("metres", "number", Text("metres", "米"))
        found = {"value": metres if operator == "between" else metres[0]} if raw is not None else {}
        comparison, faults = check_comparison({"is": operator, **found}, asked, currency, path, self.document.place)
        self.faults += faults
        return comparison

    def found(self, rule: Rule | None) -> Found:
        return (None if self.faults else rule), self.faults
