"""Works out from the database what lights are measured from: addresses without values, legal bases, refusals.

All of it is derived and written anew when what it was read from has changed: identifiers, mappings, responses.
"""

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from ibis import _
from sqlalchemy.dialects.postgresql import insert

from quanyu.customers.consent.addresses import channels_of
from quanyu.customers.consent.bases import declared
from quanyu.customers.consent.model import REFUSALS, Basis
from quanyu.customers.consent.refusing import forget_refusals, landed_refusals
from quanyu.customers.consent.tables import ADDRESSES, LEGAL_BASES, REFUSED, consent_run
from quanyu.customers.identity.tables import RECORDS_PRIVATE
from quanyu.customers.messages.tables import RESPONSES
from quanyu.foundation import failpoints
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("consent.landed",)
_READ = (RECORDS_PRIVATE, RESPONSES)
_HASHED = ["recipient_type", "recipient_scope", "recipient_hash"]
_TOLD = ["channel", "event", "day"]


def project(ws: Workspace) -> bool:
    """Bring the tables of consent up to date; say whether anything was written.

    Identifiers are sealed in the transaction that adds or removes them, so that the version of the sealed table says
    whether there are others. It is read before they are: what comes in between is read again by the next run.
    """
    with ws.locked("consent"):
        with ws.begin() as connection:
            waiting = landed_refusals(ws, connection)
        bases, vector = declared(ws), ws.lake.vector(_READ)
        said = {"addresses": _addresses_said(bases, vector), "refusals": _written(vector)}
        last = _last_run(ws)
        if said == last or (last is None and not vector and not _rows_of(bases)):
            with ws.begin() as connection:
                forget_refusals(ws, connection, waiting)
            return False
        with ws.heavy(), ws.lake.landing("consent", (ADDRESSES, LEGAL_BASES, REFUSED)) as landing:
            if last is None or said["addresses"] != last["addresses"]:
                landing.replace_sorted(ADDRESSES, _addresses(ws, bases))
                landing.replace(LEGAL_BASES, pa.Table.from_pylist(_rows_of(bases), LEGAL_BASES.schema))
            _land_refused(ws, landing, vector)
            failpoints.reach("consent.landed")
            with ws.begin() as connection:
                row = insert(consent_run).values(workspace=ws.number, **said)
                connection.execute(row.on_conflict_do_update(index_elements=["workspace"], set_=said))
                forget_refusals(ws, connection, waiting)
                landing.publish(connection)
    return True


def _addresses_said(bases: Sequence[Basis], vector: Vector) -> dict[str, object]:
    own = {name: pinned for name, pinned in vector.items() if name == RECORDS_PRIVATE.name}
    told = [[b.source, list(b.purposes), list(b.channels)] for b in bases if b.channels]
    return {"bases": told, "vector": _written(own)}


def _written(vector: Vector) -> dict[str, object]:
    return {name: [pinned.version, pinned.superseded] for name, pinned in sorted(vector.items())}


def _last_run(ws: Workspace) -> Mapping[str, object] | None:
    query = sa.select(consent_run.c.addresses, consent_run.c.refusals).where(consent_run.c.workspace == ws.number)
    with ws.begin() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def _rows_of(bases: Sequence[Basis]) -> list[dict[str, str]]:
    told = {(b.source, purpose, channel) for b in bases for purpose in b.purposes for channel in b.channels}
    return [dict(zip(LEGAL_BASES.schema.names, row, strict=True)) for row in sorted(told)]


def _addresses(ws: Workspace, bases: Sequence[Basis]) -> ir.Table:
    """Return the rows of `addresses`: of each record every channel once."""
    basis_of = {basis.source: basis for basis in bases}
    with ws.begin() as connection:
        forms = connection.execute(_FORMS, {"workspace": ws.number}).all()
        told = [
            {"form": number, "source": form.source, "channel": channel}
            for number, form in enumerate(forms)
            for channel in channels_of(form.type, form.scope, basis_of.get(form.source))
        ]
        connection.execute(_FORM_TABLE)
        numbers = {"form": pa.array(np.arange(len(forms)), pa.int64())}
        texts = {name: pa.array([getattr(f, name) for f in forms], pa.string()) for name in ("source", "type", "scope")}
        copy_in(connection, "address_form", pa.table({**numbers, **texts}))
        rows = read_columns(connection, _ADDRESSES.format(workspace=ws.number), {"record": "bigint", "form": "bigint"})
    schema = pa.schema([("form", pa.int64()), ("source", pa.string()), ("channel", pa.string())])
    known = ibis.memtable(pa.Table.from_pylist(told, schema))
    return ibis.memtable(rows).inner_join(known, "form").select(*ADDRESSES.schema.names).distinct()


def _land_refused(ws: Workspace, landing: Landing, vector: Vector) -> None:
    rows = ws.lake.table(RESPONSES, vector).filter(_.event.isin(list(REFUSALS)))
    said: Value = rows.mutate(day=_.business_date)
    named = said.filter(_.record.notnull()).select("record", *_TOLD)
    addressed = said.filter(_.recipient_hash.notnull())
    hashes = ws.lake.to_arrow(addressed.select(*_HASHED).distinct())
    found = ibis.memtable(_records_at(ws, hashes)).rename(which="number")
    numbered = ibis.memtable(hashes.append_column("which", pa.array(np.arange(hashes.num_rows), pa.int64())))
    by_address = addressed.drop("record").inner_join(numbered, _HASHED).inner_join(found, "which")
    every = ibis.union(named, by_address.select("record", *_TOLD))
    landing.replace_sorted(REFUSED, every.distinct().select(*REFUSED.schema.names))


def _records_at(ws: Workspace, hashes: pa.Table) -> pa.Table:
    """Return the records whose identifiers these hashes are: columns number (of the hash) and record."""
    with ws.begin() as connection:
        connection.execute(_REFUSED_TABLE)
        numbers = pa.array(np.arange(hashes.num_rows), pa.int64())
        copy_in(connection, "refused_address", hashes.append_column("number", numbers))
        query = _AT_ADDRESSES.format(workspace=ws.number)
        return read_columns(connection, query, {"number": "bigint", "record": "bigint"})


_FORMS = sa.text(
    """select distinct r.source, i.type, i.scope from identifier i
       join record r on r.workspace = i.workspace and r.record = i.record
       where i.workspace = :workspace order by r.source, i.type, i.scope"""
)

_FORM_TABLE = sa.text(
    "create temporary table address_form (form bigint, source text, type text, scope text) on commit drop"
)

_ADDRESSES = """select distinct i.record, f.form from identifier i
                join record r on r.workspace = {workspace} and r.record = i.record
                join address_form f on f.source = r.source and f.type = i.type and f.scope = i.scope
                where i.workspace = {workspace} order by i.record, f.form"""

_REFUSED_TABLE = sa.text(
    """create temporary table refused_address
       (number bigint, recipient_type text, recipient_scope text, recipient_hash uuid) on commit drop"""
)

_AT_ADDRESSES = """select a.number, i.record from refused_address a
                   join identifier i on i.workspace = {workspace} and i.type = a.recipient_type
                        and i.scope = a.recipient_scope and i.value_hash = a.recipient_hash"""
