"""Says what joined the records of several persons: the identifier that most of them share."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from quanyu.customers.identity.evaluation.counting import Integers, cells_of
from quanyu.customers.identity.evaluation.grading import Graded
from quanyu.customers.identity.evaluation.model import FalseMerge, Kind, Merges, Named
from quanyu.customers.identity.evaluation.present import Present
from quanyu.foundation.lake.store import Lake

_NO_KIND = -1


@dataclass(frozen=True)
class _Joined:
    """Per customer whose records are several persons': his false pairs, records and persons, and the widest identifier.

    `kind` is -1 where there is none; `one` and `other` are two records of different persons that have the identifier.
    """

    customer: Integers
    pairs: Integers
    records: Integers
    persons: Integers
    kind: Integers
    value: Integers
    one: Integers
    other: Integers


def false_merges(
    lake: Lake, present: Present, graded: Graded, links: ir.Table, labels: ir.Table, worst: int
) -> tuple[tuple[Merges, ...], tuple[FalseMerge, ...]]:
    """Return false pairs by what joined them, and the worst customers."""
    impure = _impure(graded)
    shared = _shared(links, labels.semi_join(ibis.memtable(pa.table({"customer": impure[0]})), "customer"))
    with lake.held(shared) as each:
        counted = lake.to_arrow(each.group_by("kind").agg(shared=_.count()))
        rank = ibis.row_number().over(
            group_by=each.customer, order_by=[ibis.desc(each.persons), ibis.desc(each.records), each.value]
        )
        widest = lake.to_arrow(each.mutate(rank=rank).filter(_.rank == 0).drop("rank", "persons", "records"))
    joined = _joined(impure, widest)
    others = dict(zip(counted["kind"].to_pylist(), counted["shared"].to_pylist(), strict=True))
    return _by_kind(present, joined, others), tuple(_worst(lake, present, graded, joined, links, worst))


def _impure(graded: Graded) -> tuple[Integers, Integers, Integers, Integers]:
    """Return the customers of several persons, and of each the false pairs, records and persons."""
    _person, customer, count = cells_of(graded.person, graded.customer)
    size = np.bincount(graded.customer)
    right = np.zeros(len(size), np.int64)
    np.add.at(right, customer, count * (count - 1) // 2)
    persons = np.bincount(customer)
    impure = np.flatnonzero(persons > 1)
    pairs = size * (size - 1) // 2 - right
    return impure, pairs[impure], size[impure], persons[impure]


def _shared(links: ir.Table, labels: ir.Table) -> ir.Table:
    """Return each identifier that several persons of a customer have, with a record of the first and of the last."""
    each = (
        links.inner_join(labels, "record")
        .group_by("customer", "kind", "value", "person")
        .agg(first=_.record.min(), records=_.count())
    )
    return (
        each.group_by("customer", "kind", "value")
        .agg(
            persons=_.count(),
            records=_.records.sum(),
            one=_.first.argmin(_.person),
            other=_.first.argmax(_.person),
        )
        .filter(_.persons > 1)
    )


def _joined(impure: tuple[Integers, Integers, Integers, Integers], widest: pa.Table) -> _Joined:
    customer, pairs, records, persons = impure
    columns = {name: np.full(len(customer), _NO_KIND) for name in ("kind", "value", "one", "other")}
    place = np.searchsorted(customer, widest["customer"].to_numpy())
    for name, column in columns.items():
        column[place] = widest[name].to_numpy()
    return _Joined(customer, pairs, records, persons, **columns)


def _by_kind(present: Present, joined: _Joined, shared: dict[int, int]) -> tuple[Merges, ...]:
    found: list[Merges] = []
    for kind in {*joined.kind.tolist(), *shared}:
        of = joined.kind == kind
        named = None if kind == _NO_KIND else present.kinds[kind]
        found.append(Merges(named, int(joined.pairs[of].sum()), int(of.sum()), shared.get(kind, 0)))
    return tuple(sorted(found, key=lambda each: (-each.pairs, -each.shared)))


def _worst(
    lake: Lake, present: Present, graded: Graded, joined: _Joined, links: ir.Table, worst: int
) -> Sequence[FalseMerge]:
    order = np.lexsort((joined.customer, -joined.pairs))[:worst]
    touches = _touches(lake, links, joined.value[order])
    found: list[FalseMerge] = []
    for i in order.tolist():
        kind: Kind | None = None if joined.kind[i] == _NO_KIND else present.kinds[int(joined.kind[i])]
        pair = (int(joined.one[i]), int(joined.other[i])) if kind else _any_two(graded, int(joined.customer[i]))
        found.append(
            FalseMerge(
                pairs=int(joined.pairs[i]),
                records=int(joined.records[i]),
                persons=int(joined.persons[i]),
                kind=kind,
                touches=touches.get(int(joined.value[i]), 0) if kind else 0,
                between=(name_of(present, pair[0]), name_of(present, pair[1])),
            )
        )
    return found


def _touches(lake: Lake, links: ir.Table, values: Integers) -> dict[int, int]:
    wanted = ibis.memtable(pa.table({"value": np.unique(values)}))
    rows = lake.to_arrow(links.semi_join(wanted, "value").group_by("value").agg(records=_.record.nunique()))
    return dict(zip(rows["value"].to_pylist(), rows["records"].to_pylist(), strict=True))


def _any_two(graded: Graded, customer: int) -> tuple[int, int]:
    """Return the first record of the customer, and the first that is another person's."""
    own = np.flatnonzero(graded.customer == customer)
    other = own[graded.person[own] != graded.person[own[0]]]
    return int(graded.record[own[0]]), int(graded.record[other[0]])


def name_of(present: Present, record: int) -> Named:
    return Named(present.sources[int(present.source[record])], record)
