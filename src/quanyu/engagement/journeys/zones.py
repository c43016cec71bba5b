"""In which time zone customers are, as sets: a few for all of them. The contact policy names the tag that tells.

    zone: {tag: home_zone}                                                     # its values are names, as Europe/Berlin
    zone: {tag: country, values: {DE: Europe/Berlin, US: America/New_York}}    # or are told here

Of whom nothing is told, or no zone that there is, the workspace's zone holds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute

from quanyu.engagement.journeys.reader import Reader
from quanyu.foundation.definitions import near
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.time_zones import time_zones
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.runs import Current, current, last_run

pc: Any = pyarrow.compute  # its functions are made when it is imported, so that nobody knows their types


@dataclass(frozen=True)
class ByTag:
    """The tag that tells of zones; without `values` it names them itself."""

    tag: str
    values: tuple[tuple[str, str], ...] | None = None

    def zone_of(self, value: str) -> str | None:
        zone = value if self.values is None else dict(self.values).get(value)
        return zone if zone in time_zones() else None


def read(reader: Reader, raw: object, path: Path) -> ByTag | None:
    given = reader.mapping(raw, path, ("tag",), ("tag", "values"))
    tag = reader.word(given, "tag", path)
    texts = [askable.name for askable in reader.askables if askable.type in ("text", "code")]
    if tag and tag not in texts:
        problem = Text("This is no tag that holds a text.", "不是文字类标签。")
        return reader.reading.fault((*path, "tag"), problem, tag, *near(tag, texts))
    if "values" not in given:
        return ByTag(tag)
    told = given["values"]
    if not isinstance(told, Mapping) or not told:
        reader.mapping(told, (*path, "values"), ("DE",), ("DE",))
        return None
    values = {str(value): str(zone) for value, zone in told.items()}
    for value, zone in values.items():
        if zone not in time_zones():
            problem = Text("There is no such time zone.", "没有这个时区。")
            reader.reading.fault((*path, "values", value), problem, zone, *near(zone, sorted(time_zones())))
    return ByTag(tag, tuple(values.items()))


class Zones:
    """The zones of a workspace's customers, looked up once, when somebody first asks."""

    def __init__(self, ws: Workspace, told: ByTag | None) -> None:
        self._ws, self._told = ws, told
        self._others: Mapping[str, OrdinalSet] | None = None

    def by_instant(
        self, members: OrdinalSet, when: Callable[[str], datetime | None]
    ) -> dict[datetime | None, OrdinalSet]:
        """Part members by what `when` says of their zones; nobody is in two parts, and no part is empty."""
        found: dict[datetime | None, OrdinalSet] = {}
        for zone, who in [*self._elsewhere().items(), (self._ws.time_zone, members)]:
            here = members & who
            members = members - here
            if here:
                instant = when(zone)
                found[instant] = found.get(instant, OrdinalSet.empty()) | here
        return found

    def _elsewhere(self) -> Mapping[str, OrdinalSet]:
        """Return who is in other zones than the workspace's."""
        if self._others is None:
            told = {} if self._told is None else _looked_up(self._ws, self._told)
            self._others = {zone: who for zone, who in told.items() if zone != self._ws.time_zone}
        return self._others


_last: dict[tuple[str, int], tuple[tuple[int, ByTag], dict[str, OrdinalSet]]] = {}


def _looked_up(ws: Workspace, told: ByTag) -> dict[str, OrdinalSet]:
    """Return who is in which zone by the last run of tags, read anew only when that is another one."""
    if last_run(ws) is None:
        return {}
    now = current(ws)
    key = (now.run.number, told)
    place = (str(ws.settings.home), ws.number)
    if place not in _last or _last[place][0] != key:
        _last[place] = key, _read(ws, now, told)
    return _last[place][1]


def _read(ws: Workspace, now: Current, told: ByTag) -> dict[str, OrdinalSet]:
    if told.tag not in now.rows.columns:
        return {}
    value = now.rows[told.tag]
    rows = ws.lake.to_arrow(now.rows.filter(value.notnull()).select("customer", value=value.cast("string")))
    encoded = pc.dictionary_encode(rows["value"].combine_chunks())
    customers, codes = rows["customer"].to_numpy(), encoded.indices.to_numpy(zero_copy_only=False)
    zones = [told.zone_of(str(each)) for each in encoded.dictionary.to_pylist()]
    places = {zone: place for place, zone in enumerate(dict.fromkeys(filter(None, zones)))}
    place_of = pa.array([places.get(zone, -1) if zone else -1 for zone in zones], pa.int64()).to_numpy()
    whose = place_of[codes] if zones else codes
    return {zone: OrdinalSet.of(customers[whose == place]) for zone, place in places.items()}
