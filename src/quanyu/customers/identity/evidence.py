"""Keeps at hand what tells persons apart who share an identifier: how their names are read, birthdays, gender."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import sqlalchemy as sa

from quanyu.customers.identity.tables import RECORDS
from quanyu.foundation.database.copying import copy_in
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.model import Value
from quanyu.foundation.lake.store import latest
from quanyu.foundation.workspace import Workspace

_WORDS = ("family", "name", "born", "gender")
_GENDERS = {"f": 1, "m": 2}


def keep_evidence(delivery: Delivery) -> None:
    """Take over what records say since this delivery; known ones about which that is news are looked at again."""
    lake, landing = delivery.workspace.lake, delivery.landing
    told = told_in(landing.written(RECORDS))
    if RECORDS.name in landing.vector:
        told = told_in(lake.all_versions(RECORDS, landing.vector).semi_join(told, "record")).union(told)
    take_over(delivery.workspace, delivery.connection, told, whole=False)


def renew_evidence(delivery: Delivery, gone: Sequence[int]) -> None:
    """Take over what all records say without the imports that have been taken back."""
    if RECORDS.name in delivery.landing.vector:
        versions = delivery.workspace.lake.all_versions(RECORDS, delivery.landing.vector)
        number: Value = versions.import_number
        left = told_in(versions.filter(number.notin(list(gone))))
        take_over(delivery.workspace, delivery.connection, left, whole=True)


def told_in(versions: ir.Table) -> ir.Table:
    """Return what versions in `RECORDS` say: family, name, born and gender as in `Known`, NULL where nothing."""
    birthday: Value = versions.birthday
    gender: Value = versions.gender
    return versions.select(
        "record",
        "observed_at",
        "import_number",
        family=versions.family_key,
        name=versions.name_key,
        born=birthday.replace("-", "").cast("int16"),
        gender=ibis.cases(*[(gender == word, code) for word, code in _GENDERS.items()], else_=None).cast("int16"),
    )


def take_over(workspace: Workspace, connection: sa.Connection, told: ir.Table, *, whole: bool) -> None:
    """Let the database say what the last of these versions (`told_in`) do; known records to which that is news wait.

    With `whole` these are all versions that there are, and what they do not say is taken away.
    """
    about = {"workspace": workspace.number}
    now = latest(told, ["record"]).select("record", *_WORDS)
    connection.execute(_TOLD)
    copy_in(connection, "told_evidence", workspace.lake.to_arrow(now))
    connection.execute(_WAIT, about)
    if whole:
        connection.execute(_CLEAR, about)
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
_PUT = sa.text(
    f"""insert into record_evidence as e (workspace, record, family, name, born, gender)
        select :workspace, t.record, t.family, t.name, t.born, t.gender from told_evidence t where {_SAID}
        on conflict (workspace, record) do update
        set family = excluded.family, name = excluded.name, born = excluded.born, gender = excluded.gender
        where (excluded.family, excluded.name, excluded.born, excluded.gender)
              is distinct from (e.family, e.name, e.born, e.gender)"""
)
