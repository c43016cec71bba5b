-- file: sms/clicks-{month}.csv
-- from: messages/sms
-- form: csv
-- The short links that were opened, by the link service.
select
  month,
  'hy1.cn/' || substr(hexed(hash(part.number, 31)), 1, 12) as short_link,
  hexed(part.number) as message_id,
  code as campaign,
  local(moment + clicked_after) as clicked_at,
  case when part.number // 32 % 5 < 2 then 'iOS' else 'Android' end as os
from part join campaign_texts using (campaign)
where phone > 0 and clicked_after > 0 and moment + clicked_after < getvariable('ended')
order by month, moment + clicked_after, part.number
