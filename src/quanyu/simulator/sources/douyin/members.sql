-- file: douyin/members.csv
-- from: records/douyin_member
-- form: csv bom
-- Who has joined the membership of the Douyin shop: a row a member, with the phone that he has agreed to hand over.
select
  douyin_id(open_id) as open_id,
  written.name as 昵称,
  mobile as 手机号,
  local(moment) as 入会时间,
  ['直播间', '店铺首页', '商品详情页', '支付成功页'][1 + part_of(4, luck)] as 入会渠道,
  ['V1', 'V1', 'V1', 'V2', 'V3'][1 + part_of(5, luck // 8)] as 会员等级
from written() written
