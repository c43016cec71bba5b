-- file: wecom/mass_sends-{month}.csv
-- from: messages/wecom
-- form: csv
-- The results of mass sends as get_groupmsg_send_result returns them: 1 sent, 2 no longer a friend, 3 had one already.
select
  month,
  'msg' || hexed(hash(code)) as msgid,
  code as campaign,
  body as content,
  coalesce(staff.wecom_userid, 'HeyuanKefu') as userid,
  external_userid(account) as external_userid,
  case when delivered then 1 when part.number % 3 = 0 then 2 else 3 end as status,
  case when delivered then unix(moment) end as send_time
from part join campaign_texts using (campaign) left join staff on staff.staff = part.guide
