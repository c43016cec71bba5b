-- file: mini_program/users.csv
-- from: records/mini_program
-- form: csv
-- The mini-program's users: an openid each; the phone where it was granted, the friend's code where one was opened.
select
  user_id(key) as user_id,
  open_id(key, 'HYm') as openid,
  case when unionid > 0 then union_id(unionid) end as unionid,
  mobile as phone,
  name as nickname,
  sex as gender,
  share_code(key) as share_code,
  case when referrer > 0 then share_code(referrer) end as invited_by,
  local(moment) as registered_at
from written()
