-- file: aftersales/cases-{month}.csv
-- from: returns/all
-- form: csv bom
-- The company's own after-sales system: a row a case, of all sales channels, by the month in which it was opened. It knows
-- which system took the order. Where no money goes back it names no amount.
select
  month,
  'AS' || digits("case", 16) as 售后单号,
  order_number(channel, part.number, stores.chain, stores.code, ordered_at) as 订单号,
  ['门店', '天猫旗舰店', '天猫奥莱店', '京东', '抖音', '小程序', '官网'][1 + channel] as 渠道,
  case when channel > 0 then 渠道 when stores.chain = 'south' then '南区收银系统' else 'North POS' end as 订单来源,
  stores.code as 门店编码,
  skus.code as 商品编码,
  skus.name_zh as 商品名称,
  quantity as 数量,
  case part.kind when 1 then '换货' when 2 then '维修' when 3 then '投诉'
    else case when luck % 6 = 0 and channel > 0 then '仅退款' else '退货退款' end end as 售后类型,
  case part.kind
    when 2 then ['零件缺失', '使用中损坏', '安装问题'][1 + part_of(3, luck // 8)]
    when 3 then ['物流太慢', '客服态度', '质量问题', '少发漏发', '价格保护'][1 + part_of(5, luck // 8)]
    else ['七天无理由', '七天无理由', '质量问题', '商品破损', '尺码规格不符', '发错货', '与描述不符'][1 + part_of(7, luck // 8)]
  end as 原因,
  local(opened_at) as 申请时间,
  case when closed_at > 0 then local(closed_at) end as 完结时间,
  case when refund > 0 then yuan(refund) end as 退款金额,
  case when closed_at > 0 then '已完结' else '处理中' end as 状态
from part
join skus on skus.sku = part.sku
left join stores on stores.store = part.store
