-- Which person each record of each system is, by the id that the system's files have. Over the tables of the truth.
select account_source(account, chain) as source, account_record(account, chain, key) as record, person
from truth_records left join stores using (store) where account <= 6
union all
select buyer_source(channel), buyer_record(channel, buyer), person
from (select channel, buyer, person from truth_buyers where channel between 1 and 4
  union select channel, buyer, person from truth_members)
union all
select 'device', lower(hex(device)), person from truth_devices
order by source, record
