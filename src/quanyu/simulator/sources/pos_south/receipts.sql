-- file: pos_south/receipts-{month}.csv
-- from: lines/store
-- form: csv gb18030
-- The south chain's tills: a row a line of a receipt, without a card where none was shown. A return is a receipt of its
-- own in the after-sales system.
select
  month,
  receipt_number('south', stores.code, moment, part.number) as 小票号,
  position as 行号,
  stores.code as 门店编码,
  staff.number as 收银员,
  local(moment) as 交易时间,
  case when buyer > 0 then south_card(buyer) end as 会员卡号,
  skus.barcode as 商品条码,
  skus.code as 商品编码,
  skus.name_zh as 商品名称,
  quantity as 数量,
  yuan(part.price) as 吊牌价,
  yuan(discount) as 折扣金额,
  each_one(part.price * quantity - discount - subsidy, quantity) as 成交单价,
  yuan(part.price * quantity - discount - subsidy) as 实收金额,
  case when position = 1 then yuan(points) end as 积分抵扣,
  ['微信支付', '微信支付', '支付宝', '银行卡', '现金'][1 + part_of(5, luck)] as 支付方式,
  case when luck % 5 < 3 and luck % 7 < 5 then digits(payer, 18) end as 付款码标识
from part
join stores on stores.store = part.store
join skus on skus.sku = part.sku
left join staff on staff.staff = part.guide
where stores.chain = 'south'
