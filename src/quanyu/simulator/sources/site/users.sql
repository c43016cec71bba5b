-- file: site/users.csv
-- from: records/site
-- form: csv
-- The site's accounts, as its database has them; e-mail addresses are typed by hand.
select
  user_id(key) as user_id,
  case when has_email then case luck % 150
    when 0 then replace(address_typed, '.com', '.con')
    when 1 then replace(address_typed, '@', '')
    when 2 then replace(address_typed, '.com', '')
    else address_typed end end as email,
  mobile as phone,
  name,
  case sex when 1 then 'male' when 2 then 'female' end as gender,
  local(moment) as created_at,
  case when has_email then luck // 1024 % 10 < 6 end as email_consent,
  not refuses_sms and luck // 16384 % 10 < 7 as sms_consent
from (select *, email(pinyin_name, true_unionid) as address_typed from written())
