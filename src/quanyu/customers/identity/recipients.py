"""Whom a message went to, where it names an identifier only: nobody, until a record of a person has that one, too."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from ibis import _

from quanyu.customers.identity.forms import formed
from quanyu.customers.identity.model import RecordsOpened
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.roll import NAMED, READ_NAMED, enter_named, enter_opened
from quanyu.customers.identity.tables import population, record
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.database.statistics import renew_statistics
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value

_GIVEN = ("recipient_type", "recipient_scope", "recipient")


@contextmanager
def with_recipients(delivery: Delivery, rows: ir.Table) -> Generator[ir.Table]:
    """Put `recipient_hash` and `reached` beside rows with `_GIVEN` and `customer`, type and scope in their form.

    The hash is that of the identifier, however a source writes it. `reached` is the ordinal of the record that stands
    for the recipient; NULL where the row names its customer, and where the value points at nobody.
    """
    lake, secret = delivery.workspace.lake, delivery.workspace.key.hash_secret
    told = rows.filter(rows.recipient.notnull()).group_by(list(_GIVEN)).agg(alone=_.customer.isnull().any())
    with lake.held(told.mutate(record=ibis.row_number().cast("int64"))) as numbered:
        given = numbered.select(
            "record", type=_.recipient_type.fill_null(""), scope=_.recipient_scope, value=_.recipient
        )
        with formed(delivery, given) as forms:
            beside = numbered.inner_join(forms, "record")
            value: Value = beside.value.coalesce(beside.recipient)
            hashed = keyed_hash(secret, beside["type"], beside.scope, value)
            known = beside.select(
                *_GIVEN, "type", "scope", "alone", hash=hashed, points=beside.value.notnull() & (beside["type"] != "")
            )
            with lake.held(known) as recipients, _reached(delivery, recipients) as reached:
                yield _beside(rows, reached)


@contextmanager
def _reached(delivery: Delivery, recipients: ir.Table) -> Generator[ir.Table]:
    lake = delivery.workspace.lake
    wanted = recipients.filter(_.alone, _.points).select("type", "scope", key_hash="hash").distinct()
    ordinals = _ordinals(delivery, lake.to_arrow(wanted.order_by("key_hash")))
    with lake.held(ibis.memtable(ordinals)) as known:
        joined = recipients.left_join(known, [("hash", "key_hash")])
        yield joined.select(*recipients.columns, "reached")


def _beside(rows: ir.Table, recipients: ir.Table) -> ir.Table:
    own = recipients.rename({f"_{name}": name for name in recipients.columns})
    same = [rows[name].identical_to(own[f"_{name}"]) for name in _GIVEN]
    joined = rows.left_join(own, same)
    others = [name for name in rows.columns if name not in _GIVEN]
    return joined.select(
        *others, recipient_type="_type", recipient_scope="_scope", recipient_hash="_hash", reached="_reached"
    )


def _ordinals(delivery: Delivery, wanted: pa.Table) -> pa.Table:
    """Return key_hash and reached, opening a record for each recipient that has none.

    Its key is the hash of the identifier. Like a device it is anonymous until a record of a person has the identifier.
    """
    connection, workspace = delivery.connection, delivery.workspace.number
    connection.execute(
        sa.text("create temporary table told_recipient (type text, scope text, key_hash uuid) on commit drop")
    )
    copy_in(connection, "told_recipient", wanted)
    first = lock_people(delivery.workspace, connection).records
    about = {
        "workspace": workspace,
        "next": first,
        "source": delivery.source,
        "import": delivery.import_number,
    }
    opened = connection.execute(_OPEN, about).scalar_one()
    renew_statistics(connection, record, opened)
    connection.execute(
        sa.update(population).where(population.c.workspace == workspace).values(records=population.c.records + opened)
    )
    _name(delivery, _NAME_OLD, about, wanted.rename_columns(["type", "scope", "value_hash"]))
    query = f"""select r.record from told_recipient t
                join record r on r.workspace = {workspace} and r.key_hash = t.key_hash order by t.key_hash"""
    found = read_columns(connection, query, {"record": "bigint"})["record"]
    connection.execute(sa.text("drop table told_recipient"))
    new = np.unique(found.to_numpy())
    new = new[new >= first]
    enter_opened(delivery, new, np.ones(len(new), np.bool_))
    return pa.table({"key_hash": wanted["key_hash"], "reached": found})


def name_recipients(delivery: Delivery, new: str, given: pa.Table) -> None:
    """Give the recipients whose identifiers have just been given their person.

    `new` is a table of these identifiers; `given` has type, scope and value_hash of them and of others.
    """
    about = {"workspace": delivery.workspace.number, "import": delivery.import_number}
    _name(delivery, sa.text(_NAME_NEW.format(new=new)), about, given)


def _name(delivery: Delivery, statement: sa.TextClause, about: Mapping[str, object], told: pa.Table) -> None:
    connection = delivery.connection
    connection.execute(NAMED)
    count = connection.execute(statement, about).scalar_one()
    if count:
        delivery.facts.append(RecordsOpened(delivery.source, delivery.import_number, count))
        given = ibis.memtable(told.select(["type", "scope", "value_hash"])).distinct()
        enter_named(delivery, given, read_columns(connection, *READ_NAMED))
    connection.execute(sa.text("drop table named_record"))


_OPEN = sa.text(
    """with opened as (
         insert into record (workspace, key_hash, record, source, import_number, anonymous, follows)
         select :workspace, t.key_hash, :next + row_number() over (order by t.key_hash) - 1, :source, :import,
                true, true
         from told_recipient t
         where not exists (select 1 from record r where r.workspace = :workspace and r.key_hash = t.key_hash)
         returning record)
       select count(*) from opened"""
)

# Not anonymous: who was named by an import that has been taken back is named anew.
_UNNAMED = "not exists (select 1 from identifier o where o.workspace = :workspace and o.record = r.record)"
_GIVE = """given as (
         insert into identifier (workspace, type, scope, value_hash, record, import_number)
         select :workspace, type, scope, value_hash, record, :import from named),
       kept as (insert into named_record select record, value_hash from named),
       waiting as (
         insert into identity_waiting (workspace, record) select distinct :workspace, record from named
         on conflict do nothing)
       select count(*) from named"""

_NAME_OLD = sa.text(
    f"""with named as (
         update record r set anonymous = false from told_recipient t
         where r.workspace = :workspace and r.key_hash = t.key_hash and r.follows and {_UNNAMED}
               and exists (select 1 from identifier i where i.workspace = :workspace and i.type = t.type
                           and i.scope = t.scope and i.value_hash = t.key_hash)
         returning r.record, t.type, t.scope, t.key_hash as value_hash),
       {_GIVE}"""
)

_NAME_NEW = f"""with named as (
         update record r set anonymous = false
         from (select distinct type, scope, value_hash from {{new}} g) n
         where r.workspace = :workspace and r.key_hash = n.value_hash and r.follows and {_UNNAMED}
         returning r.record, n.type, n.scope, n.value_hash),
       {_GIVE}"""
