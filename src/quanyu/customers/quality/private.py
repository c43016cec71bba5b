"""Surveys the sealed values of records, opened portion by portion: figures come out, no value does."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _
from numpy.typing import NDArray

from quanyu.customers.identity.private import open_both
from quanyu.customers.identity.tables import IDENTIFIER_FAULTS, RECORDS_PRIVATE
from quanyu.customers.quality.flaws import Instant, digits_lost, long_numbers, private_flaw
from quanyu.customers.quality.model import FieldSurvey, Flaw, Links
from quanyu.customers.quality.relating import Numbers, Sources, count_points, tied_records
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

PORTION = 500_000  # records opened at once
_NOWHERE = -1  # the source of a record that is not surveyed
_TITLES = {
    "phone": Text("Phone", "手机号"),
    "email": Text("E-mail", "邮箱"),
    "card": Text("Card number", "卡号"),
}


@dataclass
class _Tally:
    filled: int = 0
    invalid: int = 0
    long: int = 0
    rounded: int = 0
    flaws: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))
    distinct: int = 0
    shared: int = 0


@dataclass(frozen=True)
class _Portion:
    """Values of neighbouring records, judged: record, type, point, flaw, long, rounded; each record's source beside."""

    start: int
    sources: Sources
    values: pa.Table


@dataclass(frozen=True)
class _Points:
    """What the values of one type point at, with the records that have them."""

    points: Numbers
    records: Numbers
    sources: Sources


@dataclass(frozen=True)
class Private:
    """What the private values of each source look like: its fields, and how it hangs together with others."""

    fields: Mapping[str, Sequence[FieldSurvey]]
    links: Mapping[str, Links]


def survey_private(ws: Workspace, kind: Kind, records: ir.Table, rows: Mapping[str, int], now: Instant) -> Private:
    """Survey every type of private value; `records` has record and source, `rows` how many records a source has."""
    vector = ws.lake.vector((RECORDS_PRIVATE, IDENTIFIER_FAULTS))
    refused, names = _refused(ws, vector), sorted(rows)
    attributes = {given.name: given.title for given in kind.inputs}
    counted = _Counted(names, {at: _Tally() for at in refused if at[0] in rows})
    for portion in _judged_portions(ws, vector, records, names, now):
        counted.add(portion, attributes)
    linked = counted.relate(attributes)
    fields: dict[str, list[FieldSurvey]] = defaultdict(list)
    for at, tally in sorted(counted.tallies.items()):
        fields[at[0]].append(_field(at[1], rows[at[0]], tally, attributes, refused.get(at, ())))
    links = {source: Links(count, *linked[source]) for source, count in rows.items()} if fields else {}
    return Private(fields, links)


def _refused(ws: Workspace, vector: Vector) -> dict[tuple[str, str], tuple[Flaw, ...]]:
    """Return what was given as an identifier and is none, by source and type; a file that came again counts once."""
    faults = ws.lake.table(IDENTIFIER_FAULTS, vector)
    by_import = faults.group_by("source", "type", "reason", "import_number").agg(times=_.times.sum())
    most = by_import.group_by("source", "type", "reason").agg(times=_.times.max()).order_by("reason")
    found: dict[tuple[str, str], tuple[Flaw, ...]] = {}
    for row in ws.lake.to_arrow(most).to_pylist():
        at = (row["source"], row["type"])
        found[at] = (*found.get(at, ()), Flaw(row["reason"], row["times"]))
    return found


def _field(
    type_: str,
    rows: int,
    tally: _Tally,
    attributes: Mapping[str, Text],
    refused: tuple[Flaw, ...],
) -> FieldSurvey:
    attribute = type_ in attributes
    lost = digits_lost(tally.long, tally.rounded)
    flaws = {**tally.flaws, "digits lost": lost}
    return FieldSurvey(
        field=type_,
        title=attributes.get(type_) or _TITLES.get(type_, Text(type_, type_)),
        type="text" if attribute else "identifier",
        rows=rows,
        filled=tally.filled,
        distinct=tally.distinct,
        invalid=tally.invalid + lost,
        flaws=tuple(Flaw(name, count) for name, count in sorted(flaws.items()) if count),
        private=True,
        identifies=not attribute,
        shared=None if attribute else tally.shared,
        refused=refused,
    )


class _Counted:
    """What has been counted of the portions so far, by source and type."""

    def __init__(self, sources: Sequence[str], tallies: Mapping[tuple[str, str], _Tally]) -> None:
        self.sources = sources
        self.tallies = defaultdict[tuple[str, str], _Tally](_Tally, tallies)
        self._points: dict[str, list[_Points]] = defaultdict(list)
        self._sources: list[Sources] = []

    def add(self, portion: _Portion, attributes: Mapping[str, Text]) -> None:
        """Count a portion; records lie in one portion only, so that what is counted of them adds up."""
        self._sources.append(portion.sources)
        point, record = (portion.values[name].to_numpy() for name in ("point", "record"))
        for type_, mine in self._by_type(portion, portion.values):
            source = portion.sources[record[mine] - portion.start]
            self._raise("filled", type_, self._records(portion, record[mine]))
            whose = record[:0] if type_ in attributes else record[mine]
            self._points[type_].append(_Points(point[mine], whose, source))
        self._count_faults(portion, portion.values.filter(pc.field("flaw").is_valid() | pc.field("long")))

    def _count_faults(self, portion: _Portion, values: pa.Table) -> None:
        long, rounded, record = (values[name].to_numpy() for name in ("long", "rounded", "record"))
        flaws, names = _encoded(values["flaw"])
        for type_, mine in self._by_type(portion, values):
            self._raise("invalid", type_, self._records(portion, record[mine[flaws[mine] >= 0]]))
            self._raise("long", type_, self._records(portion, record[mine[long[mine]]]))
            self._raise("rounded", type_, self._records(portion, record[mine[rounded[mine]]]))
            for number, flaw in enumerate(names):
                for source, count in self._each(self._records(portion, record[mine[flaws[mine] == number]])):
                    self.tallies[source, type_].flaws[flaw] += count

    def _by_type(self, portion: _Portion, values: pa.Table) -> Iterator[tuple[str, Numbers]]:
        """Return each type with the places of its values among these, as far as their records are surveyed."""
        types, names = _encoded(values["type"])
        here = portion.sources[values["record"].to_numpy() - portion.start] != _NOWHERE
        return ((type_, np.flatnonzero((types == number) & here)) for number, type_ in enumerate(names))

    def _records(self, portion: _Portion, records: Numbers) -> Numbers:
        """Count these records of the portion by source, each once."""
        there = np.zeros(len(portion.sources), np.bool_)
        there[records - portion.start] = True
        return np.bincount(portion.sources[there], minlength=len(self.sources))

    def _raise(self, name: str, type_: str, counts: Numbers) -> None:
        for source, count in self._each(counts):
            tally = self.tallies[source, type_]
            setattr(tally, name, getattr(tally, name) + count)

    def _each(self, counts: Numbers) -> Iterator[tuple[str, int]]:
        return ((source, int(count)) for source, count in zip(self.sources, counts, strict=True) if count)

    def relate(self, attributes: Mapping[str, Text]) -> dict[str, tuple[int, int]]:
        """Count which values records share; return by source how many have an identifier, and how many are linked."""
        sources = np.concatenate([np.empty(0, np.int16), *self._sources])
        identified, linked = (np.zeros(len(sources), np.bool_) for _each in range(2))
        for type_, parts in self._points.items():
            points = np.concatenate([part.points for part in parts])
            beside = np.concatenate([part.sources for part in parts])
            distinct, shared = count_points(points, beside, len(self.sources))
            self._raise("distinct", type_, distinct)
            self._raise("shared", type_, shared)
            if type_ not in attributes:
                records = np.concatenate([part.records for part in parts])
                identified[records] = True
                linked[tied_records(points, records, beside)] = True
        counts = (np.bincount(sources[which], minlength=len(self.sources)) for which in (identified, linked))
        return {source: (int(some), int(tied)) for source, some, tied in zip(self.sources, *counts, strict=True)}


def _encoded(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], list[str]]:
    """Return texts as numbers, and which text each is; a number below nought stands for none."""
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.indices.fill_null(-1).to_numpy(), encoded.dictionary.to_pylist()


def _judged_portions(
    ws: Workspace, vector: Vector, records: ir.Table, sources: Sequence[str], now: Instant
) -> Iterator[_Portion]:
    """Open the blocks and judge their values, by ranges of records."""
    blocks = ws.lake.table(RECORDS_PRIVATE, vector)
    last = ws.lake.to_arrow(blocks.agg(last=blocks.last_record.max()))["last"][0].as_py()
    portions = [range(start, start + PORTION) for start in range(0, 0 if last is None else last + 1, PORTION)]
    for portion, opened in zip(portions, _opened_ahead(ws, vector, portions), strict=True):
        mine = ws.lake.to_arrow(records.filter(_.record >= portion.start, _.record < portion.stop))
        judged = ws.lake.to_arrow(_judged(ibis.memtable(opened), now))
        yield _Portion(portion.start, _sources_of(mine, portion, sources), judged)


def _opened_ahead(ws: Workspace, vector: Vector, portions: Sequence[range]) -> Iterator[pa.Table]:
    """Open each portion while the one before it is looked at: one core opens, the other judges."""
    with ThreadPoolExecutor(1) as opener:
        coming = deque[Future[pa.Table]]()
        for portion in portions:
            coming.append(opener.submit(open_both, ws, vector, portion))
            if len(coming) > 1:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def _sources_of(records: pa.Table, portion: range, sources: Sequence[str]) -> Sources:
    """Return for each record of the portion the place of its source in the list."""
    found = np.full(len(portion), _NOWHERE, np.int16)
    encoded, names = _encoded(records["source"])
    places = np.array([sources.index(name) for name in names], np.int16)
    found[records["record"].to_numpy() - portion.start] = places[encoded]
    return found


def _judged(values: ir.Table, now: Instant) -> ir.Table:
    """Columns record, type, flaw (NULL where there is none), long and rounded (whether it is such a number), and point.

    Points say which values of a type are the same; they stay in memory, as the values do.
    """
    type_: Value = values.type
    numbered = type_.notin(["phone", "email"])
    long, rounded = (numbered & each for each in long_numbers(values.value))
    scope: Value = values.scope
    whole: Value = scope.fill_null("") + "\x1f" + values.value
    flaw = private_flaw(type_, values.value, now)
    return values.select("record", "type", point=whole.hash(), flaw=flaw, long=long, rounded=rounded)
