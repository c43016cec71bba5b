-- file: erp/coupons.csv
-- from: coupons/all
-- form: csv bom
-- Coupons that campaigns have given, valid for the day and the week after it. A code in a text message names no holder.
select
  'HYQ' || digits(coupon, 15) as 券码,
  campaign_codes.code as 活动编码,
  ['短信', '企业微信', 'APP推送', '公众号'][1 + part.channel] as 发放渠道,
  case part.channel when 1 then external_userid(account) when 2 then user_id(account) when 3 then open_id(account, 'HYg') end
    as 领取人标识,
  (100 - part.offer)::decimal(3, 0) * 0.1 || '折' as 面额,
  local(issued_at) as 发放时间,
  day_of(issued_at + 604800) as 有效期至,
  case when used_at > 0 then '已使用' when issued_at + 691200 < getvariable('ended') then '已过期' else '未使用' end as 状态,
  case when used_at > 0 then order_number(used_channel, used_number, stores.chain, stores.code, used_at) end as 核销订单号,
  case when used_at > 0 then local(used_at) end as 核销时间
from part
join campaign_codes on campaign_codes.campaign = part.campaign
left join stores on stores.store = part.used_store
