-- file: {store}/orders-{month}.csv
-- from: lines/{store}
-- form: csv bom
-- stores: tmall_flagship, tmall_outlet
-- The seller's export of orders (ExportOrderList): a row an order. A presale whose balance is due still waits for its
-- buyer; of the address the platform shows province and city.
select
  month,
  tmall_order(part.number) as 订单编号,
  buyer_id(buyer) as ouid,
  case when omid > 0 then group_id(omid) end as omid,
  yuan(order_list - order_discount - order_subsidy) as 买家应付货款,
  yuan(shipping) as 买家应付邮费,
  0 as 买家支付积分,
  yuan(order_list - order_discount - order_subsidy + shipping) as 总金额,
  yuan(order_discount) as 店铺优惠,
  yuan(order_subsidy) as 平台补贴,
  yuan(case
    when status in (1, 3) then 0
    when status = 2 then (order_list - order_discount - order_subsidy) // 10
    else order_list - order_discount - order_subsidy + shipping
  end) as 买家实际支付金额,
  case
    when status in (1, 2) then '等待买家付款'
    when status in (3, 5) then '交易关闭'
    when greatest(moment, balance_at) > getvariable('ended') - 172800 then '买家已付款，等待卖家发货'
    when greatest(moment, balance_at) > getvariable('ended') - 864000 then '卖家已发货，等待买家确认'
    else '交易成功'
  end as 订单状态,
  surnames.zh || case when given1 < 0 then '*' else '**' end as 收货人姓名,
  cities.province_zh as 收货省,
  cities.zh as 收货市,
  local(moment) as 订单创建时间,
  case when status not in (1, 3) then local(moment + 20 + (luck % 600)::bigint) end as 订单付款时间,
  skus.name_zh || case when kinds > 1 then ' 等多件' else '' end as 宝贝标题,
  kinds as 宝贝种类,
  pieces as 宝贝总数量,
  case when balance_at > 0 then '是' else '否' end as 是否预售,
  case
    when balance_at = 0 or status in (1, 3) then null
    when status = 2 then '定金已付，尾款未付'
    else '定金已付，尾款已付'
  end as 分阶段订单信息,
  case when balance_at > 0 and status not in (1, 3) then local(moment + 20 + (luck % 600)::bigint) end as 定金支付时间,
  case when balance_at > 0 and status not in (1, 2, 3) then local(balance_at + (luck % 7200)::bigint) end as 尾款支付时间,
  yuan(order_refund) as 退款金额,
  case when status = 3 then '买家未付款' when status = 5 then '退款' else '订单未关闭' end as 订单关闭原因,
  case getvariable('store') when 'tmall_flagship' then '104827365' else '118390462' end as 店铺Id,
  case getvariable('store') when 'tmall_flagship' then '禾元旗舰店' else '禾元奥莱店' end as 店铺名称
from part
join surnames on surnames.index = part.surname
join cities on cities.city = part.city
join skus on skus.sku = part.sku
where position = 1
