"""Lets values of the last run stand where nothing that they follow from has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from quanyu.foundation.lake.model import Value
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.tags.changing import Part

_LAST, _ANEW = "_last_", "_anew_"


@dataclass(frozen=True)
class Carried:
    """The last run's values of some customers, and of whom which tags are taken anew.

    `last` has a row for each customer, NULL throughout of who was not there: column customer and `_last_<tag>` for each
    of `names`, the tags that are carried. `marks` has column customer and one for each of `parts`, in their order:
    whether its tags are taken anew of this customer.
    """

    last: ir.Table
    names: tuple[str, ...]
    marks: pa.Table
    parts: tuple[Part, ...]

    @property
    def customers(self) -> OrdinalSet:
        """Everybody of whom anything is taken anew."""
        return OrdinalSet.of(self.marks["customer"].to_numpy())

    @property
    def anew(self) -> frozenset[str]:
        """The tags that are taken anew of anybody."""
        return frozenset(name for part in self.parts for name in part.names)

    def beside(self, taken: pa.Table) -> ir.Table:
        """Put the marks beside what was taken of `customers`, in their order."""
        both = {name: told[name] for told in (self.marks, taken) for name in told.column_names}
        return ibis.memtable(pa.table(both))

    def over(self, rows: Value) -> ir.Table:
        """Put the value that stands of each carried tag in its place, beside what was taken anew."""
        marks = {name: f"{_ANEW}{n}" for n, part in enumerate(self.parts) for name in part.names}
        chosen: dict[str, Value] = {}
        for name in self.names:
            last = rows[f"{_LAST}{name}"]
            anew = ops.Cast(rows[name], to=last.type()).to_expr() if name in marks else None
            chosen[name] = last if anew is None else ibis.ifelse(rows[marks[name]].fill_null(False), anew, last)
        return rows.mutate(**chosen)


def carry(
    last: Value, parts: Sequence[Part], standing: Sequence[str], customers: OrdinalSet, come: OrdinalSet
) -> Carried:
    """Return what stands for these customers; `standing` are tags that stand for everybody, `come` were not there.

    What is taken anew of all of them is not carried: the last run's values are not even read, and one part holds it.
    """
    of_some = [part for part in parts if customers - part.customers]
    of_all = tuple(name for part in parts if not customers - part.customers for name in part.names)
    names = [*(name for part in of_some for name in part.names), *standing]
    anew = tuple(part for part in of_some if part.customers & customers)
    anew = (Part(of_all, customers), *anew) if of_all else anew
    kept = last.semi_join(table_of(customers - come), "customer")
    there = kept.select("customer", **{f"{_LAST}{name}": kept[name] for name in names})
    nothing = {name: ibis.null(type_) for name, type_ in there.schema().items() if name != "customer"}
    new = table_of(customers & come).mutate(**nothing).select(*there.columns)
    rows = there.union(new) if come & customers else there
    return Carried(rows, tuple(names), marks_of(anew, customers), anew)


def table_of(customers: OrdinalSet) -> ir.Table:
    return ibis.memtable(pa.table({"customer": pa.array(customers.ordinals(), pa.int64())}))


def marks_of(parts: tuple[Part, ...], customers: OrdinalSet) -> pa.Table:
    """Return one row for each of these customers of whom anything is taken anew."""
    whole = OrdinalSet.empty()
    for part in parts:
        whole = whole | (part.customers & customers)
    ordinals = whole.ordinals()
    columns: Mapping[str, pa.Array] = {
        f"{_ANEW}{n}": pa.array(np.isin(ordinals, part.customers.ordinals())) for n, part in enumerate(parts)
    }
    return pa.table({"customer": pa.array(ordinals, pa.int64()), **columns})
