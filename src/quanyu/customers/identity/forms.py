"""Brings values that point at persons into the form in which they are hashed, or says why they have none."""

from collections.abc import Generator
from contextlib import contextmanager

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from quanyu.customers.identity.identifiers import NOT_A_NUMBER, ODD, bare_of, form_of, scope_of, type_of
from quanyu.customers.identity.phones import calling_code, decide, home_of
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.model import Value


@contextmanager
def formed(delivery: Delivery, given: ir.Table) -> Generator[ir.Table]:
    """Show each value of `given` (record, type, scope, value as written) in its form, or NULL with the reason.

    Where `given` has a day `seen`, the latest one of each value stands beside it.
    """
    lake, home = delivery.workspace.lake, home_of(delivery.workspace.currency)
    type_ = type_of(given["type"])
    scope = scope_of(type_, given.scope, delivery.source)
    # What is distinct is worked out once; the form asks for it many times.
    written = {"type": type_, "scope": scope, "value": bare_of(given.value)}
    bare: Value = (
        given.select("record", "seen", **written).group_by("record", *written).agg(seen=_.seen.max())
        if "seen" in given.columns
        else given.select("record", **written).distinct()
    )
    form = form_of(bare["type"], bare.value, calling_code(home))
    with lake.held(bare.mutate(value=form.value, reason=form.reason)) as told:
        odd = lake.to_arrow(told.filter(told.reason == ODD).select("value").distinct())["value"].to_pylist()
        if odd:
            with lake.held(_decided(told, decide(odd, home))) as decided:
                yield decided
        else:
            yield told


def _decided(told: ir.Table, numbers: pa.Table) -> ir.Table:
    """Put in the place of odd phones their numbers."""
    beside = told.left_join(ibis.memtable(numbers), [("value", "odd")])
    is_odd = beside.reason == ODD
    wrong = ibis.ifelse(beside.number.isnull(), ibis.literal(NOT_A_NUMBER), ibis.null("string"))
    seen = [name for name in ("seen",) if name in told.columns]
    return beside.select(
        "record",
        *seen,
        "type",
        "scope",
        value=ibis.ifelse(is_odd, beside.number, beside.value),
        reason=ibis.ifelse(is_odd, wrong, beside.reason),
    )
