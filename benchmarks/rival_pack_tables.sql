-- What the rival reads: rows of known customers, all that belongs to them beside them, in the smallest types, sorted.
create type rival.source as enum (select distinct source from orders order by 1);
create type rival.store as enum (select distinct store from order_headers where store is not null order by 1);
create type rival.channel as enum (select distinct channel from order_headers where channel is not null order by 1);
create type rival.product as enum (select distinct product from products order by 1);
create type rival.category_1 as enum (select distinct category_1 from products where category_1 is not null order by 1);
create type rival.category_2 as enum (select distinct category_2 from products where category_2 is not null order by 1);
create type rival.category_3 as enum (select distinct category_3 from products where category_3 is not null order by 1);
create type rival.brand as enum (select distinct brand from products where brand is not null order by 1);
create type rival.kind as enum (select distinct kind from products order by 1);
create type rival.festival as enum (select distinct festival from festival_days order by 1);

create table rival.festivals as select day, festival::rival.festival as festival from festival_days;

create table rival.orders as
select m.customer::int as customer, o.business_date as day, hour(o.placed_at at time zone 'UTC')::tinyint as h,
       o.sale_amount::int as amount, o.return_amount::int as returned, o.lines::smallint as lines,
       h.discount::int as discount, h.shipping_fee::int as shipping_fee, h.store::rival.store as store,
       o.source::rival.source as source, h.channel::rival.channel as channel, o.order_type = 'sale' as sale,
       coalesce(o.counts, true) and coalesce(o.speaks, true) as counts
from orders o join customer_of_record m using (record)
     left join order_headers h on h.source = o.source and h.order_number = o.order_number
order by customer, day;

create table rival.lines as
select m.customer::int as customer, l.business_date as day, l.product::rival.product as product, l.amount::int as amount,
       l.quantity::smallint as quantity,
       case when l.quantity <> 0 then round(l.amount / l.quantity)::int end as unit_price,
       p.category_1::rival.category_1 as category_1, p.category_2::rival.category_2 as category_2,
       p.category_3::rival.category_3 as category_3, p.brand::rival.brand as brand, p.kind::rival.kind as kind,
       case when p.list_price > 0 then p.list_price::int end as list_price, l.line_type = 'sale' as sale,
       coalesce(o.counts, true) and coalesce(o.speaks, true) as counts
from order_lines l join customer_of_record m on m.record = l.record left join products p on p.product = l.product
     left join orders o on o.source = l.source and o.order_number = l.order_number
order by customer, day;

create table rival.refunds as
select m.customer::int as customer, r.business_date as day, r.amount::int as amount,
       p.category_3::rival.category_3 as category_3
from refunds r join orders o on o.source = r.source and o.order_number = r.order_number
     join customer_of_record m on m.record = o.record
     left join products p on p.product = r.product
where r.business_date <= date '2025-12-31'
order by customer, day;
