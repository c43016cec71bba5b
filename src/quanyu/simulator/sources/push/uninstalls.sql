-- file: push/uninstalls-{month}.csv
-- from: messages/push
-- form: csv
-- The phones that the push service found without the app.
select month, registration_id(account) as registration_id, local(found) as detected_at
from (select *, moment + 3600 + (number // 64 % 86400)::bigint as found from part where part."left") part
where found < getvariable('ended')
order by month, found, number
