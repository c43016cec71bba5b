"""Surveys the sealed values of records, opened portion by portion: figures come out, no value does."""

from collections import defaultdict, deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from quanyu.customers.identity.private import open_attributes, open_values
from quanyu.customers.identity.tables import IDENTIFIER_FAULTS, RECORDS_PRIVATE
from quanyu.customers.quality.flaws import Instant, digits_lost, long_numbers, private_flaw
from quanyu.customers.quality.model import FieldSurvey, Flaw, Links
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

PORTION = 500_000  # records opened at once
_SALT = 16  # characters of the workspace's secret: what is hashed here lives as long as the survey
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


@dataclass(frozen=True)
class Private:
    """What the private values of each source look like: its fields, and how it hangs together with others."""

    fields: Mapping[str, Sequence[FieldSurvey]]
    links: Mapping[str, Links]


def survey_private(ws: Workspace, kind: Kind, records: ir.Table, rows: Mapping[str, int], now: Instant) -> Private:
    """Survey every type of private value; `records` has record and source, `rows` how many records a source has."""
    vector = ws.lake.vector((RECORDS_PRIVATE, IDENTIFIER_FAULTS))
    refused = _refused(ws, vector)
    tallies: dict[tuple[str, str], _Tally] = defaultdict(_Tally, {at: _Tally() for at in refused if at[0] in rows})
    attributes = {given.name: given.title for given in kind.inputs}
    with _points(ws, vector, records, now, tallies) as points:
        shared, linked = ({}, {}) if points is None else _relations(ws, points, list(attributes))
    fields: dict[str, list[FieldSurvey]] = defaultdict(list)
    for at, tally in sorted(tallies.items()):
        fields[at[0]].append(_field(at[1], rows[at[0]], tally, shared.get(at, (0, 0)), attributes, refused.get(at, ())))
    links = {source: Links(count, *linked.get(source, (0, 0))) for source, count in rows.items()} if tallies else {}
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


Pairs = dict[tuple[str, str], tuple[int, int]]


def _relations(ws: Workspace, points: ir.Table, attributes: Sequence[str]) -> tuple[Pairs, dict[str, tuple[int, int]]]:
    """Return (distinct, shared) by source and type, and (identified, linked) by source."""
    shared = ws.lake.to_arrow(_shared(points)).to_pylist()
    counted = [ws.lake.to_arrow(each).to_pylist() for each in _linked(points.filter(_.type.notin(attributes)))]
    identified, linked = ({row["source"]: row["records"] for row in rows} for rows in counted)
    return (
        {(row["source"], row["type"]): (row["distinct"], row["shared"]) for row in shared},
        {source: (count, linked.get(source, 0)) for source, count in identified.items()},
    )


def _field(
    type_: str,
    rows: int,
    tally: _Tally,
    shared: tuple[int, int],
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
        distinct=shared[0],
        invalid=tally.invalid + lost,
        flaws=tuple(Flaw(name, count) for name, count in sorted(flaws.items()) if count),
        private=True,
        identifies=not attribute,
        shared=None if attribute else shared[1],
        refused=refused,
    )


@contextmanager
def _points(
    ws: Workspace, vector: Vector, records: ir.Table, now: Instant, tallies: dict[tuple[str, str], _Tally]
) -> Generator[ir.Table | None]:
    """Open the blocks and tally them; yield what each value points at: source, record, type, a keyed hash.

    Portions go by ranges of records, so that what is counted per record adds up over them.
    """
    blocks = ws.lake.table(RECORDS_PRIVATE, vector)
    last = ws.lake.to_arrow(blocks.agg(last=blocks.last_record.max()))["last"][0].as_py()
    portions = [range(start, start + PORTION) for start in range(0, 0 if last is None else last + 1, PORTION)]
    held: list[ir.Table] = []
    with ExitStack() as stack:
        for portion, opened in zip(portions, _opened_ahead(ws, vector, portions), strict=True):
            values = ibis.memtable(opened)
            mine = records.filter(_.record >= portion.start, _.record < portion.stop)
            points = stack.enter_context(ws.lake.held(_known(values, mine, ws.key.hash_secret)))
            with ws.lake.held(_judged(values, now)) as judged:
                _tally(ws.lake.to_arrow(_filled(points)), ws.lake.to_arrow(_faulty(judged, mine)), tallies)
            held.append(points)
        yield (ibis.union(*held) if len(held) > 1 else held[0]) if held else None


def _opened_ahead(ws: Workspace, vector: Vector, portions: Sequence[range]) -> Iterator[pa.Table]:
    """Open each portion while the one before it is looked at: one core opens, the other judges."""
    with ThreadPoolExecutor(1) as opener:
        coming = deque[Future[pa.Table]]()
        for portion in portions:
            coming.append(opener.submit(_opened, ws, vector, portion))
            if len(coming) > 1:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def _opened(ws: Workspace, vector: Vector, records: range) -> pa.Table:
    """Return identifiers and private attributes of these records: record, type, scope, value."""
    identifiers, attributes = open_values(ws, vector, records), open_attributes(ws, vector, records)
    scopes = pa.repeat(pa.scalar("", pa.string()), attributes.num_rows)
    return pa.concat_tables([identifiers, attributes.add_column(2, "scope", scopes).cast(identifiers.schema)])


def _known(values: ir.Table, records: ir.Table, secret: str) -> ir.Table:
    """Columns source, record, type, point: what values are the same, within this run and to nobody else."""
    joined = values.inner_join(records, "record")
    type_: Value = joined.type
    whole = ibis.literal(secret[:_SALT]) + type_ + "\x1f" + joined.scope + "\x1f" + joined.value
    return joined.select("source", "record", "type", point=whole.hash())


def _judged(values: ir.Table, now: Instant) -> ir.Table:
    """Columns record, type, flaw (NULL where there is none), long and rounded: whether it is such a number."""
    type_: Value = values.type
    numbered = type_.notin(["phone", "email"])
    long, rounded = (numbered & each for each in long_numbers(values.value))
    return values.select("record", "type", flaw=private_flaw(type_, values.value, now), long=long, rounded=rounded)


def _filled(points: ir.Table) -> ir.Table:
    return points.group_by("source", "type").agg(filled=_.record.nunique())


def _faulty(judged: ir.Table, records: ir.Table) -> ir.Table:
    """Columns source, type, flaw, records, long, rounded; the row without a flaw counts records with any of them."""
    faulty = judged.filter(_.flaw.notnull() | _.long).inner_join(records, "record")
    counts = {"records": _.record.nunique(), "long": _.long.sum(), "rounded": _.rounded.sum()}
    by_flaw = faulty.filter(_.flaw.notnull()).group_by("source", "type", "flaw").agg(**counts)
    whole = faulty.group_by("source", "type").agg(
        records=_.record.nunique(where=_.flaw.notnull()), long=counts["long"], rounded=counts["rounded"]
    )
    return by_flaw.union(whole.mutate(flaw=ibis.null("string")).select(*by_flaw.columns))


def _tally(filled: pa.Table, faulty: pa.Table, tallies: dict[tuple[str, str], _Tally]) -> None:
    for row in filled.to_pylist():
        tallies[row["source"], row["type"]].filled += row["filled"]
    for row in faulty.to_pylist():
        tally = tallies[row["source"], row["type"]]
        if row["flaw"] is not None:
            tally.flaws[row["flaw"]] += row["records"]
        else:
            tally.invalid += row["records"]
            tally.long += row["long"]
            tally.rounded += row["rounded"]


def _shared(points: ir.Table) -> ir.Table:
    """Columns source, type, distinct, shared: records whose value another record of the source has too."""
    held_by = points.group_by("source", "type", "point").agg(records=_.count())
    return held_by.group_by("source", "type").agg(
        distinct=_.count(), shared=_.records.sum(where=_.records > 1).fill_null(0)
    )


def _linked(points: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Count records by source: those that an identifier names, and those that one ties to another source."""
    by_point = points.group_by("point").agg(first=_.source.min(), last=_.source.max())
    across = by_point.filter(_.first != _.last)
    tied = points.semi_join(across, "point")
    identified, linked = (rows.group_by("source").agg(records=_.record.nunique()) for rows in (points, tied))
    return identified, linked
