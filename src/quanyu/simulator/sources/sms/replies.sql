-- file: sms/replies-{month}.csv
-- from: messages/sms
-- form: csv
-- What came back by text message: mostly the wish to get no more.
select
  month,
  phone,
  case when complained then ['再发就投诉', '骚扰短信，已举报12321', '别再发了！'][1 + (part.number % 3)::integer]
    else ['TD', 'T', 'R', '退订', 'td'][1 + (part.number % 5)::integer] end as content,
  local(replied) as received_at
from (select *, moment + 30 + (number // 64 % 7200)::bigint as replied from part) part
where phone > 0 and (part."left" or complained) and replied < getvariable('ended')
order by month, replied, part.number
