-- The rows of a part of events; an order is one again.
create macro screen_rows(which) as table
  select month, number, moment, device, account,
    case when kind = 8 then concat('"type":"identify","traits":{"id":"', user_id(account), '"},') else '' end as head,
    case when kind = 8 then 524288 else shown(kind, opens, campaign, sku, category, number) end as shown
  from part where kind <> 7
  union all
  select month, number, moment, device, account,
    concat('"type":"track","event":"Order Completed","properties":{"order_id":"', order_id, '","subtotal":', yuan(listed), ',"discount":', yuan(off),
      ',"shipping":', yuan(shipping), ',"revenue":', yuan(listed - off), ',"total":', yuan(listed - off + shipping), ',"currency":"CNY","products":[', products, ']},'),
    458752
  from (
    select number, any_value(month) as month, any_value(moment) as moment, any_value(device) as device, any_value(account) as account,
      any_value(case when which = 2 then mini_order(order_number) else site_order(order_number) end) as order_id,
      any_value(order_list) as listed, any_value(order_discount) as off, any_value(shipping) as shipping,
      string_agg(concat('{"product_id":"', item, '","sku":"', code, '","price":', yuan(price), ',"quantity":', quantity, '}'), ',' order by position) as products
    from part join goods_of_screens goods on goods.screen = which and goods.sku = part.sku
    where kind = 7 group by number
  );

-- One line of Segment's kind for each of them, in the order of time. The joins keep the order of their first table.
create macro wrong_day(seconds) as strftime(make_timestamp((seconds - 28800) * 1000000), '%Y-%m-%d');
create macro wrong_face(seconds) as strftime(make_timestamp((seconds - 28800) * 1000000), 'T%H:%M:%S.');
create table event_days as
  select range::integer as epoch_day, (date '1970-01-01' + range::integer)::varchar as day
  from range((select date_diff('day', date '1970-01-01', first) - 1 from company), (select date_diff('day', date '1970-01-01', last) + 2 from company));
create macro screen_lines(which, library) as table
  select month, concat(library, hex(events.number), '","anonymousId":"', lower(hex(device)),
    case when events.account > 0 then concat('","userId":"', user_id(events.account), '",') else '","userId":null,' end, head, body, agent,
    case when wrong = 0 then day else wrong_day(moment + wrong) end, case when wrong = 0 then face else wrong_face(moment + wrong) end, said,
    case when wrong = 0 then day else wrong_day(moment + wrong + delay) end, case when wrong = 0 then soon else wrong_face(moment + wrong + delay) end, sent,
    day, soon, received, day, face, kept) as line
  from (
    select *, least(case number // 256 % 8 when 0 then 4 when 1 then 1 when 2 then 1 else 0 end, 86399 - second) as delay,
      case number // 256 % 8 when 0 then much_later when 1 then later when 2 then later else face end as soon
    from (
      select *, ((moment - 28800) % 86400)::integer as second, ((moment - 28800) // 86400)::integer as epoch_day,
        (number // 2048 % 1000)::integer as milli, (device % 16)::integer as place, wrong_by(device) as wrong
      from screen_rows(which) order by moment, number
    )
    join clock using (second)
  ) events
  join event_days using (epoch_day)
  join milliseconds on milliseconds.number = milli
  join agents on agents.screen = which and agents.place = events.place
  join event_bodies bodies on bodies.screen = which and bodies.shown = events.shown;
