-- file: official_account/messages-{month}.csv
-- from: messages/official_account
-- form: csv
-- The articles that were sent, a row a follower: whether it arrived, when it was opened, when its link was followed.
select
  month,
  open_id(account, 'HYg') as openid,
  code as campaign,
  title as article_title,
  local(moment) as sent_at,
  case when delivered then 'success' else 'failed: system failed' end as status,
  case when opened_after > 0 and moment + opened_after < getvariable('ended') then local(moment + opened_after) end as opened_at,
  case when clicked_after > 0 and moment + clicked_after < getvariable('ended') then local(moment + clicked_after) end as clicked_at
from part join campaign_texts using (campaign)
