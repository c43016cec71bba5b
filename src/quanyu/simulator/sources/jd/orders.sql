-- file: jd/orders-{month}.csv
-- from: lines/jd
-- form: csv gb18030
-- The export of a JD shop: a row an article; the amounts of the order stand in each of its rows. Refunds are in the
-- after-sales system alone.
select
  month,
  jd_order(part.number) as 订单号,
  codes.sku_code as 商品ID,
  skus.name_zh as 商品名称,
  quantity as 订购数量,
  case when luck % 4 = 0 then '货到付款' else '在线支付' end as 支付方式,
  local(moment) as 下单时间,
  yuan(part.price) as 京东价,
  yuan(order_list) as 订单金额,
  yuan(order_discount) as 商家优惠金额,
  yuan(order_subsidy) as 京东优惠金额,
  yuan(order_list - order_discount - order_subsidy) as 结算金额,
  yuan(shipping) as 运费金额,
  yuan(order_list - order_discount - order_subsidy + shipping) as 应付金额,
  case
    when status = 1 then '等待付款'
    when status = 2 then '等待付尾款'
    when status = 3 then '已取消'
    when greatest(moment, balance_at) > getvariable('ended') - 86400 then '等待出库'
    when greatest(moment, balance_at) > getvariable('ended') - 604800 then '等待确认收货'
    else '完成'
  end as 订单状态,
  case when balance_at > 0 then '预售订单' else 'SOP' end as 订单类型,
  jd_pin(buyer) as 下单帐号,
  surnames.zh || case when given1 < 0 then '*' else '**' end as 客户姓名,
  case when cities.province_zh = cities.zh then '' else cities.province_zh end || cities.zh || districts.zh || '******' as 客户地址,
  masked_phone(receiver_phone) as 联系电话,
  case when status not in (1, 3) then local(moment + 15 + (luck % 400)::bigint) end as 付款确认时间,
  merchant_code(skus.code, codes.sku_code) as 货号,
  case when status not in (1, 2, 3) and greatest(moment, balance_at) <= getvariable('ended') - 604800
    then local(greatest(moment, balance_at) + 172800 + (luck % 345600)::bigint) end as 订单完成时间,
  ['Android', 'iPhone', '微信', 'PC'][1 + part_of(4, luck // 8)] as 订单来源
from part
join skus on skus.sku = part.sku
join surnames on surnames.index = part.surname
join cities on cities.city = part.city
join districts on districts.district = part.district
left join platform_codes codes on codes.sku = part.sku and codes.platform = 'jd'
