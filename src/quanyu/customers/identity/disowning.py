"""Lands identifiers that are the company's own, of its staff and stores: they join no customers, whoever has them."""

import ibis
import sqlalchemy as sa

from quanyu.customers.identity.forms import formed
from quanyu.customers.identity.keeping import keep_faults
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.policy import MOST
from quanyu.customers.identity.tables import IDENTIFIER_FAULTS, RECORDS_PRIVATE
from quanyu.foundation.database.copying import copy_in
from quanyu.foundation.kinds import Accepted, Delivery, Input, Kind
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.text import Text


def land_own_identifiers(delivery: Delivery) -> Accepted:
    """Keep the keyed hashes of the company's own identifiers; whoever was joined by one is looked at again.

    The values themselves are kept nowhere. What people decide about a value stands above it.
    """
    lake, rows = delivery.workspace.lake, delivery.rows
    given = rows.filter(rows["value"].notnull()).select("type", "scope", "value", record=ibis.literal(0, "int64"))
    with formed(delivery, given) as told:
        keep_faults(delivery, told)
        good = told.filter(told.value.notnull())
        hashed = keyed_hash(delivery.workspace.key.hash_secret, good["type"], good["scope"], good["value"])
        values = lake.to_arrow(good.select("type", "scope", value_hash=hashed).distinct())
    connection = delivery.connection
    lock_people(delivery.workspace, connection)
    connection.execute(_TOLD)
    copy_in(connection, "told_own", values)
    about = {"workspace": delivery.workspace.number, "import": delivery.import_number, "most": MOST}
    new = connection.execute(_DISOWN, about).scalar_one()
    connection.execute(sa.text("drop table told_own"))
    return Accepted(new, lake.count(rows) - new)


_TOLD = sa.text("create temporary table told_own (type text, scope text, value_hash uuid) on commit drop")
# A value that more have than anybody may joins nobody as it is.
_HOLDERS = """insert into identity_waiting (workspace, record)
              select distinct cast(:workspace as integer), h.record from {values} v
              cross join lateral (
                select i.record, count(*) over () as times
                from (select record from identifier i where i.workspace = :workspace and i.type = v.type
                      and i.scope = v.scope and i.value_hash = v.value_hash limit :most + 1) i) h
              where h.times <= :most
              on conflict do nothing"""
_DISOWN = sa.text(
    f"""with new as (
          insert into own_identifier (workspace, type, scope, value_hash, import_number)
          select :workspace, type, scope, value_hash, :import from told_own
          on conflict do nothing returning type, scope, value_hash),
        waiting as ({_HOLDERS.format(values="new")})
        select count(*) from new"""
)
DISOWN_NO_MORE = sa.text(
    f"""with gone as (
          delete from own_identifier where workspace = :workspace and import_number = any(:imports)
          returning type, scope, value_hash)
        {_HOLDERS.format(values="gone")}"""
)
"""Takes back what imports have said to be the company's own."""

OWN_IDENTIFIER = Kind(
    name="own_identifier",
    title=Text("The company's own identifier", "企业自有标识"),
    inputs=(
        Input("type", "text", Text("Type of identifier", "标识类型"), required=True, example="phone"),
        Input(
            "scope", "text", Text("Within what it is unique; else the source", "唯一范围，默认为来源"), example="heyuan"
        ),
        Input("value", "text", Text("Value; kept as a keyed hash", "标识值（仅存加密摘要）"), example="13800138000"),
    ),
    key=("type", "value"),
    tables=(RECORDS_PRIVATE, IDENTIFIER_FAULTS),
    land=land_own_identifiers,
)
