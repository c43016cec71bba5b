-- Which person each record of each system is, by the id that the system's files have. Over the tables of the truth.
select chain as source, case chain when 'pos_south' then south_card(key) else north_card(key) end as record, person
from (select key, person, 'pos_' || chain as chain from truth_records join stores using (store) where account <= 1)
union all
select
  case account when 2 then 'mini_program' when 3 then 'site' when 4 then 'app' when 5 then 'official_account' else 'wecom' end,
  case account
    when 2 then open_id(key, 'HYm') when 5 then open_id(key, 'HYg') when 6 then external_userid(key) else user_id(key)
  end,
  person
from truth_records where account between 2 and 6
union all
select
  case channel when 1 then 'tmall_flagship' when 2 then 'tmall_outlet' when 3 then 'jd' else 'douyin' end,
  case when channel <= 2 then buyer_id(buyer) when channel = 3 then jd_pin(buyer) else douyin_id(buyer) end,
  person
from truth_buyers where channel between 1 and 4
union all
select 'device', lower(hex(device)), person from truth_devices
order by source, record
