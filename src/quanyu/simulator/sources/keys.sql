-- By what the records of a person can be joined: the identifiers that the files would give had no dirt touched them, as 64
-- bits. Over the tables of the truth. A record's own number joins it with no other and is left out, and so is a device that
-- several persons use, since it points at none of them.
with accounts as (
  select account_source(account, chain) as source, account_record(account, chain, key) as record, account, key, chain,
    person, true_phone, unionid_given
  from truth_records left join stores using (store) where account <= 6
), own_devices as (
  select device from truth_devices where device in (select device from truth_logins) group by device having count(*) = 1
)
select source, record, 'phone' as type, hash(true_phone) as key from accounts where true_phone > 0
union all
select buyer_source(channel), buyer_record(channel, buyer), 'phone', hash(true_phone) from truth_members where true_phone > 0
union all
select source, record, 'unionid', hash(person) from accounts where unionid_given and account in (2, 5, 6)
union all
select buyer_source(channel), buyer_record(channel, buyer), 'omid', hash(person) from truth_omids
union all
select source, record, 'email',
  hash(email(surnames.pinyin || g0.pinyin || coalesce(g1.pinyin, ''), truth_emails.id))
from truth_emails join accounts using (account, key)
join surnames on surnames.index = truth_emails.surname
join sounds g0 on g0.index = truth_emails.given0
left join sounds g1 on g1.index = truth_emails.given1
where account = 3 or chain = 'north'
union all
select source, record, 'device', hash(device) from truth_logins join accounts using (account, key) join own_devices using (device)
union all
select 'device', lower(hex(device)), 'device', hash(device) from own_devices
