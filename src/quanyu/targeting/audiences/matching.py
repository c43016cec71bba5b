"""Finds the customers whom pasted values point at: values are normalised and hashed as identifiers are, in batches."""

from collections.abc import Iterable
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from quanyu.commerce.orders.tables import ORDERS
from quanyu.customers.identity.identifiers import (
    EMAIL,
    LONG,
    MOST,
    NOT_A_NUMBER,
    ODD,
    PHONE,
    Form,
    bare_of,
    email,
    key,
    phone,
)
from quanyu.customers.identity.phones import calling_code, decide, home_of
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.customers.ingest.tables import source as sources
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.lake.store import latest
from quanyu.foundation.workspace import Workspace

AUTO, CARD, ORDER, ONE_ID = "auto", "card", "order", "one_id"
KINDS = (AUTO, PHONE, EMAIL, CARD, ORDER, ONE_ID)
NOT_AN_ID = "no such id"
UNKNOWN, SEVERAL = -1, -2
"""In the place of a customer: nobody is known by the value, or more than one is."""

_RECORD = "record"  # how the key of a record is hashed, in the place of an identifier's type
_OTHER = "other"  # a value that only its owner can tell: a card or an order
_ID = "^cus_[0-9a-f]{32}$"
_NOBODY = np.iinfo(np.int64).max
_SCHEMA = pa.schema([("number", pa.int64()), ("low", pa.int64()), ("high", pa.int64())])

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Matches:
    """For each text: the number of its value (-1 where it is none), its customer, and why it is no value."""

    values: Numbers
    customers: Numbers  # or UNKNOWN, SEVERAL
    reasons: list[str | None]


def match(ws: Workspace, texts: pa.ChunkedArray, kind: str, source: str | None = None) -> Matches:
    """Return what each text points at. `kind` is one of KINDS; `source` narrows cards and orders to one source.

    With `auto`, ids, e-mail addresses and telephone numbers are told by how they are written; what nobody is known by
    as such is looked up as a card, then as an order.
    """
    formed = _formed(ws, texts, kind)
    named = pc.binary_join_element_wise(formed["type"], formed["value"], pa.scalar("\x1f"))  # type: ignore[attr-defined]
    encoded = named.combine_chunks().dictionary_encode()
    values = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    first = np.zeros(len(encoded.dictionary), np.int64)
    first[values[::-1][values[::-1] >= 0]] = np.flatnonzero(values >= 0)[::-1]
    distinct = formed.take(pa.array(first)).append_column("number", pa.array(np.arange(first.size)))
    owners = np.append(_owners(ws, distinct, kind, source), UNKNOWN)
    return Matches(values, owners[values], formed["reason"].to_pylist())


def _formed(ws: Workspace, texts: pa.ChunkedArray, kind: str) -> pa.Table:
    """Return bare, type, value and reason of each text, in order; of value and reason one is NULL."""
    lake = ws.lake
    given = ibis.memtable(pa.table({"position": np.arange(len(texts)), "text": texts.cast(pa.string())}))
    with lake.held(given.select("position", bare=bare_of(given.text))) as bare:
        type_, form = _form(kind, bare.bare, calling_code(home_of(ws.currency)))
        wanted = bare.select("position", "bare", type=type_, value=form.value, reason=form.reason)
        formed = lake.to_arrow(wanted.order_by("position")).drop_columns("position")
    return _decided(ws, formed) if kind == PHONE else formed


def _form(kind: str, bare: Value, code: int | None) -> tuple[Value, Form]:
    if kind != AUTO:
        forms = {PHONE: lambda: phone(bare, code), EMAIL: lambda: email(bare), ONE_ID: lambda: _one_id(bare)}
        form = forms.get(kind, lambda: key(bare))()
        return ibis.literal(_OTHER if kind in (CARD, ORDER) else kind), _short(bare, form)
    called, other = phone(bare, code), key(bare)
    of = {ONE_ID: _one_id(bare), EMAIL: email(bare), PHONE: called}
    told = ibis.cases(
        (bare.lower().re_search(_ID), ONE_ID),
        (bare.contains("@"), EMAIL),
        (called.value.notnull() & called.reason.isnull(), PHONE),
        else_=_OTHER,
    )
    value = ibis.cases(*[(told == name, form.value) for name, form in of.items()], else_=other.value)
    reason = ibis.cases(*[(told == name, form.reason) for name, form in of.items()], else_=other.reason)
    return told, _short(bare, Form(value, reason))


def _one_id(bare: Value) -> Form:
    good = bare.lower().re_search(_ID)
    nothing = ibis.null("string")
    return Form(ibis.ifelse(good, bare.lower(), nothing), ibis.ifelse(good, nothing, ibis.literal(NOT_AN_ID)))


def _short(bare: Value, form: Form) -> Form:
    long = bare.length() > MOST
    return Form(ibis.ifelse(long, ibis.null("string"), form.value), ibis.ifelse(long, ibis.literal(LONG), form.reason))


def _decided(ws: Workspace, formed: pa.Table) -> pa.Table:
    """Put in the place of phones that patterns do not decide their numbers."""
    odd = pc.equal(formed["reason"], ODD).fill_null(False)  # type: ignore[attr-defined]
    texts = formed["value"].filter(odd).unique()
    if not len(texts):
        return formed
    numbers = decide(texts.to_pylist(), home_of(ws.currency))["number"].combine_chunks()
    at = pc.index_in(formed["value"], value_set=texts)  # type: ignore[attr-defined]
    found = numbers.take(at.combine_chunks())
    wrong = pc.if_else(pc.is_null(found), NOT_A_NUMBER, pa.scalar(None, pa.string()))  # type: ignore[attr-defined]
    columns = {
        "value": pc.if_else(odd, found, formed["value"]),  # type: ignore[attr-defined]
        "reason": pc.if_else(odd, wrong, formed["reason"]),  # type: ignore[attr-defined]
    }
    return pa.table({"bare": formed["bare"], "type": formed["type"], **columns})


def _owners(ws: Workspace, distinct: pa.Table, kind: str, source: str | None) -> Numbers:
    """Return the customer of each distinct value: of every way to look it up, the first by which one is known."""
    owners = np.full(distinct.num_rows, UNKNOWN, np.int64)
    types = np.asarray(distinct["type"].to_pylist())

    def waiting(*of: str) -> pa.Table:
        return distinct.filter(pa.array((owners == UNKNOWN) & np.isin(types, of)))

    _keep(owners, _of_ids(ws, waiting(ONE_ID)))
    for told in (EMAIL, PHONE):
        _keep(owners, _of_hashes(ws, waiting(told), [pair for pair in _pairs(ws) if pair[0] == told]))
    if kind in (AUTO, CARD):
        _keep(owners, _of_hashes(ws, _bare(waiting(PHONE, _OTHER)), _cards(ws, source)))
    if kind in (AUTO, ORDER):
        _keep(owners, _of_orders(ws, _bare(waiting(PHONE, _OTHER)), source))
    if kind == AUTO:
        odd = _odd(ws, waiting(_OTHER))
        _keep(owners, _of_hashes(ws, odd, [pair for pair in _pairs(ws) if pair[0] == PHONE]))
    return owners


def _bare(rows: pa.Table) -> pa.Table:
    return pa.table({"number": rows["number"], "value": rows["bare"]})


def _odd(ws: Workspace, rows: pa.Table) -> pa.Table:
    """Return those that may be telephone numbers of another form, in that form; a number has no letters."""
    rows = rows.filter(pc.invert(pc.match_substring_regex(rows["bare"], r"\p{L}")))  # type: ignore[attr-defined]
    formed = _formed(ws, rows["bare"], PHONE).append_column("number", rows["number"])
    return formed.filter(formed["value"].is_valid())


def _keep(owners: Numbers, found: pa.Table) -> None:
    low, high = found["low"].to_numpy(), found["high"].to_numpy()
    owners[found["number"].to_numpy()] = np.where(low == high, low, SEVERAL)


def _pairs(ws: Workspace) -> list[tuple[str, str]]:
    """Return the types and scopes of which there are identifiers, by skipping from one to the next in their key."""
    with ws.begin() as connection:
        return [(row.type, row.scope) for row in connection.execute(_PAIRS, {"workspace": ws.number})]


def _cards(ws: Workspace, source: str | None) -> list[tuple[str, str]]:
    """Return what a card may be: any identifier but phone and address, and the key of a record in each source."""
    names = sa.select(sources.c.name).where(sources.c.workspace == ws.number).order_by(sources.c.name)
    with ws.begin() as connection:
        keys = [(_RECORD, name) for name in connection.execute(names).scalars()]
    others = [pair for pair in _pairs(ws) if pair[0] not in (PHONE, EMAIL)]
    return [pair for pair in (*others, *keys) if source in (None, pair[1])]


def _of_hashes(ws: Workspace, rows: pa.Table, pairs: Iterable[tuple[str, str]]) -> pa.Table:
    """Return the customers of these values (number, value) under each type and scope: number, low, high."""
    places = [{"type": type_, "scope": scope} for type_, scope in pairs]
    if not rows.num_rows or not places:
        return _SCHEMA.empty_table()
    under = ibis.memtable(pa.Table.from_pylist(places))
    wanted = ibis.memtable(rows.select(["number", "value"])).cross_join(under)
    hashed = keyed_hash(ws.key.hash_secret, wanted["type"], wanted["scope"], wanted["value"])
    hashes = ws.lake.to_arrow(wanted.select("number", "type", "scope", value_hash=hashed))
    with ws.begin() as connection:
        connection.execute(_WANTED)
        copy_in(connection, "wanted_value", hashes)
        connection.execute(sa.text("analyze wanted_value"))
        return _read(connection, _BY_HASH.format(workspace=ws.number))


def _of_ids(ws: Workspace, rows: pa.Table) -> pa.Table:
    """Return the customers with these ids; whoever was merged away is his survivor."""
    if not rows.num_rows:
        return _SCHEMA.empty_table()
    ids = pc.utf8_slice_codeunits(rows["value"], 4)  # type: ignore[attr-defined]
    with ws.begin() as connection:
        connection.execute(sa.text("create temporary table wanted_id (number bigint, one_id uuid) on commit drop"))
        copy_in(connection, "wanted_id", pa.table({"number": rows["number"], "one_id": ids}))
        return _read(connection, _BY_ID.format(workspace=ws.number))


def _of_orders(ws: Workspace, rows: pa.Table, source: str | None) -> pa.Table:
    """Return the buyers of the orders with these numbers, of the source that tells of them or of the platform."""
    vector = ws.lake.vector((ORDERS, CUSTOMER_OF_RECORD))
    if not rows.num_rows or len(vector) < 2:
        return _SCHEMA.empty_table()
    superseded = vector[ORDERS.name].superseded
    versions = (ws.lake.all_versions if superseded else ws.lake.table)(ORDERS, vector)
    if source is not None:
        versions = versions.filter(versions["source"] == source)
    with ws.lake.held(ibis.memtable(rows)) as wanted:
        # The orders are chosen before their versions are ranked: what the table holds of others streams past.
        named = versions.filter(
            versions.order_number.isin(wanted.value) | versions.platform_order_number.isin(wanted.value)
        )
        asked = versions.semi_join(named.select("source", "order_number").distinct(), ["source", "order_number"])
        orders = latest(asked, ORDERS.versioned_by or ()) if superseded else asked
        people = orders.inner_join(ws.lake.table(CUSTOMER_OF_RECORD, vector), "record")
        told = ibis.union(
            people.select("customer", value="order_number"), people.select("customer", value="platform_order_number")
        )
        found = told.inner_join(wanted, "value").group_by("number")
        return ws.lake.to_arrow(found.agg(low=told.customer.min(), high=told.customer.max()))


def _read(connection: sa.Connection, query: str) -> pa.Table:
    return read_columns(connection, query, dict.fromkeys(_SCHEMA.names, "bigint"))


_PAIRS = sa.text(
    """with recursive pair as (
         (select type, scope from identifier where workspace = :workspace order by type, scope limit 1)
         union all
         select n.type, n.scope from pair p cross join lateral
           (select i.type, i.scope from identifier i
            where i.workspace = :workspace and (i.type, i.scope) > (p.type, p.scope)
            order by i.type, i.scope limit 1) n)
       select type, scope from pair"""
)

_WANTED = sa.text(
    "create temporary table wanted_value (number bigint, type text, scope text, value_hash uuid) on commit drop"
)

_BY_HASH = """select number, min(customer) as low, max(customer) as high from (
                select w.number, c.customer from wanted_value w
                join identifier i on i.workspace = {workspace}
                     and i.type = w.type and i.scope = w.scope and i.value_hash = w.value_hash
                join shown_record_customer c on c.workspace = {workspace} and c.record = i.record
                union all
                select w.number, c.customer from wanted_value w
                join record r on r.workspace = {workspace} and r.key_hash = w.value_hash
                join shown_record_customer c on c.workspace = {workspace} and c.record = r.record
                where w.type = 'record') found group by number"""

_BY_ID = """with recursive line as (
              select w.number, c.customer, c.merged_into from wanted_id w
              join customer c on c.workspace = {workspace} and c.one_id = w.one_id
              union all
              select l.number, c.customer, c.merged_into from line l
              join customer c on c.workspace = {workspace} and c.customer = l.merged_into)
            select number, customer as low, customer as high from line where merged_into is null"""
