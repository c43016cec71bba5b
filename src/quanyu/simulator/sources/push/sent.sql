-- file: push/sent-{month}.csv
-- from: messages/push
-- form: csv
-- The app's notifications, one row a phone, with what the phone reported.
select
  month,
  hexed(part.number) as msg_id,
  registration_id(account) as registration_id,
  code as campaign,
  title,
  body as alert,
  local(moment) as sent_at,
  case when delivered then 'received' else 'not_received' end as status,
  case when opened_after > 0 and moment + opened_after < getvariable('ended') then local(moment + opened_after) end as opened_at,
  case when clicked_after > 0 and moment + clicked_after < getvariable('ended') then local(moment + clicked_after) end as clicked_at
from part join campaign_texts using (campaign)
