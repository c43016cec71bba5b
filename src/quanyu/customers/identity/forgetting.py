"""Lets records go that only imports opened which are taken back, and the identifiers that these gave."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity import showing
from quanyu.customers.identity.disowning import DISOWN_NO_MORE
from quanyu.customers.identity.evidence import renew_evidence
from quanyu.customers.identity.identifiers import PROPOSED
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.policy import MOST
from quanyu.customers.identity.resolving import NOBODY
from quanyu.customers.identity.roll import strike_out
from quanyu.customers.identity.showing import Moves, changed, settle, show
from quanyu.customers.identity.tables import POINTING
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.sets.algebra import OrdinalSet

TABLES = (*showing.TABLES, *POINTING)
"""What `forget_opened` writes in the lake; the landing of its delivery must hold them."""


@dataclass(frozen=True)
class Forgotten:
    """How many went; a customer who has no record any more dies, and his ordinal is never given out again."""

    records: int
    identifiers: int
    customers: int


def forget_opened(delivery: Delivery, imports: Sequence[int], pointing: Sequence[LakeTable]) -> Forgotten:
    """Remove the identifiers that these imports gave, and the records that they opened and nothing else names.

    `pointing` are the lake tables with columns `record` and `import_number`, from which the rows of these imports have
    been removed. A record that another import names is from then on that one's.
    """
    connection, workspace = delivery.connection, delivery.workspace
    given = {"workspace": workspace.number, "imports": list(imports), "proposed": list(PROPOSED)}
    people = lock_people(workspace, connection)
    connection.execute(_WAIT, given)
    connection.execute(_HAND_OVER_NAMED, given)
    connection.execute(_LOST)
    connection.execute(_DELETE_IDENTIFIERS, given)
    connection.execute(_UNSEE, given)
    connection.execute(DISOWN_NO_MORE, {**given, "most": MOST})
    identifiers = connection.execute(_COUNT_LOST).scalar_one()
    connection.execute(_WAIT_SHARING, {**given, "most": MOST})
    opened = read_columns(
        connection,
        f"""select record from record where workspace = {workspace.number}
            and import_number in ({", ".join(str(int(number)) for number in imports)})""",
        {"record": "bigint"},
    )
    connection.execute(sa.text("create temporary table naming (record bigint, import_number bigint) on commit drop"))
    copy_in(connection, "naming", _naming(delivery, opened, pointing))
    connection.execute(_HAND_OVER, given)
    connection.execute(_GOING, given)
    connection.execute(_DYING, given)
    dying = read_columns(connection, "select customer from dying order by customer", {"customer": "bigint"})
    mapped = read_columns(connection, _MAPPED.format(workspace=workspace.number), _MAPPED_COLUMNS)
    connection.execute(_FOUND_ANEW, given)
    connection.execute(_DELETE_PROPOSED, given)
    going = read_columns(connection, "select record from going", {"record": "bigint"})
    strike_out(delivery, going, read_columns(connection, "select record, value_hash from lost", _LOST_COLUMNS))
    records = connection.execute(_DELETE_RECORDS, given).rowcount
    for beside in _DELETE_BESIDE:
        connection.execute(beside, given)
    renew_evidence(delivery, imports)
    customers = OrdinalSet.of(np.sort(dying["customer"].to_numpy())) & people.alive
    _show(delivery, mapped)
    return Forgotten(records, identifiers, customers.count())


def _show(delivery: Delivery, mapped: pa.Table) -> None:
    """Let the lake show the mapping without these records, and whatever recognition has changed before."""
    record, customer = (mapped[name].to_numpy() for name in _MAPPED_COLUMNS)
    gone = Moves(record, customer, np.full(len(record), NOBODY))
    change = changed(delivery.workspace, delivery.connection, gone)
    if not change.empty:
        show(delivery.landing, change)
        settle(delivery.workspace, delivery.connection, delivery.landing, change)


def _naming(delivery: Delivery, opened: pa.Table, pointing: Sequence[LakeTable]) -> pa.Table:
    """Return which of the opened records facts of other imports name, and the first of these imports."""
    empty = pa.table({"record": pa.array([], pa.int64()), "import_number": pa.array([], pa.int64())})
    if not opened.num_rows or not pointing:
        return empty
    lake, landing = delivery.workspace.lake, delivery.landing
    wanted = ibis.memtable(opened)
    rows = [lake.all_versions(table, landing.vector).semi_join(wanted, "record") for table in pointing]
    parts = [named.group_by("record").agg(import_number=named.import_number.min()) for named in rows]
    whole = parts[0] if len(parts) == 1 else ibis.union(*parts)
    return lake.to_arrow(whole.group_by("record").agg(import_number=whole.import_number.min()))


_LOST = sa.text("create temporary table lost (type text, scope text, value_hash uuid, record bigint) on commit drop")
_LOST_COLUMNS = {"record": "bigint", "value_hash": "uuid"}
_DELETE_IDENTIFIERS = sa.text(
    """with gone as (delete from identifier where workspace = :workspace and import_number = any(:imports)
                     returning type, scope, value_hash, record)
       insert into lost select type, scope, value_hash, record from gone"""
)
# When the record had it last before is not known: it is as if nobody had said.
_UNSEE = sa.text(
    """with unseen as (
         update identifier set seen = null, seen_import = null
         where workspace = :workspace and seen_import = any(:imports) returning record)
       insert into identity_waiting (workspace, record)
       select distinct cast(:workspace as integer), record from unseen on conflict do nothing"""
)
_COUNT_LOST = sa.text("select count(*) from lost")
# What was proposed of a record that goes says nothing any more, of the other one neither.
_DELETE_PROPOSED = sa.text(
    """with gone as (delete from identifier i
                     using (select distinct mine.type, mine.scope, mine.value_hash from going g
                            join identifier mine on mine.workspace = :workspace and mine.record = g.record
                                 and mine.type = any(:proposed)) p
                     where i.workspace = :workspace and i.type = p.type and i.scope = p.scope
                           and i.value_hash = p.value_hash
                     returning i.type, i.scope, i.value_hash, i.record)
       insert into lost select type, scope, value_hash, record from gone"""
)
# A device or recipient has the identifier by which a person names it, whichever of several persons was the first.
_HAND_OVER_NAMED = sa.text(
    """update identifier i set import_number = n.import_number
       from (select mine.type, mine.scope, mine.value_hash, mine.record, min(other.import_number) as import_number
             from identifier mine
             join record r on r.workspace = :workspace and r.record = mine.record and r.follows
             join identifier other on other.workspace = :workspace and other.type = mine.type
                  and other.scope = mine.scope and other.value_hash = mine.value_hash
                  and (other.import_number = any(:imports)) is not true
             join record person on person.workspace = :workspace and person.record = other.record
                  and not person.follows
             where mine.workspace = :workspace and mine.import_number = any(:imports)
             group by 1, 2, 3, 4) n
       where i.workspace = :workspace and i.type = n.type and i.scope = n.scope and i.value_hash = n.value_hash
             and i.record = n.record"""
)
# Whom a value did not join, because too many had it or they contradicted each other, it may join now.
_WAIT_SHARING = sa.text(
    """insert into identity_waiting (workspace, record)
       select distinct :workspace, sharing.record from (select distinct type, scope, value_hash from lost) l
       cross join lateral (
         select i.record, count(*) over () as times
         from (select record from identifier i where i.workspace = :workspace and i.type = l.type
               and i.scope = l.scope and i.value_hash = l.value_hash limit :most + 1) i) sharing
       where sharing.times <= :most
       on conflict do nothing"""
)

# Whoever was one customer with a record that loses an identifier, or goes, may be several now.
_WAIT = sa.text(
    """insert into identity_waiting (workspace, record)
       select distinct :workspace, other.record
       from (select record from identifier where workspace = :workspace and import_number = any(:imports)
             union
             select record from record where workspace = :workspace and import_number = any(:imports)) touched
       join record_customer mine on mine.workspace = :workspace and mine.record = touched.record
       join record_customer other on other.workspace = :workspace and other.customer = mine.customer
       on conflict do nothing"""
)
# An id goes on with the first record of a person that is left of its customer.
_FOUND_ANEW = sa.text(
    """update customer c set founder = left_over.record
       from going g
       join record_customer mine on mine.workspace = :workspace and mine.record = g.record
       cross join lateral (
         select min(o.record) as record from record_customer o
         join record r on r.workspace = :workspace and r.record = o.record and not r.follows
         where o.workspace = :workspace and o.customer = mine.customer
               and not exists (select 1 from going h where h.record = o.record)) left_over
       where c.workspace = :workspace and c.founder = g.record"""
)
_DELETE_BESIDE = tuple(
    sa.text(statement)
    for statement in (
        "delete from record_evidence e using going g where e.workspace = :workspace and e.record = g.record",
        "delete from identity_waiting w using going g where w.workspace = :workspace and w.record = g.record",
        """delete from identity_decision d using going g
           where d.workspace = :workspace and g.record in (d.record, d.other)""",
        # A value that nobody has any more is no question; who still has it is looked at anew.
        """delete from identity_question q using lost l
           where q.workspace = :workspace and q.type = l.type and q.scope = l.scope and q.value_hash = l.value_hash
                 and not exists (select 1 from identifier i where i.workspace = q.workspace and i.type = q.type
                                 and i.scope = q.scope and i.value_hash = q.value_hash)""",
    )
)

# An identifier that another import gave names its record, too.
_HAND_OVER = sa.text(
    """update record r set import_number = n.import_number
       from (select record, min(import_number) as import_number
             from (select record, import_number from naming
                   union all
                   select i.record, coalesce(i.import_number, 0) from identifier i join record o
                   on o.workspace = i.workspace and o.record = i.record and o.import_number = any(:imports)
                   where i.workspace = :workspace and i.type <> all(:proposed)) told
             group by record) n
       where r.workspace = :workspace and r.record = n.record and r.import_number = any(:imports)"""
)

_GOING = sa.text(
    """create temporary table going on commit drop as
       select record from record where workspace = :workspace and import_number = any(:imports)"""
)

_MAPPED_COLUMNS = {"record": "bigint", "customer": "bigint"}
_MAPPED = """select record, customer from record_customer where workspace = {workspace}
             and (record in (select record from going) or customer in (select customer from dying)) order by record"""

# Who has devices and recipients only is nobody.
_DYING = sa.text(
    """create temporary table dying on commit drop as
       select distinct c.customer from record_customer c join going g on g.record = c.record
       where c.workspace = :workspace and not exists
             (select 1 from record_customer o
              join record r on r.workspace = :workspace and r.record = o.record and not r.follows
              where o.workspace = :workspace and o.customer = c.customer
                    and not exists (select 1 from going h where h.record = o.record))"""
)

_DELETE_RECORDS = sa.text(
    """with mapped as (delete from record_customer c
                       where c.workspace = :workspace and (c.record in (select record from going)
                                                           or c.customer in (select customer from dying)))
       delete from record r using going g where r.workspace = :workspace and r.record = g.record"""
)
