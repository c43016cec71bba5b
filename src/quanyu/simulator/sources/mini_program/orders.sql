-- file: mini_program/orders-{month}.csv
-- from: lines/mini_program
-- form: csv bom
-- The mini-program shop's order export: a row a line of an order, the order's own amounts on each of them.
select
  month,
  mini_order(part.number) as 订单号,
  position as 行号,
  open_id(buyer, 'HYm') as 买家openid,
  coalesce(goods.item, '') as 商品ID,
  goods.code as 规格编码,
  skus.code as 商家编码,
  skus.name_zh as 商品名称,
  quantity as 商品数量,
  yuan(part.price) as 商品单价,
  yuan(discount) as 商品优惠,
  yuan(part.price * quantity - discount - subsidy) as 商品小计,
  each_one(part.price * quantity - discount - subsidy, quantity) as 成交单价,
  yuan(order_list) as 订单商品总额,
  yuan(order_discount + order_subsidy) as 订单优惠总额,
  yuan(points) as 积分抵扣,
  yuan(shipping) as 运费,
  yuan(order_list - order_discount - order_subsidy - points + shipping) as 应付金额,
  yuan(paid_of(status, order_list - order_discount - order_subsidy - points + shipping)) as 实付金额,
  case status when 0 then case when days_ago(moment) < 2 then '待发货' when days_ago(moment) < 9 then '已发货' else '已完成' end
    when 1 then '待付款' when 2 then '已付定金' when 3 then '已关闭' when 4 then '部分退款' else '已退款' end as 订单状态,
  local(moment) as 下单时间,
  case when status not in (1, 3) then local(moment + 5 + (luck % 200)::bigint) end as 付款时间,
  case when balance_at > 0 then local(balance_at) end as 尾款时间,
  full_name as 收货人,
  receiver_phone as 收货电话,
  province_zh as 省,
  city_zh as 市,
  district_zh as 区,
  case receiver_kind when 2 then station else street end as 详细地址,
  case receiver_kind when 1 then ['生日快乐！', '一点心意，请笑纳', '节日快乐，万事顺意', '送给最爱喝茶的你'][1 + (luck % 4)::integer] end as 礼物留言
from named() part
join skus on skus.sku = part.sku
join goods_of_screens goods on goods.screen = 2 and goods.sku = part.sku
