"""Reads what a resolution needs: all records from the roll in the lake, a few from the database; both alike."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from ibis import _
from numpy.typing import NDArray

from quanyu.customers.identity.dating import DAY, read_days
from quanyu.customers.identity.decided import Said, decided, read_said, set_apart
from quanyu.customers.identity.evidence import evidence_in
from quanyu.customers.identity.nearby import Nearby
from quanyu.customers.identity.numbering import at_once, number_pairs
from quanyu.customers.identity.people import People, Standing
from quanyu.customers.identity.policy import Policy
from quanyu.customers.identity.resolving import NOBODY, UNDATED, Flags, Integers, Known, Links, Numbers
from quanyu.customers.identity.roll import halves_of, kinds_of
from quanyu.customers.identity.showing import Moves, moved_since
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, GIVEN_IDENTIFIERS, OPENED_RECORDS, RECEIVERS, RECORDS
from quanyu.foundation.database.copying import quoted, read_columns
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.workspace import Workspace

Kinds = Sequence[tuple[str, str]]
_READ = (OPENED_RECORDS, GIVEN_IDENTIFIERS, RECORDS, RECEIVERS, CUSTOMER_OF_RECORD)


@dataclass(frozen=True)
class Waiting:
    """What to resolve, closed under what records share.

    `customer` is the one (ordinal) of each record now, -1 for none. `high` and `low` are the halves of each link's
    hash. `nearby` is from what it was made; None: it is everything that there is.
    """

    known: Known
    links: Links
    customer: Integers
    high: Integers
    low: Integers
    nearby: Nearby | None = None


@dataclass(frozen=True)
class _Told:
    """Identifiers: the ordinal of the record, the position of type and scope, and the two halves of the hash.

    `seen` is empty where nothing is dated.
    """

    record: Numbers
    kind: Numbers
    high: Integers
    low: Integers
    seen: Numbers = field(default_factory=lambda: np.empty(0, np.int32))

    def among(self, chosen: Flags) -> "_Told":
        seen = self.seen[chosen] if len(self.seen) else self.seen
        return _Told(self.record[chosen], self.kind[chosen], self.high[chosen], self.low[chosen], seen)


def read_lake(
    workspace: Workspace, connection: sa.Connection, people: People | Standing, policy: Policy | None
) -> Waiting:
    """Return all records with the identifiers that the policy reads; without one, with all.

    Devices and recipients are left out that have neither an identifier nor a customer: they are and stay nobody's.
    """
    kinds = kinds_of(workspace, connection)
    moved = moved_since(workspace, connection)  # before the versions: what these show by then is only said twice
    vector = workspace.lake.vector_in(connection, _READ)
    told = _given(workspace, vector, kinds, policy, read_days(workspace, connection, policy))
    with ThreadPoolExecutor(1) as beside:
        key = beside.submit(number_pairs, told.high, told.low)
        known, customer = _known(workspace, vector, people.records, told.record, moved)
    return _waiting(known, kinds, told, key.result(), customer, read_said(workspace, connection))


def _given(workspace: Workspace, vector: Vector, kinds: Kinds, policy: Policy | None, days: pa.Table) -> _Told:
    proving = [i for i, (type_, _) in enumerate(kinds) if policy is None or policy.rule(type_).read]
    numbered = {
        "type": pa.array([kinds[i][0] for i in proving], pa.string()),
        "scope": pa.array([kinds[i][1] for i in proving], pa.string()),
        "kind": pa.array(proving, pa.int16()),
    }
    given = workspace.lake.table(GIVEN_IDENTIFIERS, vector)
    rows: Value = given.inner_join(ibis.memtable(pa.table(numbered)), ["type", "scope"])
    shown = {"record": _short(rows.record)}
    if days.num_rows:
        rows = rows.left_join(ibis.memtable(days), ["record", "high", "low"])
        shown = {"record": _short(rows.record), "seen": rows.seen.fill_null(UNDATED).cast("int32")}
    column = workspace.lake.columns(rows.select("kind", "high", "low", **shown))
    seen = [column["seen"]] if days.num_rows else []
    return _Told(column["record"], column["kind"], column["high"], column["low"], *seen)


def _known(workspace: Workspace, vector: Vector, size: int, named: Numbers, moved: Moves) -> tuple[Known, Integers]:
    """Return the records and their customers, -1 for none: by ordinal first, which are dense."""
    lake = workspace.lake
    opened = lake.table(OPENED_RECORDS, vector)
    sources = lake.to_arrow(opened.select("opened_by").distinct())
    numbered = ibis.memtable(sources.append_column("source", pa.array(np.arange(sources.num_rows), pa.int16())))
    records = lake.columns(
        opened.inner_join(numbered, "opened_by").select("source", "follows", record=_short(_.record))
    )
    source = _spread(size, records["record"], records["source"])
    follows = np.zeros(size, np.bool_)
    follows[records["record"]] = records["follows"]
    mapped = lake.columns(lake.table(CUSTOMER_OF_RECORD, vector).select("customer", record=_short(_.record)))
    customer = _spread(size, mapped["record"], mapped["customer"], empty=NOBODY)
    customer[moved.record] = moved.after
    here = np.zeros(size, np.bool_)
    here[records["record"]] = ~records["follows"]
    tied = customer != NOBODY
    tied[named] = True
    here |= follows & tied
    record = np.flatnonzero(here)
    said: Value = evidence_in(lake, vector)
    speaking = said.select(record=_short(said.record), **{name: said[name].fill_null(0) for name in _EVIDENCE})
    evidence = lake.columns(speaking)
    columns = at_once(lambda name: _spread(size, evidence["record"], evidence[name])[record], _EVIDENCE, len(record))
    known = Known(record, source[record], follows[record], *columns, sources=sources["opened_by"].to_pylist())
    return known, customer[record]


def _short(ordinal: Value) -> Value:
    """Ordinals of records are below 2**31, which the union-find asks for, too."""
    return ordinal.cast("int32")


def _spread(size: int, place: Numbers, values: NDArray[Any], empty: int = 0) -> NDArray[Any]:
    """Put values at their places; `empty` where there is none."""
    found = np.full(size, empty, values.dtype)
    found[place] = values
    return found


def read_database(workspace: Workspace, connection: sa.Connection, policy: Policy | None) -> Waiting:
    """Return the same from the database."""
    number = workspace.number
    told = read_columns(connection, _RECORDS.format(workspace=number), dict.fromkeys(_TOLD, "bigint"))
    column = {name: told[name].to_numpy() for name in _TOLD}
    names = {row.hashed: row.source for row in connection.execute(_SOURCES, {"workspace": number})}
    hashed, source = np.unique(column["source"], return_inverse=True)
    evidence = [column[name] for name in _EVIDENCE]
    sources = [names[each] for each in hashed.tolist()]
    known = Known(column["record"], source, column["follows"] == 1, *evidence, sources=sources)
    kinds = kinds_of(workspace, connection)
    query = _LINKS.format(workspace=number, proves="true" if policy is None else proving(policy))
    columns = {"value_hash": "uuid", "kind": "bigint", "record": "bigint", "seen": "bigint"}
    rows = read_columns(connection, query, columns)
    hashed = read_columns(connection, _KINDS.format(kinds=_listed(kinds)), {"kind": "bigint"})["kind"].to_numpy()
    order = np.argsort(hashed)
    kind = order[np.searchsorted(hashed[order], rows["kind"].to_numpy())] if len(kinds) else np.zeros(0, np.int64)
    given = _Told(rows["record"].to_numpy(), kind, *halves_of(rows["value_hash"]), rows["seen"].to_numpy())
    key = number_pairs(given.high, given.low)
    return _waiting(known, kinds, given, key, column["customer"], read_said(workspace, connection))


def brought_together(found: Nearby) -> Waiting:
    """Return what was read nearby in the form of a reading of everything."""
    hashed, source = np.unique(found.source, return_inverse=True)
    sources = [found.sources[each] for each in hashed.tolist()]
    known = Known(found.record, source, found.follows, *found.evidence, sources=sources)
    given = _Told(found.holder, found.kind, *halves_of(found.value_hash), found.seen)
    key = number_pairs(given.high, given.low)
    return _waiting(known, found.kinds, given, key, found.customer, found.said, found)


def _waiting(
    known: Known, kinds: Kinds, told: _Told, key: Integers, customer: Integers, said: Said, nearby: Nearby | None = None
) -> Waiting:
    """Leave out what anonymous records have; `key` numbers values, of which some may be left with no record."""
    if nearby is None:
        size = int(max(known.record[-1] if len(known) else -1, told.record.max(initial=-1))) + 1
        place = np.full(size, -1)
        place[known.record] = np.arange(len(known))
        place = place[told.record]
    else:
        place = np.minimum(np.searchsorted(known.record, told.record), max(len(known) - 1, 0))
        place = np.where(known.record[place] == told.record, place, -1) if len(known) else place - 1
    if len(place) and place.min() < 0:
        told, key, place = told.among(place >= 0), key[place >= 0], place[place >= 0]
    parted, together = decided(said, told.record, told.high, told.low)
    apart = set_apart(said, known.record)
    kind = np.full(int(key.max(initial=-1)) + 1, 0)
    kind[key] = told.kind
    links = Links(place, key, kind, kinds, parted, together, apart, told.seen)
    return Waiting(known, links, customer, told.high, told.low, nearby)


def proving(policy: Policy) -> str:
    """Return the condition under which recognition reads identifiers of a type, as SQL."""
    proves = {name: rule.read for name, rule in policy.ruled.items()}
    other = policy.otherwise.read
    told = ", ".join(quoted(name) for name, mine in proves.items() if mine != other)
    if not told:
        return "true" if other else "false"
    return f"i.type {'not in' if other else 'in'} ({told})"


def _listed(kinds: Kinds) -> str:
    rows = ", ".join(f"({i}, {quoted(type_)}, {quoted(scope)})" for i, (type_, scope) in enumerate(kinds))
    return rows or "(0, null, null)"


_EVIDENCE = ("family", "name", "born", "gender")
_TOLD = ("record", "source", "follows", "customer", *_EVIDENCE)
_RECORDS = """select r.record, hashtextextended(r.source, 0) as source, r.follows::int as follows,
                     coalesce(c.customer, -1) as customer, coalesce(e.family, 0) as family,
                     coalesce(e.name, 0) as name, coalesce(e.born, 0) as born, coalesce(e.gender, 0) as gender
              from record r
              left join record_customer c on c.workspace = {workspace} and c.record = r.record
              left join record_evidence e on e.workspace = {workspace} and e.record = r.record
              where r.workspace = {workspace} and not r.anonymous order by r.record"""
_SOURCES = sa.text(
    "select distinct source, hashtextextended(source, 0) as hashed from record where workspace = :workspace"
)
_KIND = "hashtextextended(type || chr(31) || scope, 0)"
_LINKS = f"""select i.value_hash, {_KIND} as kind, i.record, coalesce({DAY}, {UNDATED}) as seen from identifier i
             where i.workspace = {{workspace}} and {{proves}}"""
_KINDS = f"select {_KIND} as kind from (values {{kinds}}) k (place, type, scope) where type is not null order by place"
