-- file: official_account/events-{month}.jsonl
-- from: messages/official_account
-- form: jsonl
-- The callbacks of followers who left after an article.
select month, concat('{"ToUserName":"gh_4a1c7e9b2d58","FromUserName":"', open_id(account, 'HYg'), '","CreateTime":', unix(happened),
  ',"MsgType":"event","Event":"unsubscribe"}', chr(10)) as line
from (select *, moment + 60 + (number // 64 % 90000)::bigint as happened from part where part."left") part
where happened < getvariable('ended')
order by month, happened, number
