-- The pack's tags of orders, written by hand for DuckDB: tables sorted by customer, the smallest types, codes as enums,
-- what belongs to a line or an order beside it, one bucket of customers at a time. $first and $last are the bucket's.
with o as (
    select *, (h between 6 and 11) as morning, (h between 12 and 13) as lunch, (h between 18 and 21) as evening,
           (h >= 22 or h <= 5) as night, (isodow(day) >= 6) as weekend
    from orders left join festivals using (day)
    where customer between $first and $last and counts
),
s as (select * from o where sale),
totals as (
    select customer, count(*) filter (sale) as frequency, sum(amount)::bigint as spent, sum(returned)::bigint as returned,
           min(day) filter (sale) as first_purchase, max(day) filter (sale) as last_purchase,
           count(distinct day) filter (sale) as days
    from o group by customer
),
plain as (
    select customer,
        count(*) filter (day > date '2025-12-31' - 7) as orders_7d,
        count(*) filter (day > date '2025-12-31' - 30) as orders_30d,
        count(*) filter (day > date '2025-12-31' - 180) as orders_180d,
        count(*) filter (day > date '2025-12-31' - 365) as orders_365d,
        count(*) filter (day > date '2025-12-31' - 730 and day <= date '2025-12-31' - 365) as orders_previous_365d,
        coalesce(sum(amount) filter (day > date '2025-12-31' - 60), 0) as spend_60d,
        coalesce(sum(amount) filter (day > date '2025-12-31' - 90), 0) as spend_90d,
        coalesce(sum(amount) filter (day > date '2025-12-31' - 455 and day <= date '2025-12-31' - 365), 0)
            as spend_90d_last_year,
        coalesce(sum(amount) filter (day > date '2025-12-31' - 180 and day <= date '2025-12-31' - 90), 0) as earlier_90d,
        coalesce(sum(amount) filter (day > date '2025-12-31' - 365), 0) as spend_365d,
        coalesce(sum(amount) filter (day > date '2025-12-31' - 730 and day <= date '2025-12-31' - 365), 0)
            as earlier_365d,
        arg_min(amount, {'d': day, 'v': amount}) as first_order_amount,
        arg_max(amount, {'d': day, 'v': amount}) as last_order_amount,
        max(amount) filter (day > date '2025-12-31' - 365) as largest_order_365d,
        min(amount) as smallest_order,
        count(*) filter (amount >= 50000) as large_orders,
        avg(lines) as basket_lines,
        coalesce(sum(shipping_fee) filter (day > date '2025-12-31' - 365), 0) as shipping_fees_365d,
        count(*) filter (shipping_fee = 0) / count(*) as free_shipping_share,
        count(*) filter (store is not null) / count(*) as store_share,
        count(*) filter (store is not null and day > date '2025-12-31' - 365) as store_orders_365d,
        arg_max(store, {'d': day, 'v': store::varchar})
            filter (store is not null and day > date '2025-12-31' - 365)::varchar as last_store,
        count(*) filter (weekend) / count(*) as weekend_share,
        count(*) filter (morning) / count(*) as morning_share,
        count(*) filter (lunch) / count(*) as lunch_share,
        count(*) filter (evening) / count(*) as evening_share,
        count(*) filter (night) / count(*) as night_share,
        sum(amount)::bigint as whole,
        coalesce(sum(amount) filter (festival = 'double_11'), 0) as double_11,
        coalesce(sum(amount) filter (festival = 'double_12'), 0) as double_12,
        coalesce(sum(amount) filter (festival = 'mid_year'), 0) as mid_year,
        coalesce(sum(amount) filter (festival = 'spring_festival'), 0) as spring_festival,
        coalesce(sum(amount) filter (festival = 'womens_day'), 0) as womens_day,
        coalesce(sum(amount) filter (festival = 'mid_autumn'), 0) as mid_autumn,
        coalesce(sum(amount) filter (festival = 'national_day'), 0) as national_day,
        coalesce(sum(amount) filter (festival = 'dragon_boat'), 0) as dragon_boat,
        coalesce(sum(amount) filter (festival = 'labour_day'), 0) as labour_day,
        coalesce(sum(amount) filter (festival in ('valentine', 'may_20', 'qixi')), 0) as lovers_days,
        coalesce(sum(amount) filter (festival in ('christmas', 'new_year')), 0) as year_end,
        count(festival) / count(*) as festival_share,
        count(*) filter (discount > 0) / count(*) as discounted_order_share,
        coalesce(sum(discount) filter (day > date '2025-12-31' - 365), 0) as discount_365d,
        (sum(discount) filter (discount > 0))::bigint as taken_off,
        count(*) filter (discount > 0) as discounted
    from s group by customer
),
-- What there is most of: ties go to the first in order.
top_store as (
    select customer, arg_min(v::varchar, {'n': -n, 'v': v::varchar}) as top_store
    from (select customer, store as v, count(*) as n from s where store is not null group by all) group by customer),
top_source as (
    select customer, arg_min(v::varchar, {'n': -n, 'v': v::varchar}) as top_source
    from (select customer, source as v, sum(amount) as n from s group by all) group by customer),
top_channel as (
    select customer, arg_min(v::varchar, {'n': -n, 'v': v::varchar}) as top_sales_channel
    from (select customer, channel as v, count(*) as n from s where channel is not null group by all) group by customer),
top_weekday as (
    select customer, arg_min(v, {'n': -n, 'v': v}) as favourite_weekday
    from (select customer, isodow(day) as v, count(*) as n from s group by all) group by customer),
top_hour as (
    select customer, arg_min(v, {'n': -n, 'v': v}) as favourite_hour
    from (select customer, h as v, count(*) as n from s group by all) group by customer),
top_month as (
    select customer, arg_min(v, {'n': -n, 'v': v}) as favourite_month
    from (select customer, month(day) as v, sum(amount) as n from s group by all) group by customer),
top_festival as (
    select customer, arg_min(v::varchar, {'n': -n, 'v': v::varchar}) as top_festival
    from (select customer, festival as v, sum(amount) as n from s where festival is not null group by all)
    group by customer),
l as (select * from lines where customer between $first and $last and counts and sale),
bought as (
    select customer,
        arg_min(category_1, {'d': day, 'v': category_1::varchar}) filter (category_1 is not null)::varchar
            as first_category,
        arg_max(category_2, {'d': day, 'v': category_2::varchar}) filter (category_2 is not null)::varchar
            as last_category,
        sum(unit_price)::bigint as prices, count(unit_price) as priced,
        max(unit_price) as highest_price,
        min(unit_price) filter (day > date '2025-12-31' - 365) as lowest_price,
        sum(amount)::bigint as whole,
        coalesce(sum(amount) filter (list_price >= 20000), 0) as premium,
        count(*) filter (list_price < 3000) / count(*) as small_goods_share,
        count(*) filter (kind in ('bundle', 'gift')) / count(*) as bundle_share,
        max(quantity)::double as largest_quantity,
        avg(quantity) as pieces_per_line,
        count(*) filter (day > date '2025-12-31' - 365) as recent,
        count(*) filter (quantity >= 2 and day > date '2025-12-31' - 365) as multiples,
        arg_min(product, {'d': day, 'v': product::varchar})::varchar as first_product,
        arg_max(product, {'d': day, 'v': product::varchar})::varchar as last_product,
        sum(round(unit_price / list_price * 1e9)::bigint)::double
            / (count(unit_price / list_price) * 1e9) as paid_share,
        count(*) filter (unit_price / list_price <= 0.7) / count(*) as deep_discount_share,
        min(unit_price / list_price) filter (day > date '2025-12-31' - 365) as best_price_share
    from l group by customer
),
top_1 as (
    select customer, arg_min(v::varchar, {'n': -n, 'v': v::varchar}) as favourite_category_1
    from (select customer, category_1 as v, sum(amount) as n from l where category_1 is not null group by all)
    group by customer),
top_2 as (
    select customer, arg_min(v::varchar, {'n': -n, 'v': v::varchar}) as favourite_category_2
    from (select customer, category_2 as v, count(*) as n from l where category_2 is not null group by all)
    group by customer),
top_3 as (
    select customer, arg_min(v::varchar, {'n': -n, 'v': v::varchar}) as favourite_category_3
    from (select customer, category_3 as v, sum(quantity) as n from l
          where category_3 is not null and day > date '2025-12-31' - 365 group by all)
    group by customer),
top_brand as (
    select customer, arg_min(v::varchar, {'n': -n, 'v': v::varchar}) as favourite_brand
    from (select customer, brand as v, sum(amount) as n from l where brand is not null group by all) group by customer),
top_product as (
    select customer, arg_min(v::varchar, {'n': -n, 'v': v::varchar}) as top_product
    from (select customer, product as v, sum(amount) as n from l where product is not null group by all) group by customer),
back as (
    select customer, coalesce(sum(amount) filter (day > date '2025-12-31' - 365), 0) as refunded_365d,
           sum(amount)::bigint as refunded, count(amount) as refunds
    from refunds where customer between $first and $last group by customer),
back_category as (
    select customer, arg_min(v::varchar, {'n': -n, 'v': v::varchar}) as refunded_category
    from (select customer, category_3 as v, count(*) as n from refunds
          where customer between $first and $last and category_3 is not null group by all) group by customer),
everybody as (select range as customer from range($first, $last + 1)),
told as (
    select *, case when frequency > 0 then spent end as money, totals.frequency as bought_times,
           case when days >= 3 then (last_purchase - first_purchase) / (days - 1) end as own_gap
    from everybody left join totals using (customer)
)
select t.customer,
    coalesce(bought_times, 0) as frequency,
    money as monetary,
    case when bought_times > 0 then (spent * 2 + bought_times) // (bought_times * 2) end as average_basket,
    case when bought_times > 0 and spent > 0 then t.returned / spent end as return_share,
    coalesce(orders_7d, 0) as orders_7d, coalesce(orders_30d, 0) as orders_30d,
    coalesce(orders_180d, 0) as orders_180d, coalesce(orders_365d, 0) as orders_365d,
    coalesce(orders_previous_365d, 0) as orders_previous_365d,
    coalesce(spend_60d, 0)::bigint as spend_60d, coalesce(spend_90d, 0)::bigint as spend_90d,
    coalesce(spend_90d_last_year, 0)::bigint as spend_90d_last_year,
    case when spend_90d + earlier_90d > 0 then (spend_90d - earlier_90d) / (spend_90d + earlier_90d) end as spend_trend,
    case when spend_365d + earlier_365d > 0 then (spend_365d - earlier_365d) / (spend_365d + earlier_365d) end
        as spend_year_trend,
    first_order_amount, last_order_amount, largest_order_365d, smallest_order,
    coalesce(large_orders, 0) as large_orders, basket_lines,
    coalesce(shipping_fees_365d, 0)::bigint as shipping_fees_365d, free_shipping_share,
    coalesce(refunded_365d, 0)::bigint as refunded_365d,
    case when refunds > 0 then (refunded * 2 + refunds) // (refunds * 2) end as average_refund,
    case when last_purchase is not null then 1 + (date '2025-12-31' - last_purchase <= 30)::bigint
        + (date '2025-12-31' - last_purchase <= 60)::bigint + (date '2025-12-31' - last_purchase <= 120)::bigint
        + (date '2025-12-31' - last_purchase <= 240)::bigint end as recency_score,
    1 + (coalesce(bought_times, 0) >= 2)::bigint + (coalesce(bought_times, 0) >= 3)::bigint
        + (coalesce(bought_times, 0) >= 5)::bigint + (coalesce(bought_times, 0) >= 10)::bigint as frequency_score,
    case when money is not null then 1 + (money >= 20000)::bigint + (money >= 50000)::bigint
        + (money >= 100000)::bigint + (money >= 300000)::bigint end as monetary_score,
    recency_score::varchar || frequency_score::varchar || monetary_score::varchar as rfm_score,
    coalesce(date '2025-12-31' - last_purchase <= 90, false) as lately, -- not kept
    case when lately and frequency_score >= 3 and monetary_score >= 3 then 'champion'
         when lately and monetary_score >= 3 then 'big_to_develop'
         when frequency_score >= 3 and monetary_score >= 3 then 'big_to_keep'
         when monetary_score >= 3 then 'big_to_win_back'
         when lately and frequency_score >= 3 then 'regular'
         when lately then 'to_develop'
         when recency_score is not null and frequency_score >= 3 then 'to_keep'
         when recency_score is not null then 'to_win_back' end as rfm_tier,
    store_share, coalesce(store_orders_365d, 0) as store_orders_365d, top_store, last_store, top_source,
    top_sales_channel, last_purchase as recency_days, first_purchase as tenure_days, first_purchase, last_purchase,
    own_gap, -- not kept: days_to_next_purchase needs the median of everybody's
    favourite_weekday, favourite_hour, favourite_month, weekend_share, morning_share, lunch_share, evening_share,
    night_share,
    case when p.whole > 0 then double_11 / p.whole end as double_11_share,
    case when p.whole > 0 then double_12 / p.whole end as double_12_share,
    case when p.whole > 0 then mid_year / p.whole end as mid_year_share,
    case when p.whole > 0 then spring_festival / p.whole end as spring_festival_share,
    case when p.whole > 0 then womens_day / p.whole end as womens_day_share,
    case when p.whole > 0 then mid_autumn / p.whole end as mid_autumn_share,
    case when p.whole > 0 then national_day / p.whole end as national_day_share,
    case when p.whole > 0 then dragon_boat / p.whole end as dragon_boat_share,
    case when p.whole > 0 then labour_day / p.whole end as labour_day_share,
    case when p.whole > 0 then lovers_days / p.whole end as lovers_days_share,
    case when p.whole > 0 then year_end / p.whole end as year_end_share,
    festival_share, top_festival,
    favourite_category_1, favourite_category_2, favourite_category_3, first_category, last_category, favourite_brand,
    case when priced > 0 then (prices * 2 + priced) // (priced * 2) end as average_price, highest_price, lowest_price,
    case when b.whole > 0 then premium / b.whole end as premium_share,
    small_goods_share, bundle_share, largest_quantity, pieces_per_line,
    case when recent > 0 then multiples / recent end as multiples_share,
    top_product, first_product, last_product, refunded_category, paid_share, deep_discount_share, best_price_share,
    discounted_order_share, coalesce(discount_365d, 0)::bigint as discount_365d,
    case when discounted > 0 then (taken_off * 2 + discounted) // (discounted * 2) end as average_discount,
    case when coalesce(bought_times, 0) >= 2 then
        case when paid_share <= 0.8 then 'strong' when paid_share <= 0.93 then 'medium'
             when paid_share is not null then 'weak' end end as discount_sensitivity
from told t left join plain p using (customer) left join bought b using (customer)
    left join top_store using (customer) left join top_source using (customer) left join top_channel using (customer)
    left join top_weekday using (customer) left join top_hour using (customer) left join top_month using (customer)
    left join top_festival using (customer) left join top_1 using (customer) left join top_2 using (customer)
    left join top_3 using (customer) left join top_brand using (customer) left join top_product using (customer)
    left join back using (customer) left join back_category using (customer)
