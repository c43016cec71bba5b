"""Keeps at hand what tells persons apart who share an identifier: how their names are read, birthdays, gender."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import sqlalchemy as sa

from quanyu.customers.identity.tables import RECEIVERS, RECORDS
from quanyu.foundation.database.copying import copy_in
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.model import LakeTable, Value, Vector
from quanyu.foundation.lake.store import Lake, latest
from quanyu.foundation.workspace import Workspace

PARCELS = 2
"""Parcels that have to go to one name, and none to another, before their buyer is taken to bear it."""
_WORDS = ("family", "name", "born", "gender")
_KEYS = {table.name: list(table.versioned_by or ()) for table in (RECORDS, RECEIVERS)}
_VERSION = ("record", "family_key", "name_key", "observed_at", "import_number")
_TELLING = {RECORDS.name: ("birthday", "gender", "name_gender"), RECEIVERS.name: ("source", "order_number", "aside")}
_GENDERS = {"f": 1, "m": 2}


def keep_evidence(delivery: Delivery) -> None:
    """Take over what records say since this delivery; known ones about which that is news are looked at again."""
    lake, landing = delivery.workspace.lake, delivery.landing
    parcels = RECEIVERS.name in landing.vector or lake.count(landing.written(RECEIVERS)) > 0
    read = (RECORDS, RECEIVERS) if parcels else (RECORDS,)
    touched = [landing.written(table).select("record") for table in read]
    with lake.held(ibis.union(*touched, distinct=True) if parcels else touched[0]) as records:
        told = [latest(_versions(delivery, table).semi_join(records, "record"), _KEYS[table.name]) for table in read]
        now = records.left_join(evidence_of(*told), "record").drop("record_right") if parcels else evidence_of(*told)
        take_over(delivery.workspace, delivery.connection, now)


def renew_evidence(delivery: Delivery, gone: Sequence[int]) -> None:
    """Take over what all records say without the imports that have been taken back."""
    lake, vector = delivery.workspace.lake, delivery.landing.vector
    if RECORDS.name in vector or RECEIVERS.name in vector:
        versions = [(table, _without(lake.all_versions(table, vector), gone)) for table in (RECORDS, RECEIVERS)]
        now = evidence_of(*(latest(rows, _KEYS[table.name]) for table, rows in versions))
        take_over(delivery.workspace, delivery.connection, now, whole=True)


def _without(versions: Value, gone: Sequence[int]) -> ir.Table:
    return versions.filter(versions.import_number.notin(list(gone)))


def _versions(delivery: Delivery, table: LakeTable) -> ir.Table:
    """Return what was there before this delivery, and what it has written."""
    before = delivery.workspace.lake.all_versions(table, delivery.landing.vector)
    columns = [*_TELLING[table.name], *_VERSION]
    return before.select(columns).union(delivery.landing.written(table).select(columns))


def evidence_of(told: Value, parcels: ir.Table | None = None) -> ir.Table:
    """Return record, family, name, born and gender as in `Known`, NULL where nothing, of rows of `RECORDS` and parcels.

    One row a record, of those that either tells of. Who tells no name bears the one to which all parcels of his go that
    count, if there are `PARCELS` of them.
    """
    birthday: Value = told.birthday
    gender: Value = told.gender.coalesce(told.name_gender)  # what the source says stands above whose name it seems
    said = told.select(
        "record",
        family=told.family_key,
        name=told.name_key,
        born=birthday.replace("-", "").cast("int16"),
        gender=ibis.cases(*[(gender == word, code) for word, code in _GENDERS.items()], else_=None).cast("int16"),
    )
    if parcels is None:
        return said
    named = _named_by_parcels(parcels)
    beside: Value = said.outer_join(named, [("record", "whose")])
    fits = beside.name.isnull() & (beside.family.isnull() | (beside.family == beside.of_family))
    return beside.select(
        record=beside.record.coalesce(beside.whose),
        family=ibis.ifelse(fits, beside.of_family.coalesce(beside.family), beside.family),
        name=ibis.ifelse(fits, beside.of_name, beside.name),
        born=beside.born,
        gender=beside.gender,
    )


def _named_by_parcels(parcels: ir.Table) -> ir.Table:
    counted: Value = parcels.filter(parcels.aside.isnull(), parcels.name_key.notnull())
    each = counted.group_by(whose="record").agg(
        of_family=counted.family_key.min(),
        of_name=counted.name_key.min(),
        names=counted.name_key.nunique(),
        times=counted.count(),
    )
    return each.filter(each.names == 1, each.times >= PARCELS).select("whose", "of_family", "of_name")


def evidence_in(lake: Lake, vector: Vector) -> ir.Table:
    """Return the same of all records, as this vector has them."""
    parcels = lake.table(RECEIVERS, vector) if RECEIVERS.name in vector else None
    return evidence_of(lake.table(RECORDS, vector), parcels)


def take_over(workspace: Workspace, connection: sa.Connection, now: ir.Table, *, whole: bool = False) -> None:
    """Let the database say what these records do now (`evidence_of`); known records to which that is news wait.

    With `whole` these are all records that there are, and what they do not say is taken away.
    """
    about = {"workspace": workspace.number}
    connection.execute(_TOLD)
    copy_in(connection, "told_evidence", workspace.lake.to_arrow(now.select("record", *_WORDS)))
    connection.execute(_WAIT, about)
    connection.execute(_CLEAR if whole else _UNSAY, about)
    connection.execute(_PUT, about)
    connection.execute(sa.text("drop table told_evidence"))


_TOLD = sa.text(
    """create temporary table told_evidence
       (record bigint, family bigint, name bigint, born smallint, gender smallint) on commit drop"""
)
_SAID = "coalesce(t.family, t.name, t.born, t.gender) is not null"
_OTHER = "(t.family, t.name, t.born, t.gender) is distinct from (e.family, e.name, e.born, e.gender)"
_WAIT = sa.text(
    f"""insert into identity_waiting (workspace, record)
        select :workspace, t.record from told_evidence t
        join record_customer c on c.workspace = :workspace and c.record = t.record
        left join record_evidence e on e.workspace = :workspace and e.record = t.record
        where {_OTHER} on conflict do nothing"""
)
_CLEAR = sa.text(
    f"""with cleared as (
          delete from record_evidence e where e.workspace = :workspace
          and not exists (select 1 from told_evidence t where t.record = e.record and {_SAID}) returning e.record)
        insert into identity_waiting (workspace, record) select :workspace, record from cleared
        on conflict do nothing"""
)
# A name that parcels told is none any more when one of them goes to somebody else.
_UNSAY = sa.text(
    f"""delete from record_evidence e using told_evidence t
        where e.workspace = :workspace and e.record = t.record and not ({_SAID})"""
)
_PUT = sa.text(
    f"""insert into record_evidence as e (workspace, record, family, name, born, gender)
        select :workspace, t.record, t.family, t.name, t.born, t.gender from told_evidence t where {_SAID}
        on conflict (workspace, record) do update
        set family = excluded.family, name = excluded.name, born = excluded.born, gender = excluded.gender
        where (excluded.family, excluded.name, excluded.born, excluded.gender)
              is distinct from (e.family, e.name, e.born, e.gender)"""
)
