"""Lands lines that are versions: of a number, dated, or of orders that come as a whole, in whatever order they come."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.orders.standing import published
from quanyu.commerce.orders.tables import ORDER_LINES, REMOVED
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.model import Value

_INSTANT = "timestamp('UTC', 6)"
_KEY = ("order_number", "line_key")
_TOLD = ("record", "product", "quantity", "unit_price", "amount", "currency", "line_type", "placed_at")
_KEPT = ("line_number", "occurrence", "unit_price_text", "business_date", "month")  # follow from the others
_FRESH, _FOLLOWS = "_fresh", "_follows"


def append_corrected(delivery: Delivery, lines: ir.Table) -> int:
    """Append the lines that are new or say something else, and a removal of those that their orders have lost.

    Of a line the last observed version speaks; a line that was last observed before its order was observed as a whole
    without it is no longer there. Both are written down (`observed_at`, `whole_at`), so that files may come in any
    order. Returns how many of the lines given are news.
    """
    lake, landing = delivery.workspace.lake, delivery.landing
    with _last_of_each(delivery, lines) as given:
        orders = given.select("source", "order_number").distinct()
        with lake.held(published(delivery, ORDER_LINES, orders)) as present, _documents(delivery, given, present) as of:
            alive = given.left_join(of, "order_number").select(*given.columns, "was_whole", "is_whole")
            since: Value = ibis.greatest(alive.was_whole, alive.is_whole)
            alive = alive.filter(since.isnull() | (alive.observed_at >= since))
            changed = _changed(alive, present)
            if delivery.whole:
                changed = changed.union(_lost(present, of, alive).select(*changed.columns))
            with lake.held(changed) as appended:
                fresh, follows = (lake.count(appended.filter(_[mark])) for mark in (_FRESH, _FOLLOWS))
                rows = appended.drop(_FRESH, _FOLLOWS).mutate(
                    source=ibis.literal(delivery.source),
                    import_number=ibis.literal(delivery.import_number, "int64"),
                )
                landing.append(ORDER_LINES, rows, supersedes=follows > 0)
                return fresh


@contextmanager
def _last_of_each(delivery: Delivery, lines: ir.Table) -> Generator[ir.Table]:
    """Keep one row of each key, the last observed; who holds orders as a whole has observed all of an order at once.

    Nearly all lines stand alone, so only those whose key comes again are put into windows.
    """
    lake = delivery.workspace.lake
    with lake.held(lines.drop("copy", "whole_at")) as read:
        rows = _observed_together(read) if delivery.whole else read
        narrow = rows.select(*_KEY, "observed_at", "line")
        again = narrow.group_by(list(_KEY)).agg(times=_.count()).filter(_.times > 1)
        newest = [ibis.desc("observed_at"), ibis.desc("line")]
        place = ibis.row_number().over(group_by=list(_KEY), order_by=newest)
        overtaken = narrow.semi_join(again, list(_KEY)).mutate(place=place).filter(_.place > 0)
        with lake.held(rows.anti_join(overtaken, "line")) as last:
            yield last


def _observed_together(rows: ir.Table) -> ir.Table:
    each = rows.group_by("file", "order_number").agg(together=_.observed_at.max())
    joined = rows.inner_join(each, ["file", "order_number"])
    return joined.select(*rows.columns, "together").mutate(observed_at=_.together).drop("together")


@contextmanager
def _documents(delivery: Delivery, given: ir.Table, present: ir.Table) -> Generator[ir.Table]:
    """Hold when each order was observed as a whole: before (`was_whole`), and in this delivery (`is_whole`)."""
    whole = given.observed_at.max() if delivery.whole else ibis.null(_INSTANT)
    now = given.group_by("order_number").agg(is_whole=whole)
    before = present.group_by("order_number").agg(was_whole=_.whole_at.max())
    joined = now.left_join(before, "order_number").select("order_number", "is_whole", "was_whole")
    with delivery.workspace.lake.held(joined) as documents:
        yield documents


def _changed(given: ir.Table, present: ir.Table) -> ir.Table:
    """Return the versions to append for the lines given: the later content, the later of both instants."""
    names = [*_TOLD, *_KEPT]
    was = {f"_was_{name}": present[name] for name in (*names, "observed_at", "whole_at")}
    beside = given.left_join(present.select(*_KEY, **was), list(_KEY)).select(*given.columns, *was)
    seen: Value = beside._was_observed_at
    newer = seen.isnull() | (beside.observed_at >= seen)
    differs = reduce(or_, [~_same(beside[name], beside[f"_was_{name}"]) for name in _TOLD])
    fresh = seen.isnull() | (newer & differs)
    whole_at = _later(beside.is_whole, beside._was_whole_at)
    sighted = (beside.observed_at > seen) | ~_same(whole_at, beside._was_whole_at)
    dated: Value = beside.dated
    return beside.filter(fresh | (dated & sighted)).select(
        *_KEY,
        **{name: ibis.ifelse(newer, beside[name], beside[f"_was_{name}"]) for name in names},
        observed_at=_later(beside.observed_at, seen),
        whole_at=whole_at,
        **{_FRESH: fresh, _FOLLOWS: seen.notnull()},
    )


def _lost(present: ir.Table, documents: ir.Table, alive: ir.Table) -> ir.Table:
    """Return a removal for each line of these orders that was not observed later and that they came without."""
    standing = present.filter(_.line_type != REMOVED).anti_join(alive, list(_KEY))
    beside = standing.inner_join(documents, "order_number").select(*standing.columns, "is_whole")
    plain: Sequence[str] = [name for name in (*_TOLD, *_KEPT) if name not in {"line_type", "amount"}]
    return beside.filter(_.observed_at <= _.is_whole).select(
        *_KEY,
        *plain,
        line_type=ibis.literal(REMOVED),
        amount=ibis.literal(0, "int64"),
        observed_at=_.is_whole,
        whole_at=_.is_whole,
        **{_FRESH: ibis.literal(False), _FOLLOWS: ibis.literal(True)},
    )


def _later(left: Value, right: Value) -> Value:
    return ibis.greatest(left.coalesce(right), right.coalesce(left))


def _same(left: Value, right: Value) -> Value:
    return left.identical_to(right)
