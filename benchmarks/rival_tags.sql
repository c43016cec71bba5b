-- The twelve tags, written by hand for DuckDB on sorted files with exact types: one scan, customer by customer.
with lines as (
    select customer, invoice, product, quantity, amount, unit_price, placed::date as day, country
    from read_parquet($lines) where customer is not null and placed < timestamp '2026-01-01'
),
orders as (
    select customer, invoice, min(day) as day, max(country) as country,
           sum(amount) filter (quantity > 0 and unit_price > 0) as sold,
           -sum(amount) filter (quantity < 0 and unit_price > 0) as returned,
           bool_or(quantity > 0 and unit_price > 0) as sale
    from lines group by customer, invoice
),
customers as (
    select customer, max(country) as country, count(*) filter (sale) as frequency,
           sum(sold)::bigint as monetary, coalesce(sum(returned), 0)::bigint as returned,
           min(day) filter (sale) as first_purchase, max(day) filter (sale) as last_purchase,
           count(distinct day) filter (sale) as days
    from orders group by customer
),
gaps as (
    select *, case when days >= 3 then (last_purchase - first_purchase) / (days - 1) end as own_gap from customers
),
sold as (
    select customer, product, sum(amount) as amount
    from lines where quantity > 0 and unit_price > 0 group by customer, product
),
favourite as (
    select customer, arg_min(product, {'a': -amount, 'p': product}) as top_product from sold group by customer
),
scored as (
    select g.*, f.top_product,
           last_purchase + floor(coalesce(own_gap, (select median(own_gap) from gaps)) + 0.5)::int as next_purchase,
           date '2025-12-31' - last_purchase as recency_days,
           1 + (recency_days <= 30)::int + (recency_days <= 60)::int + (recency_days <= 120)::int
             + (recency_days <= 240)::int as r,
           1 + (frequency >= 2)::int + (frequency >= 3)::int + (frequency >= 5)::int + (frequency >= 10)::int as f,
           1 + (monetary >= 20000)::int + (monetary >= 50000)::int + (monetary >= 100000)::int
             + (monetary >= 300000)::int as m
    from gaps g left join favourite f using (customer)
)
select customer, country, frequency, case when frequency > 0 then monetary end as monetary,
       case when frequency > 0 then (monetary * 2 + frequency) // (frequency * 2) end as average_basket,
       first_purchase, last_purchase,
       case when monetary > 0 then returned / monetary end as return_share, top_product, next_purchase,
       r::varchar || f::varchar || m::varchar as rfm_score
from scored
