-- file: wecom/clicks-{month}.csv
-- from: messages/wecom
-- form: csv
-- Who opened the link of a mass send, from the page behind it.
select
  month,
  external_userid(account) as external_userid,
  code as campaign,
  local(moment + clicked_after) as clicked_at
from part join campaign_texts using (campaign)
where clicked_after > 0 and moment + clicked_after < getvariable('ended')
order by month, moment + clicked_after, part.number
