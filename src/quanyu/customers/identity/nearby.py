"""Reads all that hangs together with some records from the database: by look-ups through indexes, in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from quanyu.customers.identity.dating import DAY
from quanyu.customers.identity.decided import SAID, Said
from quanyu.customers.identity.policy import MOST, Policy
from quanyu.customers.identity.resolving import UNDATED, Integers
from quanyu.foundation.database.copying import Bigints, read_arrays
from quanyu.foundation.workspace import Workspace

_ROWS_A_RECORD = 20
"""Rows that are followed for each record, where there is an end: values and customers are rows, too."""


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


def read_waiting(workspace: Workspace, connection: sa.Connection, policy: Policy, recognised: int) -> Nearby:
    """Return what hangs together with records that wait, and with those from the ordinal `recognised` on."""
    return _read(connection, _FROM_WAITING, workspace, policy, {"recognised": recognised, "rows": None})


def read_around(
    workspace: Workspace, connection: sa.Connection, policy: Policy, records: Integers, most: int
) -> Nearby:
    """Return what hangs together with these records; not all where that is more than `most` records."""
    start = {"records": Bigints(records), "rows": most * _ROWS_A_RECORD}
    found = _read(connection, _FROM_RECORDS, workspace, policy, start)
    return found if len(found.record) <= most else replace(found, cut_off=True)


def _read(
    connection: sa.Connection, statement: str, workspace: Workspace, policy: Policy, given: Mapping[str, object]
) -> Nearby:
    other = policy.otherwise.read
    named = sorted(name for name, rule in policy.ruled.items() if rule.read != other)
    told = {"workspace": workspace.number, "most": MOST, "named": named, "among": not other}
    found = read_arrays(connection, statement, _COLUMNS, {**given, **told})
    column = {name: found[name].to_numpy() for name, type_ in _COLUMNS.items() if type_ == "bigint"}
    family, name, born, gender = (column[word] for word in ("family", "name", "born", "gender"))
    return Nearby(
        column["record"],
        column["source"],
        dict(zip(column["source_hash"].tolist(), found["source_name"].to_pylist(), strict=True)),
        column["follows"] == 1,
        (family, name, born, gender),
        column["customer"],
        list(zip(found["types"].to_pylist(), found["scopes"].to_pylist(), strict=True)),
        found["value_hash"],
        column["kind"],
        column["holder"],
        column["seen"],
        found["followed"],
        pa.table({"customer": found["opened"], "founder": found["founder"]}),
        Said(
            found["said_value"],
            column["said_record"],
            column["said_question"],
            column["said_act"],
            np.stack([column["apart_record"], column["apart_other"]], axis=1),
        ),
        bool(column["cut_off"][0]),
    )


_COLUMNS = {
    **dict.fromkeys(("record", "source", "follows", "customer", "family", "name", "born", "gender"), "bigint"),
    **{"value_hash": "uuid", "kind": "bigint", "holder": "bigint", "seen": "bigint"},
    **{"types": "text", "scopes": "text", "followed": "uuid", "opened": "bigint", "founder": "bigint"},
    **{"said_value": "uuid", "said_record": "bigint", "said_question": "bigint", "said_act": "bigint"},
    **{"apart_record": "bigint", "apart_other": "bigint", "cut_off": "bigint"},
    **{"source_hash": "bigint", "source_name": "text"},
}

_WAITING = """select record from identity_waiting where workspace = %(workspace)s
              union
              select record from record
              where workspace = %(workspace)s and record >= %(recognised)s and not anonymous"""
_GIVEN = "select distinct g.record from unnest(%(records)s) g (record)"

# Records lead to their values and customers, these to their records: each of them once, row by row through the indexes,
# whatever the database believes of how large its tables are. A value that more than `most` have leads to nobody, but to
# those who were recognised by it while they were fewer: they have to be parted.
_FOLLOW = """
with recursive start as materialized ({start}),
seen (record, customer, type, scope, value_hash) as (
  select s.record, null::bigint, null::text, null::text, null::uuid from start s
  union
  select n.* from seen s cross join lateral (
    select null::bigint, null::bigint, i.type, i.scope, i.value_hash from identifier i
    where s.record is not null and i.workspace = %(workspace)s and i.record = s.record
          and (i.type = any(%(named)s)) = %(among)s
    union all
    select null, c.customer, null, null, null from record_customer c
    where s.record is not null and c.workspace = %(workspace)s and c.record = s.record
    union all
    select c.record, null, null, null, null from record_customer c
    where s.customer is not null and c.workspace = %(workspace)s and c.customer = s.customer
    union all
    select h.record, null, null, null, null
    from (select count(*) as times from (select 1 from identifier i
          where i.workspace = %(workspace)s and i.type = s.type and i.scope = s.scope and i.value_hash = s.value_hash
          limit %(most)s + 1) x) shared
    cross join lateral (
      select i.record from identifier i
      where shared.times <= %(most)s and i.workspace = %(workspace)s and i.type = s.type and i.scope = s.scope
            and i.value_hash = s.value_hash
      union all
      (select old.record from (
         select i.record, count(*) over () as before from identifier i
         join record_customer c on c.workspace = %(workspace)s and c.record = i.record
         where shared.times > %(most)s and i.workspace = %(workspace)s and i.type = s.type and i.scope = s.scope
               and i.value_hash = s.value_hash
               and not exists (select 1 from identity_waiting w
                               where w.workspace = %(workspace)s and w.record = i.record)
         limit %(most)s + 1) old
       where old.before <= %(most)s)) h
    where s.value_hash is not null
  ) n
),
met as materialized (select * from seen limit %(rows)s),
persons as materialized (
  select r.*, coalesce(c.customer, -1) as customer, coalesce(e.family, 0) as family, coalesce(e.name, 0) as name,
         coalesce(e.born, 0)::bigint as born, coalesce(e.gender, 0)::bigint as gender
  from met m
  cross join lateral (
    select r.record, r.source as name_of_source, hashtextextended(r.source, 0) as source,
           r.follows::int::bigint as follows from record r
    where r.workspace = %(workspace)s and r.record = m.record and not r.anonymous limit 1) r
  left join lateral (
    select c.customer from record_customer c
    where c.workspace = %(workspace)s and c.record = m.record limit 1) c on true
  left join lateral (
    select e.family, e.name, e.born, e.gender from record_evidence e
    where e.workspace = %(workspace)s and e.record = m.record limit 1) e on true
  where m.record is not null order by r.record
),
followed as materialized (
  select type, scope, value_hash, dense_rank() over (order by type, scope) - 1 as kind from met
  where value_hash is not null
),
links as (
  select f.value_hash, f.kind, h.record as holder, h.seen from followed f
  cross join lateral (
    select x.record, x.seen from (select i.record, i.seen, count(*) over () as times from (
      select i.record, coalesce({day}, {undated}) as seen from identifier i
      where i.workspace = %(workspace)s and i.type = f.type and i.scope = f.scope and i.value_hash = f.value_hash
      limit %(most)s + 1) i) x
    where x.times <= %(most)s) h
),
opened as (
  select c.customer as opened, c.founder from persons p
  cross join lateral (
    select c.customer, c.founder from customer c
    where c.workspace = %(workspace)s and c.founder = p.record offset 0) c
  order by c.customer
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
),
apart as (
  select distinct d.record as apart_record, d.other as apart_other from persons p
  cross join lateral (
    select d.* from identity_decision d
    where d.workspace = %(workspace)s and d.record = p.record and d.other is not null offset 0) d
  join identity_act a on a.workspace = %(workspace)s and a.number = d.act and a.withdrawn_at is null
  order by d.record, d.other
)
select * from
  (select {persons} from persons) p,
  (select {links} from links) l,
  (select array_agg(type order by kind), array_agg(scope order by kind)
   from (select distinct kind, type, scope from followed) k) k,
  (select array_agg(value_hash) from followed) f,
  (select {opened} from opened) o,
  (select {said} from said) s,
  (select {apart} from apart) a,
  (select array[(count(*) >= %(rows)s is true)::int::bigint] from met) c,
  (select array_agg(source), array_agg(name_of_source)
   from (select distinct source, name_of_source from persons) d) d
"""


def _following(start: str) -> str:
    def arrays(*names: str) -> str:
        return ", ".join(f"array_agg({name})" for name in names)

    return _FOLLOW.format(
        start=start,
        day=DAY,
        undated=UNDATED,
        persons=arrays("record", "source", "follows", "customer", "family", "name", "born", "gender"),
        links=arrays("value_hash", "kind", "holder", "seen"),
        opened=arrays("opened", "founder"),
        said=arrays(*SAID),
        apart=arrays("apart_record", "apart_other"),
    )


_FROM_WAITING, _FROM_RECORDS = _following(_WAITING), _following(_GIVEN)
