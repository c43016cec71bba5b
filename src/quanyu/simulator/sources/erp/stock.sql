-- file: erp/stock.csv.gz
-- from: sales/all
-- form: csv gz
-- Stock at the end of each day, per warehouse and product. On Mondays each is filled up to its level; until the next
-- Monday sales take from it, and when it is empty the order goes to another warehouse.
with warehouses(warehouse, share) as (values (1, 40), (2, 28), (3, 20), (4, 12)),
sold as (
  select sku, day, sum(quantity)::bigint as pieces
  from (
    select sku, day, quantity from part where sku not in (select bundle from bundles)
    union all
    select component, day, part.quantity * bundles.quantity from part join bundles on bundles.bundle = part.sku)
  group by sku, day),
spans as (select (last - first)::int + 1 as days, (epoch(first)::bigint // 86400 + 3) % 7 as weekday, first from company),
levels as (
  select skus.sku, skus.code, row_number() over (order by skus.code) as place,
    6 + coalesce(sum(pieces), 0) * 11 // (select days from spans) as level
  from skus left join sold on sold.sku = skus.sku where kind <> 'bundle' group by skus.sku, skus.code),
grid as (
  select levels.*, day::int as day, (day + weekday) // 7 as week from levels, spans, range(days) d(day)
  where day >= days - 198),  -- the half year and the two weeks that its first days need
taken as (
  select grid.code, grid.place, grid.level, grid.day, grid.week, coalesce(pieces, 0) as pieces,
    sum(coalesce(pieces, 0)) over (partition by grid.sku, grid.week order by grid.day)::bigint as so_far
  from grid left join sold on sold.sku = grid.sku and sold.day = grid.day),
weeks as (select place, week + 1 as week, max(so_far) as pieces from taken group by place, week),
counted as (
  select taken.day, warehouse, taken.code, (taken.day * 8192 + taken.place) * 4 + warehouse as turn,
    (taken.day + weekday) % 7 = 0 as filled,
    3 + level * share // 100 as top,
    greatest(top - (so_far * share + 50) // 100, 0) as at_end,
    greatest(top - ((so_far - taken.pieces) * share + 50) // 100, 0) as before,
    greatest(top - (coalesce(weeks.pieces, 0) * share + 50) // 100, 0) as week_before
  from taken, warehouses, spans
  left join weeks on weeks.place = taken.place and weeks.week = taken.week)
select
  (first + day)::date as 日期,
  'WH0' || warehouse as 仓库编码,
  code as 商品编码,
  case when filled and day > 0 then top - week_before else 0 end as 入库数量,
  before - at_end as 出库数量,
  at_end as 期末库存
from counted, spans
where day >= days - 184  -- the system keeps half a year
order by turn
