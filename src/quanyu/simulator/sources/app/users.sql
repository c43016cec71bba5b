-- file: app/users.csv
-- from: records/app
-- form: csv
-- The app's accounts: those of the site are others. The registration id is the push service's name of the phone.
select
  user_id(key) as user_id,
  mobile as phone,
  name as nickname,
  case when luck % 5 < 2 then 'ios' else 'android' end as platform,
  registration_id(key) as registration_id,
  luck // 64 % 10 < 8 as push_enabled,
  local(moment) as registered_at
from written()
