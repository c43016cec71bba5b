-- file: douyin/orders-{month}.csv
-- from: lines/douyin
-- form: csv bom
-- The export of a Douyin shop: a row a sub-order. Long numbers begin with a tab, so that a spreadsheet leaves them alone.
with creators(place, id, nick) as (
  values (0, '71023985647', '茶里小满'), (1, '68840217735', '阿禾在家'), (2, '90317746528', '北漂收纳师'),
    (3, '55271908346', '大圆吃零食'), (4, '83094412657', '林一家居'), (5, '47750263918', '宝妈团子'),
    (6, '62918830475', '周末泡茶馆'), (7, '39506127844', '咖啡研究生'))
select
  month,
  chr(9) || douyin_order(part.number) as 主订单编号,
  chr(9) || douyin_order(part.number + case when kinds = 1 then 0 else position end) as 子订单编号,
  skus.name_zh as 选购商品,
  skus.spec_zh as 商品规格,
  quantity as 商品数量,
  chr(9) || codes.item_code as 商品ID,
  chr(9) || skus.code as 商家编码,
  yuan(part.price) as 商品单价,
  yuan(part.price * quantity - discount - subsidy + case when position = 1 then shipping else 0 end) as 订单应付金额,
  yuan(case when position = 1 then shipping else 0 end) as 运费,
  yuan(discount + subsidy) as 优惠总金额,
  yuan(subsidy) as 平台实际承担优惠金额,
  yuan(discount) as 商家实际承担优惠金额,
  yuan(0) as 达人实际承担优惠金额,
  douyin_id(buyer) as open_id,
  surnames.zh || '*' as 收件人,
  masked_phone(receiver_phone) as 收件人手机号,
  cities.province_zh as 省,
  cities.zh as 市,
  districts.zh as 区,
  '****' as 详细地址,
  local(moment) as 订单提交时间,
  case when status in (1, 3) then '-' else local(moment + 10 + (luck % 300)::bigint) end as 支付完成时间,
  case
    when status = 1 then '待支付'
    when status = 2 then '定金已付'
    when status in (3, 5) then '已关闭'
    when greatest(moment, balance_at) > getvariable('ended') - 129600 then '待发货'
    when greatest(moment, balance_at) > getvariable('ended') - 864000 then '已发货'
    else '已完成'
  end as 订单状态,
  case when returned > 0 then '退款成功' else '-' end as 售后状态,
  case when status = 3 then '超时未支付' else '-' end as 取消原因,
  case when balance_at > 0 then '预售' else '普通订单' end as 订单类型,
  case when creators.id is null then '-' else chr(9) || creators.id end as 达人ID,
  coalesce(creators.nick, '-') as 达人昵称,
  case part_of(20, luck // 16) when 0 then '搜索' when 1 then '橱窗' when 2 then '商品卡'
    else case when creators.id is null then '商品卡' when luck % 3 = 0 then '短视频' else '直播' end end as 流量来源
from part
join skus on skus.sku = part.sku
join surnames on surnames.index = part.surname
join cities on cities.city = part.city
join districts on districts.district = part.district
left join creators on creators.place = part_of(13, luck)
left join platform_codes codes on codes.sku = part.sku and codes.platform = 'douyin'
