"""Works out what counts of every order that an import has touched, whichever systems have told of it."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.orders.standing import ORDER, published, standing
from quanyu.commerce.orders.tables import ORDER_HEADERS, ORDER_LINES, ORDERS, REMOVED
from quanyu.foundation.kinds import DEFAULT_RANK, Delivery
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import Value

_INSTANT = "timestamp('UTC', 6)"
SILENT_STATUSES = ("placed", "closed")
_NAMED = ("platform", "platform_order_number")  # as the header tells, NULL where it leaves them out
_PLATFORM_ORDER = ("at_platform", "number_there")
_TOLD = [name for name in ORDERS.schema.names if name not in {*ORDER, "observed_at", "import_number"}]
_ADDED = ("sale_amount", "return_amount", "sales", "returns", "lines")
_SUMS = ("record", "currency", "placed_at", "business_date", *_ADDED)
_MOMENTS = ("placed_at", "paid_at", "shipped_at", "completed_at")
_HEADER = ("record", *_NAMED, "status", *_MOMENTS, "business_date", "amount", "currency", "observed_at")
_KNOWN = ("rank", "currency", "placed_at", "business_date", "observed_at")


def settle(delivery: Delivery) -> None:
    """Append a version of every order of which this landing has changed what counts.

    Touched are the orders of the lines and headers that were written, those that `delivery.rows` names where it has
    the columns source and order_number, and whatever else tells of the same orders of a platform.
    """
    lake, landing = delivery.workspace.lake, delivery.landing
    with lake.held(_sums_of(landing.written(ORDER_LINES))) as new:
        if not _has_headers(delivery) and not _names_orders(delivery):
            if lake.count(new.limit(1)):
                _settle_alone(delivery, new)
            return
        with lake.held(_touched(delivery, new)) as touched:
            if lake.count(touched.limit(1)):
                _settle_together(delivery, touched, new)


def _settle_alone(delivery: Delivery, new: ir.Table) -> None:
    """Settle orders in a workspace without any header: nobody else can tell of them."""
    lake = delivery.workspace.lake
    if ORDERS.name not in delivery.landing.vector:
        delivery.landing.append(ORDERS, _first_told(delivery, new))
        return
    with lake.held(published(delivery, ORDERS, new.select(*ORDER))) as known:
        if lake.count(known.limit(1)):
            _append(delivery, _told(delivery, new.select(*ORDER), new, None, known), known)
        else:
            delivery.landing.append(ORDERS, _first_told(delivery, new), supersedes=False)


def _settle_together(delivery: Delivery, touched: ir.Table, new: ir.Table) -> None:
    lake = delivery.workspace.lake
    with (
        _with_other_tellers(delivery, touched) as orders,
        lake.held(published(delivery, ORDERS, orders)) as known,
        lake.held(_told(delivery, orders, new, standing(delivery, ORDER_HEADERS, orders), known)) as told,
    ):
        _append(delivery, _spoken(told), known, supersedes=lake.count(known.limit(1)) > 0)


def _has_headers(delivery: Delivery) -> bool:
    landing = delivery.landing
    known = ORDER_HEADERS.name in landing.vector
    return known or delivery.workspace.lake.count(landing.written(ORDER_HEADERS).limit(1)) > 0


def _names_orders(delivery: Delivery) -> bool:
    return set(ORDER) <= set(delivery.rows.columns)


def _touched(delivery: Delivery, new: ir.Table) -> ir.Table:
    named = new.select(*ORDER).union(delivery.landing.written(ORDER_HEADERS).select(*ORDER), distinct=True)
    return named.union(delivery.rows.select(*ORDER), distinct=True) if _names_orders(delivery) else named


@contextmanager
def _with_other_tellers(delivery: Delivery, touched: ir.Table) -> Generator[ir.Table]:
    """Hold the touched orders and those that tell of the same orders of a platform as they do now, or did before."""
    lake, vector = delivery.workspace.lake, delivery.landing.vector
    now = touched.left_join(standing(delivery, ORDER_HEADERS, touched), list(ORDER)).select(*ORDER, *_NAMED)
    before = published(delivery, ORDERS, touched).select(*ORDER, *_NAMED)
    wanted = _with_platform_order(now.union(before)).select(*_PLATFORM_ORDER).distinct()
    with lake.held(wanted) as platform_orders:
        versions = _with_platform_order(lake.all_versions(ORDERS, vector))
        once = versions.semi_join(platform_orders, list(_PLATFORM_ORDER)).select(*ORDER).distinct()
        latest = _with_platform_order(published(delivery, ORDERS, once))
        found = latest.semi_join(platform_orders, list(_PLATFORM_ORDER)).select(*ORDER)
        with lake.held(touched.union(found, distinct=True)) as orders:
            yield orders


def _with_platform_order(orders: ir.Table) -> ir.Table:
    return orders.mutate(
        at_platform=_.platform.coalesce(_.source).lower(),
        number_there=_.platform_order_number.coalesce(_.order_number),
    )


def _told(delivery: Delivery, orders: ir.Table, new: ir.Table, headers: ir.Table | None, known: ir.Table) -> ir.Table:
    """Return what each of these orders' own sources say, as if they spoke, with some of what was `known` of it."""
    rows = _beside(orders, _sums(delivery, orders, new), _SUMS, "")
    types = dict(ibis.Schema.from_pyarrow(ORDER_HEADERS.schema).items())
    nothing: dict[str, Value] = {f"header_{name}": ibis.null(types[name]) for name in _HEADER}
    rows = rows.mutate(**nothing) if headers is None else _beside(rows, headers, _HEADER, "header_")
    return _worked_out(delivery, _beside(rows, known, _KNOWN, "was_"))


def _beside(rows: ir.Table, other: ir.Table, names: Sequence[str], prefix: str) -> ir.Table:
    """Put columns of an order's row in `other` beside it, NULL where it has none."""
    renamed = {f"{prefix}{name}": other[name] for name in names}
    keys = {f"_key_{name}": other[name] for name in ORDER}
    joined = rows.left_join(other.select(**keys, **renamed), [(name, f"_key_{name}") for name in ORDER])
    return joined.select(*rows.columns, *renamed)


def _first_told(delivery: Delivery, new: ir.Table) -> ir.Table:
    """Return the orders of these sums of lines, which nothing was known of and no header speaks of."""
    nothing: dict[str, Value] = {name: ibis.null("string") for name in (*_NAMED, "status")}
    yes: Value = ibis.literal(True)
    return new.mutate(
        **nothing,
        rank=ibis.literal(delivery.rank, "int32"),
        counts=yes,
        speaks=yes,
        order_type=_type_of(_.sales > 0, _.returns > 0),
        month=_.business_date.strftime("%Y-%m"),
        observed_at=ibis.literal(delivery.workspace.clock.now(), _INSTANT),
        import_number=ibis.literal(delivery.import_number, "int64"),
    ).select(*ORDERS.schema.names)


def _type_of(sold: Value, returned: Value) -> Value:
    return ibis.cases((sold, "sale"), (returned, "return"), else_="other")


def _sums(delivery: Delivery, orders: ir.Table, new: ir.Table) -> ir.Table:
    """Add up the lines of each order: the `new` sums of what was written, and what stood before and still does."""
    if ORDER_LINES.name not in delivery.landing.vector:
        return new
    written = delivery.landing.written(ORDER_LINES)
    key = list(ORDER_LINES.versioned_by or ())
    earlier = _sums_of(published(delivery, ORDER_LINES, orders).anti_join(written, key))
    return (
        new.union(earlier)
        .group_by(*ORDER)
        .agg(
            **{name: _[name].max() for name in ("record", "currency")},
            **{name: _[name].min() for name in ("placed_at", "business_date")},
            **{name: _[name].sum() for name in _ADDED},
        )
        .select(*new.columns)
    )


def _sums_of(lines: Value) -> ir.Table:
    sold, returned, there = lines.line_type == "sale", lines.line_type == "return", lines.line_type != REMOVED
    return lines.group_by(*ORDER).agg(
        record=_.record.max(where=there),
        sale_amount=_.amount.sum(where=sold).fill_null(0),
        return_amount=(-_.amount.sum(where=returned)).fill_null(0),
        sales=sold.sum(),
        returns=returned.sum(),
        lines=there.sum(),
        currency=_.currency.max(where=there),
        placed_at=_.placed_at.min(where=there),
        business_date=_.business_date.min(where=there),
    )


def _worked_out(delivery: Delivery, rows: Value) -> ir.Table:
    """Return the orders' columns, whether anything of an order exists, and what was known of it."""
    by_lines = rows.lines.fill_null(0) > 0
    exists = by_lines | rows.header_observed_at.notnull()
    paid: Value = ibis.ifelse(by_lines, 0, rows.header_amount.fill_null(0))
    sold = ibis.ifelse(by_lines, rows.sales > 0, paid > 0)
    returned = ibis.ifelse(by_lines, rows.returns > 0, paid < 0)
    first: Value = ibis.coalesce(*(rows[f"header_{name}"] for name in _MOMENTS))
    first_day: Value = local_of(first, delivery.workspace.time_zone)
    day: Value = ibis.coalesce(rows.business_date, rows.header_business_date, first_day.date(), rows.was_business_date)
    own = ibis.least(rows.was_rank.fill_null(delivery.rank), delivery.rank)
    return rows.select(
        *ORDER,
        record=rows.header_record.coalesce(rows.record),
        platform=rows.header_platform.lower(),
        platform_order_number=rows.header_platform_order_number,
        rank=ibis.ifelse(rows.source == delivery.source, own, rows.was_rank.fill_null(DEFAULT_RANK)).cast("int32"),
        status=rows.header_status,
        counts=exists & ~rows.header_status.isin(SILENT_STATUSES).fill_null(False),
        speaks=exists,
        order_type=_type_of(sold, returned),
        sale_amount=ibis.ifelse(by_lines, rows.sale_amount, ibis.greatest(paid, 0)).cast("int64"),
        return_amount=ibis.ifelse(by_lines, rows.return_amount, ibis.greatest(-paid, 0)).cast("int64"),
        lines=rows.lines.fill_null(0).cast("int32"),
        currency=ibis.coalesce(rows.currency, rows.header_currency, rows.was_currency),
        placed_at=ibis.coalesce(rows.placed_at, first, rows.was_placed_at),
        business_date=day,
        month=day.strftime("%Y-%m"),
        exists=exists,
        was_observed_at=rows.was_observed_at,
    )


def _spoken(told: ir.Table) -> ir.Table:
    """Say which source speaks for each order of a platform, and give its orders the buyer that another one names.

    The lowest rank speaks; of one rank who has more lines, then the first by name: the same whoever came first. A
    source may tell of one order in several (an order that was split): all of them speak.
    """
    orders = _with_platform_order(told)
    source = [*_PLATFORM_ORDER, "source"]
    per_source = orders.group_by(*source).agg(
        nothing=~_.exists.any(),
        rank=_.rank.min(),
        lines=-_.lines.sum(),
        record=_.record.argmin(_.order_number, where=_.record.notnull()),
    )
    place = ibis.struct({"nothing": _.nothing, "rank": _.rank, "lines": _.lines, "source": _.source})
    speakers = per_source.group_by(*_PLATFORM_ORDER).agg(
        speaker=_.source.argmin(place), buyer=_.record.argmin(place, where=_.record.notnull())
    )
    beside: Value = orders.inner_join(speakers, list(_PLATFORM_ORDER)).select(*told.columns, "speaker", "buyer")
    speaks = (beside.source == beside.speaker) & beside.exists
    record = ibis.ifelse(speaks, beside.record.coalesce(beside.buyer), beside.record)
    return beside.mutate(speaks=speaks, record=record).drop("speaker", "buyer")


def _append(delivery: Delivery, told: Value, known: ir.Table, *, supersedes: bool = True) -> None:
    """Append the orders that are new or differ from what was known of them, as their latest versions.

    Imports may end in another order than they were begun in, so it is not the number of the import that tells.
    """
    named = told.filter(told.exists | told.was_observed_at.notnull())
    changed = named.select(*ORDER, *_TOLD)
    if not _names_orders(delivery):  # else what is known may be about to be taken away
        changed = changed.difference(known.select(*ORDER, *_TOLD))
    rows: Value = _beside(changed, known, ("observed_at",), "was_")
    now = ibis.literal(delivery.workspace.clock.now(), _INSTANT)
    after: Value = rows.was_observed_at + ibis.interval(microseconds=1)
    appended = rows.mutate(
        observed_at=ibis.greatest(now, after.coalesce(now)),
        import_number=ibis.literal(delivery.import_number, "int64"),
    )
    delivery.landing.append(ORDERS, appended.select(*ORDERS.schema.names), supersedes=supersedes)
