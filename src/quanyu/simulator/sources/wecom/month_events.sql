-- file: wecom/events-{month}.jsonl
-- from: messages/wecom
-- form: jsonl
-- The callbacks of customers who delete their guide after a mass send.
select month, concat('{"ToUserName":"ww8f21c0a63d9be745","FromUserName":"sys","CreateTime":', unix(happened),
  ',"MsgType":"event","Event":"change_external_contact","ChangeType":"del_follow_user","UserID":"', coalesce(staff.wecom_userid, 'HeyuanKefu'),
  '","ExternalUserID":"', external_userid(account), '"}', chr(10)) as line
from (select *, moment + 60 + (number % 40000)::bigint as happened from part where part."left") gone
left join staff on staff.staff = gone.guide
where happened < getvariable('ended')
order by month, happened, gone.number
