-- file: wecom/events.jsonl
-- from: records/wecom
-- form: jsonl
-- The callbacks change_external_contact, decrypted: who was added, and who deleted whom. Those of customers who leave
-- after a mass send are in the files of the months.
with people as (
  select key, moment, deleted_at, luck, coalesce(staff.wecom_userid, 'HeyuanKefu') as userid,
    case when luck % 10 < 6 then coalesce(stores.code || '-QR', 'ONLINE-QR') else '' end as state
  from part left join staff on staff.staff = part.guide left join stores on stores.store = part.store
), changes as (
  select key, moment as happened, userid, 'add_external_contact' as change,
    concat(',"State":"', state, '","WelcomeCode":"', hexed(hash(luck)), '"') as more from people
  union all
  select key, deleted_at, userid, case when luck // 4096 % 12 = 0 then 'del_external_contact' else 'del_follow_user' end,
    case when luck // 4096 % 12 = 0 then ',"Source":""' else '' end
  from people where deleted_at > 0
)
select concat('{"ToUserName":"ww8f21c0a63d9be745","FromUserName":"sys","CreateTime":', unix(happened),
  ',"MsgType":"event","Event":"change_external_contact","ChangeType":"', change, '","UserID":"', userid,
  '","ExternalUserID":"', external_userid(key), '"', more, '}', chr(10)) as line
from changes
where happened >= (select epoch(first)::bigint from company) and happened < getvariable('ended')
order by happened, key
