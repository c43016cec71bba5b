"""Puts the records of a truth beside those of the home: which can be graded, and why the others cannot."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from quanyu.customers.identity.evaluation.counting import Integers, codes_of
from quanyu.customers.identity.evaluation.model import SEVERAL, UNKNOWN, UNTOLD, Ungraded
from quanyu.customers.identity.evaluation.present import NOBODY, Present
from quanyu.customers.identity.records import device_key
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace

DEVICE = "device"
"""What a truth calls the source of devices, whichever source tells of them."""


@dataclass(frozen=True)
class Graded:
    """Records that can be graded: ordinal, person and customer, both numbered from 0, and number in the truth.

    A record without a customer is numbered as one of its own. `barred` are ordinals whose record is several persons'.
    """

    record: Integers
    person: Integers
    customer: Integers
    told: Integers
    alone: int
    barred: Integers
    ungraded: tuple[Ungraded, ...]


@contextmanager
def numbered(workspace: Workspace, people: ir.Table) -> Generator[ir.Table]:
    """Show each record of the truth once: `told` (numbered from 0), source, record, person, and how many `persons`."""
    each = people.group_by("source", "record").agg(person=_.person.min(), persons=_.person.nunique())
    with workspace.lake.held(each.mutate(told=ibis.row_number())) as rows:
        yield rows


def grade(workspace: Workspace, present: Present, told: ir.Table) -> Graded:
    """Find the records of the truth (see `numbered`) in the home."""
    lake = workspace.lake
    with lake.held(_found(workspace, present, told)) as found:
        rows = lake.to_arrow(found.filter(_.persons == 1).select("record", "person", "told").order_by("record"))
        barred = lake.to_arrow(found.filter(_.persons > 1).select("record"))["record"].to_numpy()
        lost = lake.to_arrow(
            told.anti_join(found, "told").group_by("source").agg(records=_.count()).order_by("source")
        ).to_pylist()
    record = rows["record"].to_numpy()
    customer = present.customer[record]
    single = np.where(customer == NOBODY, present.customer.max(initial=0) + 1 + record, customer)
    met = np.zeros(len(present.source), np.bool_)
    met[record] = met[barred] = True
    untold = _by_source(present, np.flatnonzero(~met & (present.source >= 0)))
    ungraded = (
        *(Ungraded(UNKNOWN, row["source"], row["records"]) for row in lost),
        *(Ungraded(SEVERAL, source, count) for source, count in _by_source(present, barred)),
        *(Ungraded(UNTOLD, source, count) for source, count in untold),
    )
    return Graded(
        record=record,
        person=_codes(rows["person"]),
        customer=codes_of(single),
        told=rows["told"].to_numpy(),
        alone=int((customer == NOBODY).sum()),
        barred=barred,
        ungraded=ungraded,
    )


def _codes(column: pa.ChunkedArray) -> Integers:
    return column.combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)


def _by_source(present: Present, records: Integers) -> list[tuple[str, int]]:
    counts = np.bincount(present.source[records], minlength=len(present.sources)).tolist()
    return [(source, count) for source, count in zip(present.sources, counts, strict=True) if count]


@ibis.udf.scalar.builtin(name="unhex", signature=(("string",), "binary"))
def _unhex(_text: str) -> bytes:  # pyright: ignore[reportReturnType]
    """Return the bytes that hexadecimal digits stand for."""
    ...


def _found(workspace: Workspace, present: Present, told: ir.Table) -> ir.Table:
    """Return the ordinal of each record of the truth that the home knows: record, person, told, persons.

    A device is a record of every source that tells of it.
    """
    sources = ibis.memtable(pa.table({"of": pa.array(present.devices, pa.string())}))
    devices = told.filter(told.source == DEVICE).cross_join(sources)
    columns = ("person", "told", "persons")
    wanted = ibis.union(
        told.filter(told.source != DEVICE).select("source", *columns, key=_.record),
        devices.select(*columns, source=_["of"], key=device_key(devices.record)).select("source", *columns, "key"),
    )
    source: Value = wanted.source
    hashed = keyed_hash(workspace.key.hash_secret, ibis.literal("record"), source, wanted["key"])
    keyed = wanted.select(*columns, key_hash=_unhex(hashed.replace("-", "")))
    return keyed.inner_join(ibis.memtable(present.known), "key_hash").select("record", *columns)
