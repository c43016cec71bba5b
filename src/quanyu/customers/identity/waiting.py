"""What recognition has to look at: records without a customer, and identifiers that came later for the others."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from quanyu.foundation.database.copying import read_columns
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Waiting:
    """Records to look at (record, customer or -1) and links to their identifiers (identifier from 0, record).

    These are the records without a customer, those that were given an identifier since, and those that share an
    identifier of the former or a new one of the latter.
    """

    records: pa.Table
    links: pa.Table


def look(workspace: Workspace, connection: sa.Connection) -> Waiting | None:
    """Return what waits, and note that it has been looked at; None where nothing does.

    The caller holds the lock of the workspace's people, which every import holds that gives identifiers.
    """
    mine = {"workspace": workspace.number}
    found = connection.execute(_FOUND, mine).one()
    if not (found.opened or found.imports):
        return None
    connection.execute(_LOOKED_AT, mine)
    return _read(workspace, connection, found.imports)


def _read(workspace: Workspace, connection: sa.Connection, imports: Sequence[int]) -> Waiting:
    number = workspace.number
    connection.execute(_NEW_RECORDS, {"workspace": number})
    connection.execute(_SOUGHT, {"workspace": number})
    if imports:  # no index finds the identifiers of an import, so that this reads all of them
        connection.execute(_SOUGHT_TOO, {"workspace": number, "imports": list(imports)})
    connection.execute(sa.text("analyze sought"))
    connection.execute(_TOUCHED, {"workspace": number})
    records = read_columns(
        connection,
        f"""select r.record, coalesce(c.customer, -1) as customer
            from (select record from new_record union select record from touched) r
            left join record_customer c on c.workspace = {number} and c.record = r.record order by r.record""",
        {"record": "bigint", "customer": "bigint"},
    )
    links = read_columns(
        connection,
        "select dense_rank() over (order by value_hash) - 1 as identifier, record from touched",
        {"identifier": "bigint", "record": "bigint"},
    )
    return Waiting(records, links)


_FOUND = sa.text(
    """select (select count(*) from record where workspace = :workspace and not anonymous)
              > (select count(*) from record_customer where workspace = :workspace) as opened,
              unrecognised_imports as imports
       from population where workspace = :workspace"""
)
_LOOKED_AT = sa.text("update population set unrecognised_imports = '{}' where workspace = :workspace")
_NEW_RECORDS = sa.text(
    """create temporary table new_record on commit drop as
       select r.record from record r left join record_customer c
       on c.workspace = :workspace and c.record = r.record
       where r.workspace = :workspace and not r.anonymous and c.record is null"""
)
_SOUGHT = sa.text(
    """create temporary table sought on commit drop as
       select i.type, i.scope, i.value_hash from identifier i join new_record n
       on i.workspace = :workspace and i.record = n.record"""
)
_SOUGHT_TOO = sa.text(
    """insert into sought select type, scope, value_hash from identifier
       where workspace = :workspace and import_number = any(:imports)"""
)
_TOUCHED = sa.text(
    """create temporary table touched on commit drop as
       select i.type, i.scope, i.value_hash, i.record from identifier i
       where i.workspace = :workspace
             and (i.type, i.scope, i.value_hash) in (select type, scope, value_hash from sought)"""
)
