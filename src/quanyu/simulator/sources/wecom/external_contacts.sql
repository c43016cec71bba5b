-- file: wecom/external_contacts.jsonl
-- from: records/wecom
-- form: jsonl
-- The customers of the guides as externalcontact/batch/get_by_user returns them. Who deletes his guide stays in this
-- list; whom the guide deletes does not.
select concat('{"external_contact":{"external_userid":"', external_userid(key), '","name":"', name,
  '","avatar":"http://wx.qlogo.cn/mmhead/', hexed(luck), '/0","type":1,"gender":', sex,
  case when unionid > 0 then concat(',"unionid":"', union_id(unionid), '"') else '' end,
  '},"follow_info":{"userid":"', userid, '","remark":"', case when luck // 32 % 3 = 0 then full_name when luck // 32 % 3 = 1 then name else '' end,
  '","description":"","createtime":', unix(moment), ',"tag_id":[', case when luck // 128 % 4 = 0 then concat('"et', hexed(hash(luck // 512 % 6, 37)), '"') else '' end,
  '],"remark_mobiles":[', coalesce('"' || mobile || '"', ''), '],"state":"', state, '","oper_userid":"', userid, '","add_way":', way, '}}', chr(10)) as line
from (
  select people.*, coalesce(staff.wecom_userid, 'HeyuanKefu') as userid,
    case when luck % 10 < 6 then 1 when luck % 10 < 8 then 3 when luck % 10 = 8 then 2 else 16 end as way,
    case when luck % 10 < 6 then coalesce(stores.code || '-QR', 'ONLINE-QR') else '' end as state
  from written() people left join staff on staff.staff = people.guide left join stores on stores.store = people.store
)
where not (deleted_at > 0 and luck // 4096 % 12 = 0)
