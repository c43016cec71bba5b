"""Says what the sides of a person hold whose records are several customers'."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from quanyu.customers.identity.evaluation.counting import Integers, cells_of
from quanyu.customers.identity.evaluation.grading import Graded
from quanyu.customers.identity.evaluation.merges import name_of
from quanyu.customers.identity.evaluation.model import BARE, KEPT, NOTHING, OTHERS, FalseSplit, Kind, Named, Splits
from quanyu.customers.identity.evaluation.present import Present
from quanyu.foundation.lake.model import Value
from quanyu.foundation.lake.store import Lake

_BITS = 63  # of a whole number with a sign; kinds beyond, the rarest, share the last


@dataclass(frozen=True)
class _Sides:
    """The sides of all persons who have several: person, customer and records of each, and missed pairs a person."""

    person: Integers
    customer: Integers
    records: Integers
    missed: Integers  # by person


def false_splits(
    lake: Lake, present: Present, graded: Graded, links: ir.Table, labels: ir.Table, worst: int
) -> tuple[tuple[Splits, ...], tuple[FalseSplit, ...]]:
    """Return missed pairs by what their sides hold, and the worst persons."""
    sides = _sides(graded)
    parts = ibis.memtable(pa.table({"person": sides.person, "customer": sides.customer, "n": sides.records}))
    with (
        lake.held(links.inner_join(labels.semi_join(parts, ["person", "customer"]), "record")) as told,
        lake.held(_with_bits(parts, told, len(present.kinds))) as masked,
    ):
        apart = lake.to_arrow(_apart(masked))
        kept = lake.to_arrow(_kept(told, masked))
        return _by_reason(present, apart, kept), tuple(_worst(lake, present, graded, sides, masked, worst))


def _sides(graded: Graded) -> _Sides:
    person, customer, count = cells_of(graded.person, graded.customer)
    size = np.bincount(graded.person)
    met = np.zeros(len(size), np.int64)
    np.add.at(met, person, count * (count - 1) // 2)
    several = np.bincount(person, minlength=len(size))[person] > 1
    return _Sides(person[several], customer[several], count[several], size * (size - 1) // 2 - met)


def _with_bits(parts: ir.Table, told: ir.Table, kinds: int) -> ir.Table:
    """Put beside each side a number whose bits are the kinds of identifiers that it holds."""
    of = np.arange(kinds)
    bits = pa.table({"kind": of, "bit": np.int64(1) << np.minimum(of, _BITS - 1)})
    held = told.inner_join(ibis.memtable(bits), "kind").group_by("person", "customer").agg(mask=_.bit.bit_or())
    beside: Value = parts.left_join(held, ["person", "customer"])
    return beside.select("person", "customer", "n", mask=beside["mask"].fill_null(0).cast("int64"))


def _apart(masked: ir.Table) -> ir.Table:
    """Return one, other (bits of two sides of a person) and the missed pairs between all such sides.

    Sides of a person that hold the same are taken together first: however many there are, only what differs is joined.
    """
    alike = masked.group_by("person", "mask").agg(
        n=_.n.sum().cast("int64"), squares=(_.n * _.n).sum().cast("int64"), sides=_.count()
    )
    within = alike.filter(_.sides > 1).select(one="mask", other="mask", pairs=(_.n * _.n - _.squares) // 2)
    others = alike.view()
    across = alike.inner_join(others, [alike.person == others.person, alike["mask"] < others["mask"]]).select(
        one=alike["mask"], other=others["mask"], pairs=_product(alike.n, others.n)
    )
    both = ibis.union(within, across)
    return both.group_by("one", "other").agg(pairs=_.pairs.sum().cast("int64"))


def _product(one: Value, other: Value) -> Value:
    return one * other


def _kept(told: ir.Table, masked: ir.Table) -> ir.Table:
    """Return one, other, kind and pairs of the sides that share a value; the kind with the most identifiers speaks."""
    each = told.select("person", "kind", "value", "customer").distinct()
    wide = each.group_by("person", "value").agg(sides=_.count()).filter(_.sides > 1)
    some = each.semi_join(wide, ["person", "value"])
    more = some.view()
    pairs = some.inner_join(
        more, [some.person == more.person, some.value == more.value, some.customer < more.customer]
    ).select(person=some.person, customer=some.customer, partner=more.customer, kind=some["kind"])
    once = pairs.group_by("person", "customer", "partner").agg(kind=_["kind"].min())
    one = masked.select("person", "customer", n_one="n", one="mask")
    other = masked.select("person", partner="customer", n_other="n", other="mask")
    beside = once.inner_join(one, ["person", "customer"]).inner_join(other, ["person", "partner"])
    return beside.group_by("one", "other", "kind").agg(pairs=(_.n_one * _.n_other).sum().cast("int64"))


def _by_reason(present: Present, apart: pa.Table, kept: pa.Table) -> tuple[Splits, ...]:
    pairs: Counter[tuple[str, tuple[Kind, ...]]] = Counter()
    for row in apart.to_pylist():
        pairs[_reason(present, row["one"], row["other"])] += row["pairs"]
    for row in kept.to_pylist():
        pairs[_reason(present, row["one"], row["other"])] -= row["pairs"]
        pairs[KEPT, (present.kinds[row["kind"]],)] += row["pairs"]
    return tuple(Splits(why, kinds, count) for (why, kinds), count in pairs.most_common() if count)


def _reason(present: Present, one: int, other: int) -> tuple[str, tuple[Kind, ...]]:
    if common := _kinds(present, one & other):
        return OTHERS, common
    return (NOTHING if one and other else BARE), ()


def _kinds(present: Present, mask: int) -> tuple[Kind, ...]:
    return tuple(kind for i, kind in enumerate(present.kinds[: _BITS - 1]) if mask >> i & 1) + (
        (_RARE,) if mask >> (_BITS - 1) & 1 else ()
    )


_RARE = Kind("…", "")


def _worst(
    lake: Lake, present: Present, graded: Graded, sides: _Sides, masked: ir.Table, worst: int
) -> Sequence[FalseSplit]:
    order = np.lexsort((np.arange(len(sides.missed)), -sides.missed))[:worst]
    order = order[sides.missed[order] > 0]
    wanted = ibis.memtable(pa.table({"person": order}))
    rows = lake.to_arrow(masked.semi_join(wanted, "person").order_by("person", ibis.desc("n"), "customer")).to_pylist()
    found: list[FalseSplit] = []
    for person in order.tolist():
        own = [row for row in rows if row["person"] == person]
        first, second = (_first(present, graded, person, row["customer"]) for row in own[:2])
        held = (_kinds(present, own[0]["mask"]), _kinds(present, own[1]["mask"]))
        records = sum(row["n"] for row in own)
        found.append(FalseSplit(int(sides.missed[person]), records, len(own), (first, second), held))
    return found


def _first(present: Present, graded: Graded, person: int, customer: int) -> Named:
    here = np.flatnonzero((graded.person == person) & (graded.customer == customer))
    return name_of(present, int(graded.record[here[0]]))
