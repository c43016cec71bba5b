"""Finds customers by what somebody knows of them: a phone or its end, a card, a name; what was asked is kept nowhere.

What is asked travels in tables of the engine, never in the text of a query, and comes back in no error.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlalchemy as sa
from ibis import _

from quanyu.customers.identity.identifiers import EMAIL, ODD, PHONE, bare_of, form_of
from quanyu.customers.identity.names import key_of_name
from quanyu.customers.identity.phones import calling_code, decide, home_of
from quanyu.customers.identity.roll import kinds_of
from quanyu.customers.identity.tables import GIVEN_IDENTIFIERS, RECORDS, record
from quanyu.customers.identity.tails import hashed_tails
from quanyu.foundation.database.copying import copy_in
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace

MOST = 5_000
"""Records that are looked at of what one text finds; more share a text that tells nobody apart."""
_KEY = "record"  # how the key of a record is hashed, in the place of an identifier's type


def by_value(workspace: Workspace, text: str, types: Sequence[str] | None = None) -> list[int]:
    """Return the customers (ordinals) who have this identifier, of these types or any, or a record of this key."""
    with workspace.begin() as connection:
        places = [*kinds_of(workspace, connection), *_keys(workspace, connection)]
    asked = [place for place in places if types is None or place[0] in types]
    if not asked:
        return []
    with workspace.begin() as connection:
        connection.execute(_WANTED)
        copy_in(connection, "wanted_value", _hashes(workspace, text, asked))
        return list(connection.execute(_BY_VALUE, {"workspace": workspace.number, "most": MOST}).scalars())


def by_card(workspace: Workspace, text: str) -> list[int]:
    """Return the customers with this card, account or key: with any identifier but a phone or an address."""
    with workspace.begin() as connection:
        types = {type_ for type_, _ in kinds_of(workspace, connection)} - {PHONE, EMAIL}
    return by_value(workspace, text, [*types, _KEY])


def by_tail(workspace: Workspace, digits: str) -> list[int]:
    """Return the customers with a phone that ends in these four digits."""
    lake, vector = workspace.lake, workspace.lake.vector((GIVEN_IDENTIFIERS,))

    def ending_so(tails: list[Value]) -> ir.Table:
        given: Value = lake.table(GIVEN_IDENTIFIERS, vector)
        return given.filter(given.tail.isin(tails)).select("record").distinct().limit(MOST)

    tails = hashed_tails(workspace, pa.array([digits])).to_pylist()
    return customers_of(workspace, lake.answer("tails", vector, tails, ending_so)["record"].to_pylist())


def by_name(workspace: Workspace, name: str) -> list[int]:
    """Return the customers with a record that bears this name or one that is read alike; a surname alone finds none."""
    key = key_of_name(workspace, name)
    if key is None:
        return []
    vector = workspace.lake.vector((RECORDS,))
    now = workspace.lake.picked(RECORDS, vector, lambda rows: rows.name_key == ibis.literal(key, "int64"))
    rows = now.select("record").limit(MOST)
    return customers_of(workspace, workspace.lake.to_arrow(rows)["record"].to_pylist())


def customers_of(workspace: Workspace, records: Sequence[int]) -> list[int]:
    """Return whose these records (ordinals) are."""
    with workspace.begin() as connection:
        given = {"workspace": workspace.number, "records": list(records)}
        return list(connection.execute(_OF_RECORDS, given).scalars())


def _keys(workspace: Workspace, connection: sa.Connection) -> list[tuple[str, str]]:
    """Return the sources whose records may be named by their key."""
    sources = sa.select(record.c.source).where(record.c.workspace == workspace.number).distinct()
    return [(_KEY, name) for name in sorted(connection.execute(sources).scalars())]


def _hashes(workspace: Workspace, text: str, places: Sequence[tuple[str, str]]) -> pa.Table:
    """Return type, scope and hash of the text in the form that each of these types has it in."""
    rows = [{"type": type_, "scope": scope, "value": text} for type_, scope in places]
    given: Value = ibis.memtable(pa.Table.from_pylist(rows))
    form = form_of(given["type"], bare_of(given["value"]), calling_code(home_of(workspace.currency)))
    told = workspace.lake.to_arrow(given.select("type", "scope", value=form.value, reason=form.reason)).to_pylist()
    odd = sorted({row["value"] for row in told if row["reason"] == ODD})
    numbers = dict(zip(odd, decide(odd, home_of(workspace.currency))["number"].to_pylist(), strict=True))
    for row in told:
        row["value"] = numbers[row["value"]] if row["reason"] == ODD else row["value"]
    schema = pa.schema([(name, pa.string()) for name in ("type", "scope", "value")])
    good: Value = ibis.memtable(pa.Table.from_pylist(told, schema)).filter(_.value.notnull())
    hashed = keyed_hash(workspace.key.hash_secret, good["type"], good["scope"], good["value"])
    return workspace.lake.to_arrow(good.select("type", "scope", value_hash=hashed))


_WANTED = sa.text("create temporary table wanted_value (type text, scope text, value_hash uuid) on commit drop")
_BY_VALUE = sa.text(
    f"""select distinct c.customer from (
          select i.record from wanted_value w join identifier i on i.workspace = :workspace
                 and i.type = w.type and i.scope = w.scope and i.value_hash = w.value_hash
          union all
          select r.record from wanted_value w join record r on r.workspace = :workspace and r.key_hash = w.value_hash
          where w.type = '{_KEY}' limit :most) found
        join record_customer c on c.workspace = :workspace and c.record = found.record
        order by c.customer"""
)
_OF_RECORDS = sa.text(
    """select distinct customer from record_customer
       where workspace = :workspace and record = any(:records) order by customer"""
)
