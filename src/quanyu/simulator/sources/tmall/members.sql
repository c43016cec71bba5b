-- file: {store}/members.csv
-- from: records/tmall_member
-- form: csv bom
-- stores: tmall_flagship, tmall_outlet
-- Who has joined the membership (会员通) in this store: a row a member, without phone or name.
select
  group_id(omid) as omid,
  buyer_id(case getvariable('store') when 'tmall_flagship' then ouid else outlet_ouid end) as ouid,
  substr(nicks.nick, 1, 1) || '***' || substr(nicks.nick, -1) as 会员昵称,
  local(moment) as 入会时间,
  ['v1', 'v1', 'v1', 'v2', 'v3'][1 + part_of(5, luck)] as 会员等级,
  cities.province_zh as 省份
from part
join nicks on nicks.number = part_of(getvariable('nicks'), luck)
join cities on cities.city = part.city
where case getvariable('store') when 'tmall_flagship' then luck % 10 < 8 else luck % 10 > 5 end
