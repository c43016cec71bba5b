-- file: {store}/items-{month}.csv
-- from: lines/{store}
-- form: csv bom
-- stores: tmall_flagship, tmall_outlet
-- The seller's export of what is in the orders (ExportOrderDetailList): a row an article, which is a sub-order.
select
  month,
  tmall_order(part.number + case when kinds = 1 then 0 else position end) as 子订单编号,
  tmall_order(part.number) as 主订单编号,
  buyer_id(buyer) as ouid,
  skus.name_zh as 标题,
  yuan(part.price) as 价格,
  quantity as 购买数量,
  merchant_code(skus.code, codes.sku_code) as 外部系统编号,
  codes.item_code as 商品ID,
  codes.sku_code as "SKU ID",
  skus.spec_zh as 商品属性,
  yuan(part.price * quantity - discount - subsidy) as 买家应付货款,
  case
    when status in (1, 2) then '等待买家付款'
    when status = 3 or returned = quantity then '交易关闭'
    when greatest(moment, balance_at) > getvariable('ended') - 172800 then '买家已付款，等待卖家发货'
    when greatest(moment, balance_at) > getvariable('ended') - 864000 then '卖家已发货，等待买家确认'
    else '交易成功'
  end as 订单状态,
  case when returned > 0 then '退款成功' else '没有申请退款' end as 退款状态,
  case when returned > 0 then yuan(refund)::varchar else '无退款申请' end as 退款金额,
  local(moment) as 订单创建时间
from part
join skus on skus.sku = part.sku
left join platform_codes codes on codes.sku = part.sku and codes.platform = 'tmall'
