-- file: pos_north/members.csv
-- from: records/card
-- form: csv bom
-- The north chain's till, an old one that speaks English: a row a card. Some rows have been through a spreadsheet.
select
  case when excel then ltrim(north_card(key), '0') else north_card(key) end as MemberNo,
  written.name as Name,
  case when excel and phone > 999999999 then ((phone + 50000000) // 100000000)::decimal(5, 0) * 0.01 || 'E+10' else mobile end
    as Mobile,
  case sex when 1 then 'M' when 2 then 'F' end as Sex,
  case
    when not excel then strftime(born, '%Y-%m-%d')
    when luck % 3 = 0 then (born - date '1899-12-30')::varchar
    else strftime(born, '%Y/%-m/%-d')
  end as BirthDate,
  case when excel then strftime(make_timestamp(moment * 1000000), '%Y/%-m/%-d') else day_of(moment) end as JoinDate,
  stores.code as HomeStore,
  case when has_email then email(pinyin_name, true_unionid) end as Email,
  case when refuses_sms then 'N' when luck % 3 = 0 then 'Y' end as SmsOptIn
from written() written join stores on stores.store = written.store
where stores.chain = 'north'
