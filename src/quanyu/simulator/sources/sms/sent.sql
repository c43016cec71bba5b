-- file: sms/sent-{month}.csv
-- from: messages/sms
-- form: csv
-- The text messages and the carriers' reports.
select
  month,
  hexed(part.number) as message_id,
  phone,
  code as campaign,
  template as template_code,
  '禾元' as sign_name,
  concat('【禾元】', body, '，点 hy1.cn/', substr(hexed(hash(part.number, 31)), 1, 12), ' 查看，拒收请回复R') as content,
  local(moment) as sent_at,
  case when delivered then 'DELIVRD' else ['UNDELIV', 'UNDELIV', 'EXPIRED', 'MK:0001', 'REJECTD'][1 + (part.number % 5)::integer] end as status,
  local(least(moment + 2 + (part.number // 8 % 20)::bigint, getvariable('ended') - 1)) as report_at
from part join campaign_texts using (campaign)
where phone > 0
