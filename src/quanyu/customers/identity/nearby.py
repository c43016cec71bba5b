"""Reads all that hangs together with some records from the database: by look-ups through indexes, hop by hop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from quanyu.customers.identity.dating import DAY
from quanyu.customers.identity.decided import SAID, Said
from quanyu.customers.identity.numbering import number_pairs
from quanyu.customers.identity.policy import MOST, Policy
from quanyu.customers.identity.resolving import UNDATED, Integers
from quanyu.customers.identity.roll import halves_of
from quanyu.foundation.database.copying import Bigints, read_arrays
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Nearby:
    """Records in ascending order with what tells persons apart, as in `Known`, and their customers, -1 for none.

    Links are a value of 16 bytes, the place of its type and scope among `kinds`, a record, and the day on which it had
    the value last. `values` are all values that were followed, also those that too many share. `founded` are the
    customers opened for one of the records: customer, founder. `cut_off` says that there is more than was asked for.
    """

    record: Integers
    source: Integers
    sources: Mapping[int, str]  # their names
    follows: NDArray[np.bool_]
    evidence: tuple[Integers, Integers, Integers, Integers]
    customer: Integers
    kinds: list[tuple[str, str]]
    value_hash: pa.Array
    kind: Integers
    holder: Integers
    seen: Integers
    values: pa.Array
    founded: pa.Table
    said: Said
    cut_off: bool


_Arrays = dict[str, pa.Array]


def read_waiting(workspace: Workspace, connection: sa.Connection, policy: Policy, recognised: int) -> Nearby:
    """Return what hangs together with records that wait, and with those from the ordinal `recognised` on."""
    about = {"workspace": workspace.number, "recognised": recognised}
    records = read_arrays(connection, _WAITING, {"record": "bigint"}, about)["record"]
    return _read(workspace, connection, policy, _numbers(records), None)


def read_around(
    workspace: Workspace, connection: sa.Connection, policy: Policy, records: Integers, most: int
) -> Nearby:
    """Return what hangs together with these records; not all where that is more than `most` records."""
    return _read(workspace, connection, policy, records, most)


def _read(workspace: Workspace, connection: sa.Connection, policy: Policy, start: Integers, most: int | None) -> Nearby:
    other = policy.otherwise.read
    named = sorted(name for name, rule in policy.ruled.items() if rule.read != other)
    given = {"workspace": workspace.number, "most": MOST, "named": named, "among": not other}
    hops, records, cut_off = _follow(connection, given, np.unique(start), most)
    about = {"workspace": workspace.number, "records": Bigints(records)}
    told = read_arrays(connection, _TELL, _TOLD, about)
    record, order = _ascending(told["record"])
    kinds, kind, links = _links(hops)
    return Nearby(
        record,
        _numbers(told["source"])[order],
        dict(zip(told["source_hash"].to_pylist(), told["source_name"].to_pylist(), strict=True)),
        _numbers(told["follows"])[order] == 1,
        _evidence(record, told),
        _customers(record, hops),
        kinds,
        links["value_hash"],
        kind,
        _numbers(links["holder"]),
        _numbers(links["seen"]),
        pa.concat_arrays([hop["followed"] for hop in hops]),
        pa.table({"customer": told["opened"], "founder": told["founder"]}).sort_by("customer"),
        _said(hops, told),
        cut_off,
    )


def _follow(
    connection: sa.Connection, given: Mapping[str, object], start: Integers, most: int | None
) -> tuple[list[_Arrays], Integers, bool]:
    """Go from records to who shares a value or a customer with them, until nobody is new, or there are `most`."""
    hops, records, cut_off = list[_Arrays](), start, False
    while True:
        hops.append(read_arrays(connection, _FOLLOW, _HOP, {**given, "records": Bigints(start)}))
        start = np.setdiff1d(np.concatenate([_numbers(hops[-1][name]) for name in _LEAD]), records)
        if most is not None and len(records) + len(start) > most:
            start, cut_off = start[: max(most - len(records), 0)], True
        if not len(start):
            return hops, records, cut_off
        records = np.union1d(records, start)


def _links(hops: Sequence[_Arrays]) -> tuple[list[tuple[str, str]], Integers, _Arrays]:
    """Return types and scopes in order, the place of each link's among them, and the links, each of them once.

    A value is met again by whoever it has led to.
    """
    named = {
        code: kind
        for hop in hops
        for code, *kind in zip(*(hop[name].to_pylist() for name in ("code", "types", "scopes")), strict=True)
    }
    codes = sorted(named, key=lambda code: named[code])
    whole = {name: pa.concat_arrays([hop[name] for hop in hops]) for name in _LINK}
    value, holder = number_pairs(*halves_of(whole["value_hash"])), _numbers(whole["holder"])
    once = pa.array(np.unique(value * (int(holder.max(initial=0)) + 1) + holder, return_index=True)[1])
    links = {name: column.take(once) for name, column in whole.items()}
    place = {code: i for i, code in enumerate(codes)}
    met, back = np.unique(_numbers(links["kind"]), return_inverse=True)
    kind = np.array([place[code] for code in met.tolist()], np.int64)[back]
    return [(type_, scope) for type_, scope in (named[code] for code in codes)], kind, links


def _evidence(record: Integers, told: _Arrays) -> tuple[Integers, Integers, Integers, Integers]:
    """Return what the records say of themselves, 0 for nothing."""
    of, order = _ascending(told["speaker"])
    place = np.searchsorted(record, of)
    known = np.isin(of, record)

    def spread(name: str) -> Integers:
        found = np.zeros(len(record), np.int64)
        found[place[known]] = _numbers(told[name])[order][known]
        return found

    return spread("family"), spread("name"), spread("born"), spread("gender")


def _customers(record: Integers, hops: Sequence[_Arrays]) -> Integers:
    owned, customer = (np.concatenate([_numbers(hop[name]) for hop in hops]) for name in ("owned", "customer"))
    found, known = np.full(len(record), -1, np.int64), np.isin(owned, record)
    found[np.searchsorted(record, owned[known])] = customer[known]
    return found


def _said(hops: Sequence[_Arrays], told: _Arrays) -> Said:
    value, record, question, act = (pa.concat_arrays([hop[name] for hop in hops]) for name in SAID)
    pairs = np.unique(np.stack([_numbers(told["apart_record"]), _numbers(told["apart_other"])], axis=1), axis=0)
    return Said(value, _numbers(record), _numbers(question), _numbers(act), pairs)


def _ascending(column: pa.Array) -> tuple[Integers, Integers]:
    values = _numbers(column)
    order = np.argsort(values)
    return values[order], order


def _numbers(column: pa.Array) -> Integers:
    return column.to_numpy()


def _arrays(*names: str) -> str:
    return ", ".join(f"array_agg({name})" for name in names)


_LINK = ("value_hash", "kind", "holder", "seen")
_LEAD = ("holder", "before", "member")
_HOP = {
    **{"value_hash": "uuid", "kind": "bigint", "holder": "bigint", "seen": "bigint"},
    **{"code": "bigint", "types": "text", "scopes": "text", "followed": "uuid", "before": "bigint"},
    **{"owned": "bigint", "customer": "bigint", "member": "bigint"},
    **{"said_value": "uuid", "said_record": "bigint", "said_question": "bigint", "said_act": "bigint"},
}
_TOLD = {
    **dict.fromkeys(("record", "source", "follows", "speaker", "family", "name", "born", "gender"), "bigint"),
    **{"opened": "bigint", "founder": "bigint", "apart_record": "bigint", "apart_other": "bigint"},
    **{"source_hash": "bigint", "source_name": "text"},
}

_WAITING = """
select array_agg(record) from (
  select record from identity_waiting where workspace = %(workspace)s
  union
  select record from record where workspace = %(workspace)s and record >= %(recognised)s and not anonymous) w"""

# From records to their values and customers, and to whoever has these. Records are looked up by arrays of them, which
# costs less than following each row by row; values one by one, since of each no more than `most` may be read. A value
# that more have leads to nobody, but to those who were recognised by it while they were fewer: they have to be parted.
_FOLLOW = f"""
with followed as materialized (
  select distinct i.type, i.scope, i.value_hash from identifier i
  where i.workspace = %(workspace)s and i.record = any(%(records)s)
        and (i.type = any(%(named)s)) = %(among)s
),
kinds as materialized (
  select type, scope, hashtextextended(type || chr(31) || scope, 0) as code
  from (select distinct type, scope from followed) k
),
held as materialized (
  select f.type, f.scope, f.value_hash, hashtextextended(f.type || chr(31) || f.scope, 0) as kind, h.*
  from followed f
  cross join lateral (
    select x.holder, x.seen, count(*) over () as times from (
      select i.record as holder, coalesce({DAY}, {UNDATED})::bigint as seen from identifier i
      where i.workspace = %(workspace)s and i.type = f.type and i.scope = f.scope and i.value_hash = f.value_hash
      limit %(most)s + 1) x) h
),
crowded as (select distinct type, scope, value_hash from held where times > %(most)s),
parting as (
  select old.record as before from crowded s
  cross join lateral (
    select i.record, count(*) over () as times from identifier i
    join record_customer c on c.workspace = %(workspace)s and c.record = i.record
    where i.workspace = %(workspace)s and i.type = s.type and i.scope = s.scope and i.value_hash = s.value_hash
          and not exists (select 1 from identity_waiting w where w.workspace = %(workspace)s and w.record = i.record)
    limit %(most)s + 1) old
  where old.times <= %(most)s
),
owned as materialized (
  select c.record as owned, c.customer from record_customer c
  where c.workspace = %(workspace)s and c.record = any(%(records)s)
),
members as (
  select c.record as member from record_customer c
  where c.workspace = %(workspace)s and c.customer = any(array(select distinct customer from owned))
),
said as (
  select distinct on (f.value_hash, d.said_record) f.value_hash as said_value, d.said_record, d.said_question,
         d.said_act
  from followed f
  cross join lateral (
    (select coalesce(d.record, -1) as said_record, coalesce(d.question, -1) as said_question, d.act as said_act, d.place
     from identity_decision d
     join identity_act a on a.workspace = %(workspace)s and a.number = d.act and a.withdrawn_at is null
     where d.workspace = %(workspace)s and d.type = f.type and d.scope = f.scope and d.value_hash = f.value_hash
     offset 0)
    union all
    (select -1, -1, 0, 0 from own_identifier o
     where o.workspace = %(workspace)s and o.type = f.type and o.scope = f.scope and o.value_hash = f.value_hash
     offset 0)) d
  order by f.value_hash, d.said_record, d.said_act desc, d.place desc
)
select * from
  (select {_arrays(*_LINK)} from held where times <= %(most)s) l,
  (select {_arrays("code", "type", "scope")} from kinds) k,
  (select array_agg(value_hash) from followed) f,
  (select array_agg(before) from parting) p,
  (select {_arrays("owned", "customer")} from owned) o,
  (select array_agg(member) from members) m,
  (select {_arrays(*SAID)} from said) s
"""
_TELL = f"""
with persons as materialized (
  select r.record, r.source as source_name, hashtextextended(r.source, 0) as source,
         r.follows::int::bigint as follows from record r
  where r.workspace = %(workspace)s and r.record = any(%(records)s) and not r.anonymous
),
evidence as (
  select e.record as speaker, coalesce(e.family, 0) as family, coalesce(e.name, 0) as name,
         coalesce(e.born, 0)::bigint as born, coalesce(e.gender, 0)::bigint as gender from record_evidence e
  where e.workspace = %(workspace)s and e.record = any(%(records)s)
),
founded as (
  select c.customer as opened, c.founder from customer c
  where c.workspace = %(workspace)s and c.founder = any(%(records)s)
),
decided as materialized (
  select d.record, d.other, d.act from identity_decision d
  where d.workspace = %(workspace)s and d.record = any(%(records)s) and d.other is not null
),
apart as (
  select d.record as apart_record, d.other as apart_other from decided d
  join identity_act a on a.workspace = %(workspace)s and a.number = d.act and a.withdrawn_at is null
)
select * from
  (select {_arrays("record", "source", "follows")} from persons) p,
  (select {_arrays("speaker", "family", "name", "born", "gender")} from evidence) e,
  (select {_arrays("opened", "founder")} from founded) f,
  (select {_arrays("apart_record", "apart_other")} from apart) a,
  (select array_agg(source), array_agg(source_name) from (select distinct source, source_name from persons) d) d
"""
