"""Makes a home whose lake holds the trade of N customers: skewed, full of NULL, records in random order."""

from datetime import date
from pathlib import Path

import sqlalchemy as sa
from steps import in_house

LINES_PER_ORDER = 2.5
AT_ONCE = 4_000_000
"""Orders that are drawn and written together."""
# A uniform number of (row, salt): the engine's own generator would differ from run to run.
UNIFORM = "(hash({of} * 64 + {salt}) % 1000000007) / 1000000007.0"


def u(of: str, salt: int) -> str:
    return UNIFORM.format(of=of, salt=salt)


def make_home(folder: Path, customers: int, lines: int) -> float:
    """Write products, records, orders, their headers, lines and refunds into the lake of `folder`, sorted as compaction
    leaves them; nobody's records stand together.

    A customer has 1 to 4 records (1.6 on average). The busiest has thousands of orders, one in ten none. A fifth of the
    orders name no buyer, 5% are unpaid or closed, 2% are told of by two systems, 4% of the lines are returns; of the
    headers' columns 30 to 60% are NULL.
    """
    return in_house(folder, lambda house, ws: _fill(house, ws, customers, lines))


def _fill(house, ws, customers: int, lines: int) -> None:
    from quanyu.commerce.catalog.tables import PRODUCTS
    from quanyu.commerce.orders.tables import ORDER_HEADERS, ORDER_LINES, ORDERS, REFUNDS
    from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
    from quanyu.foundation.lake.compaction import compact

    engine = ws.lake.engine.backend()
    engine.raw_sql(f"create temp table owners as {owners(customers)}")
    once = {PRODUCTS: PRODUCT_ROWS, CUSTOMER_OF_RECORD: "select record, customer from owners order by record"}
    often = {ORDERS: ORDER_ROWS, ORDER_HEADERS: HEADER_ROWS, ORDER_LINES: LINE_ROWS, REFUNDS: REFUND_ROWS}
    with ws.lake.landing("bench", [*once, *often]) as landing:
        for table, query in once.items():
            landing.append(table, _made(engine, table, query))
        many = int(lines / LINES_PER_ORDER)
        for first in range(0, many, AT_ONCE):
            engine.raw_sql(
                f"create or replace temp table base as {orders(customers, first, min(first + AT_ONCE, many))}"
            )
            engine.raw_sql(f"create or replace temp table sold as {sold()}")
            for table, query in often.items():
                landing.append(table, _made(engine, table, query), supersedes=False)
        with ws.begin() as connection:
            landing.publish(connection)
    _live(ws, customers)
    for name in ("owners", "base", "sold"):
        engine.raw_sql(f"drop table {name}")
    compact(ws.lake, house.lake_tables, keep_hours=0)


def land_day(ws, customers: int, day: date, first: int, share: float) -> int:
    """Land orders of one day by a share of the customers, one each, numbered from `first`; return how many."""
    from quanyu.commerce.orders.tables import ORDER_HEADERS, ORDER_LINES, ORDERS, REFUNDS

    engine, many = ws.lake.engine.backend(), int(customers * share)
    engine.raw_sql(f"create or replace temp table owners as {owners(customers)}")
    engine.raw_sql(f"create or replace temp table base as {bought_on(customers, day, first, first + many)}")
    engine.raw_sql(f"create or replace temp table sold as {sold()}")
    often = {ORDERS: ORDER_ROWS, ORDER_HEADERS: HEADER_ROWS, ORDER_LINES: LINE_ROWS, REFUNDS: REFUND_ROWS}
    with ws.lake.landing("bench", list(often)) as landing:
        for table, query in often.items():
            landing.append(table, _made(engine, table, query), supersedes=False)
        ws.lake.publish(landing)
    for name in ("owners", "base", "sold"):
        engine.raw_sql(f"drop table {name}")
    return many


def bought_on(customers: int, day: date, first: int, last: int) -> str:
    """Return orders of other customers each, all of one day, in the form of `orders`."""
    return f"""
        select b.* replace (w.record as record, date '{day}' as day,
                            date '{day}' + (b.placed_local - b.day) as placed_local)
        from ({orders(customers, first, last)}) b
        join owners w on w.customer = (b.o * 7919 % {customers}) and w.place = 0"""


def _made(engine, table, query: str):
    engine.raw_sql(f"create or replace temp view made as {query}")
    rows = engine.table("made")
    return rows.select(*(name for name in table.schema.names if name in rows.columns))


def _live(ws, customers: int) -> None:
    from quanyu.customers.identity.tables import population
    from quanyu.foundation.sets.algebra import OrdinalSet
    from quanyu.foundation.sets.storage import to_bytes

    values = {"epoch": 1, "records": 2 * customers, "customers": customers}
    with ws.begin() as connection:
        connection.execute(sa.delete(population))
        connection.execute(
            sa.insert(population).values(workspace=ws.number, alive=to_bytes(OrdinalSet.first(customers)), **values)
        )


def owners(customers: int) -> str:
    """Whose each record is, in an order that has nothing to do with customers: `place` is the n-th of a customer."""
    return f"""
        with people as (select range as customer, {u("range", 1)} as u from range({customers})),
        every as (select customer, unnest(range(case when u < 0.6 then 1 when u < 0.85 then 2
                                                     when u < 0.95 then 3 else 4 end)) as place from people)
        select (row_number() over (order by hash(customer * 8 + place)) - 1)::bigint as record, customer, place,
               count(*) over (partition by customer) as places
        from every"""


def orders(customers: int, first: int, last: int) -> str:
    """One row an order, with whom it is of and all that is drawn for it. Busy customers are anywhere among ordinals."""
    return f"""
        with drawn as (
            select range as o, {u("range", 2)} as a, {u("range", 3)} as b, {u("range", 4)} as c, {u("range", 5)} as d,
                   {u("range", 6)} as e, {u("range", 7)} as f, {u("range", 8)} as g, {u("range", 9)} as h
            from range({first}, {last})),
        bought as (
            select *, (hash(floor({customers} * 0.9 * a * a)::bigint) % {customers})::bigint as customer,
                   -- a quarter of the orders is placed in the 22 days of a festival
                   case when b < 0.25 then make_date(2023 + (c * 3)::int % 3, 11, 1 + (d * 11)::int)
                        else date '2023-01-01' + (c * 1094)::int end as day from drawn)
        select o, o::varchar || lpad((o * 7919 % 1000003)::varchar, 7, '0') as order_number,
               case when e < 0.2 then null else w.record end as record,
               'source_' || (hash(o * 3) % 8) as source, day,
               day::timestamp + to_seconds((8 * 3600 + 13 * 3600 * sqrt(f))::bigint) as placed_local,
               1 + floor(-ln(1 - g * 0.999) * 1.5)::int as many, e, f, g, h
        from bought left join owners w on w.customer = bought.customer
                                      and w.place = (hash(o * 5) % w.places)"""


def sold() -> str:
    """One row a line, amounts in minor units."""
    return f"""
        with every as (select b.*, unnest(range(many)) as line from base b),
        drawn as (select *, o * 64 + line as n from every),
        priced as (
            select *, floor(5000 * pow({u("n", 11)}, 2.5))::int as p,
                   1 + floor(6 * pow({u("n", 12)}, 4))::int as pieces, {u("n", 13)} as r, {u("n", 14)} as s from drawn)
        select *, case when r < 0.04 then -pieces else pieces end as quantity,
               case when r > 0.98 then 0 else (1000 + (p * 7919 % 60000)) * (100 - floor(s * s * 50))::bigint // 100 end
                   as price
        from priced"""


PRODUCT_ROWS = """
    select 'erp' as source, 'SKU' || lpad(range::varchar, 6, '0') as product, 'Product ' || range as name,
           (hash(range) & 1048575)::bigint as content_hash, timestamptz '2022-12-01 00:00:00+00' as observed_at,
           1::bigint as import_number,
           case when range % 20 <> 0 then 'category_' || (range % 12) end as category_1,
           case when range % 10 <> 0 then 'category_' || (range % 12) || '_' || (range % 60) end as category_2,
           case when range % 5 <> 0 then 'category_' || (range % 60) || '_' || (range % 300) end as category_3,
           case when range % 3 <> 0 then 'brand_' || (range % 80) end as brand,
           1000::bigint + (range * 7919 % 60000) as list_price,
           case when range % 25 = 0 then 'bundle' when range % 40 = 0 then 'gift' else 'single' end as kind
    from range(5000)"""

ORDER_ROWS = """
    with sums as (
        select o, sum(quantity * price) filter (quantity > 0 and price > 0) as sale_amount,
               -sum(quantity * price) filter (quantity < 0 and price > 0) as return_amount,
               bool_or(quantity > 0 and price > 0) as sale, bool_or(quantity < 0) as returned, count(*) as lines
        from sold group by o)
    select record, source, order_number, null::varchar as platform, 1::int as rank,
           case when h < 0.03 then 'closed' when h < 0.05 then 'placed' when h < 0.6 then 'completed' end as status,
           case when h < 0.05 then false when h < 0.6 then true end as counts,
           case when e > 0.98 then false end as speaks,
           case when sale then 'sale' when returned then 'return' else 'other' end as order_type,
           coalesce(sale_amount, 0)::bigint as sale_amount, coalesce(return_amount, 0)::bigint as return_amount,
           lines::int as lines, 'GBP' as currency, placed_local at time zone 'UTC' as placed_at,
           day as business_date, timestamptz '2026-01-01 00:00:00+00' as observed_at, 1::bigint as import_number,
           strftime(day, '%Y-%m') as month
    from base join sums using (o)"""

HEADER_ROWS = """
    select record, source, order_number,
           case when h < 0.03 then 'closed' when h < 0.05 then 'placed' when h < 0.6 then 'completed' end as status,
           placed_local at time zone 'UTC' as placed_at, day as business_date,
           case when f < 0.6 then floor(g * 3000)::bigint * (f > 0.2)::int end as discount,
           case when g < 0.5 then (h * 3)::int * 600::bigint end as shipping_fee, 'GBP' as currency,
           case when f < 0.55 then 'S' || floor(3000 * pow(g, 2))::int end as store,
           case when g > 0.3 then 'channel_' || floor(h * 6)::int end as channel, null::varchar as coupon,
           (hash(o) & 1048575)::bigint as content_hash, timestamptz '2026-01-01 00:00:00+00' as observed_at,
           1::bigint as import_number
    from base"""

LINE_ROWS = """
    select record, source, order_number, line::bigint as line_key, line::varchar as line_number, 1::int as occurrence,
           'SKU' || lpad(p::varchar, 6, '0') as product, quantity::decimal(18,6) as quantity,
           (price / 100)::decimal(18,6) as unit_price, (quantity * price)::bigint as amount, 'GBP' as currency,
           case when price = 0 then 'free' when quantity > 0 then 'sale' else 'return' end as line_type,
           placed_local at time zone 'UTC' as placed_at, day as business_date,
           timestamptz '2026-01-01 00:00:00+00' as observed_at, 1::bigint as import_number,
           strftime(day, '%Y-%m') as month
    from sold"""

REFUND_ROWS = """
    select source, order_number || '-' || line as refund_key, order_number,
           case when s < 0.7 then 'SKU' || lpad(p::varchar, 6, '0') end as product, pieces::decimal(18,6) as quantity,
           (pieces * price)::bigint as amount, 'GBP' as currency,
           (placed_local + interval 9 day) at time zone 'UTC' as refunded_at, (day + 9)::date as business_date,
           (hash(n) & 1048575)::bigint as content_hash, timestamptz '2026-01-01 00:00:00+00' as observed_at,
           1::bigint as import_number
    from sold where r between 0.5 and 0.52"""
