-- file: erp/stock.csv.gz
-- from: sales/all
-- form: csv gz
-- Stock at the end of each day, per warehouse and product. On Mondays each is filled up to its level; until the next
-- Monday sales take from it, and when it is empty the order goes to another warehouse. What is sorted is one short row a
-- product and day; each makes its four afterwards.
with spans as (
  select (last - first)::int + 1 as days, (epoch(first)::bigint // 86400 + 3) % 7 as weekday, first from company),
dates as (
  select day::int as day, ((day + weekday) // 7)::int as week, (day + weekday) % 7 = 0 and day > 0 as filled, (first + day::int)::date as date
  from spans, range(days) d(day)
  where day >= days - 198),  -- the half year and the two weeks that its first days need
sales as (
  select sku, day, quantity from part where sku not in (select bundle from bundles)
  union all
  select component, day, part.quantity * bundles.quantity from part join bundles on bundles.bundle = part.sku),
levels as (
  select skus.sku, skus.code, (row_number() over (order by skus.code))::int as place,
    (6 + coalesce(sum(quantity), 0) * 11 // (select days from spans))::int as level
  from skus left join sales on sales.sku = skus.sku where kind <> 'bundle' group by skus.sku, skus.code),
sold as (
  select sku, day, sum(quantity)::int as pieces
  from sales where day >= (select min(day) from dates) group by sku, day),
taken as (
  select place, level, day, week, filled, date, coalesce(pieces, 0) as pieces,
    (sum(coalesce(pieces, 0)) over (partition by place, week order by day))::int as so_far
  from dates cross join levels left join sold using (sku, day)),
weeks as (select place, week + 1 as week, max(so_far) as pieces from taken group by place, week),
kept as (select * from taken where day >= (select days from spans) - 184 order by day, place),  -- the system keeps half a year
counted as (
  select date, filled, warehouse.number, place, 3 + level * warehouse.share // 100 as top,
    greatest(top - (so_far * warehouse.share + 50) // 100, 0) as at_end,
    greatest(top - ((so_far - pieces) * warehouse.share + 50) // 100, 0) as before,
    greatest(top - (last_week * warehouse.share + 50) // 100, 0) as week_before
  from (
    select kept.*, coalesce(weeks.pieces, 0) as last_week,
      unnest([{number: 1, share: 40}, {number: 2, share: 28}, {number: 3, share: 20}, {number: 4, share: 12}]) as warehouse
    from kept left join weeks using (place, week)))
select
  date as 日期,
  'WH0' || number as 仓库编码,
  levels.code as 商品编码,
  case when filled then top - week_before else 0 end as 入库数量,
  before - at_end as 出库数量,
  at_end as 期末库存
from counted join levels using (place)
