-- file: wecom/clicks-{month}.csv
-- from: messages/wecom/{month}
-- form: csv
-- Who opened the link of a mass send, from the page behind it.
select
  external_userid(account) as external_userid,
  code as campaign,
  local(moment + clicked_after) as clicked_at
from part join campaign_texts using (campaign)
where clicked_after > 0 and moment + clicked_after < getvariable('ended')
order by moment + clicked_after, part.number
