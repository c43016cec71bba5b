-- file: pos_south/members.csv
-- from: records/card
-- form: csv gb18030
-- The south chain's till system, list of members: a row a card.
select
  south_card(key) as 会员卡号,
  written.name as 姓名,
  mobile as 手机号,
  case sex when 1 then '男' when 2 then '女' end as 性别,
  strftime(born, '%Y/%-m/%-d') as 生日,
  stores.code as 开卡门店,
  local(moment) as 开卡时间,
  ['普通', '普通', '普通', '银卡', '金卡'][1 + part_of(5, luck)] as 会员等级,
  case when has_address then written.place || street end as 地址,
  case when refuses_sms then '否' when luck % 3 = 0 then '是' end as 接收短信
from written() written join stores on stores.store = written.store
where stores.chain = 'south'
