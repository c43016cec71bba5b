-- What a device says of itself, by the lowest bits of its id.
create table agents as
  with phones(place, maker, model, android) as (
    values (0, 'HUAWEI', 'ALN-AL00', '12'), (1, 'HUAWEI', 'BRA-AL00', '12'), (2, 'Xiaomi', '23127PN0CC', '14'), (3, 'Xiaomi', '2211133C', '13'),
      (4, 'vivo', 'V2309A', '14'), (5, 'OPPO', 'PHZ110', '14'), (6, 'HONOR', 'PGT-AN10', '14'), (7, 'Redmi', '23054RA19C', '13'),
      (8, 'Apple', 'iPhone14,5', '17.5.1'), (9, 'Apple', 'iPhone15,3', '17.6'), (10, 'Apple', 'iPhone16,1', '18.1'), (11, 'Apple', 'iPhone13,2', '16.7.8'),
      (12, 'Apple', 'iPhone17,1', '18.3'), (13, 'samsung', 'SM-S9180', '14'), (14, 'OnePlus', 'PJD110', '14'), (15, 'realme', 'RMX3820', '13')
  ), described as (
    select *, maker = 'Apple' as apple,
      case when maker = 'Apple' then concat('Mozilla/5.0 (iPhone; CPU iPhone OS ', replace(android, '.', '_'), ' like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ')
        else concat('Mozilla/5.0 (Linux; Android ', android, '; ', model, ') AppleWebKit/537.36 (KHTML, like Gecko) ') end as engine
    from phones
  )
  select 0 as screen, place, ',"library":{"name":"analytics.js","version":"next-1.70.0"},"locale":"zh-CN","userAgent":"' ||
      case when place < 3 then 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'
        when place = 3 then 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15'
        when apple then engine || 'Version/17.5 Mobile/15E148 Safari/604.1'
        else engine || 'Chrome/126.0.0.0 Mobile Safari/537.36' end || '"},"originalTimestamp":"' as agent from described
  union all
  select 1, place, concat(',"app":{"name":"禾元生活","version":"5.', 4 + place % 3, '.', place % 4, '","build":"', 540 + place, '"},"library":{"name":"analytics-',
      case when apple then 'ios","version":"4.1.8' else 'android","version":"4.11.3' end, '"},"device":{"type":"', case when apple then 'ios' else 'android' end,
      '","manufacturer":"', maker, '","model":"', model, '"},"os":{"name":"', case when apple then 'iOS' else 'Android' end, '","version":"', android,
      '"},"locale":"zh-CN","timezone":"Asia/Shanghai"},"originalTimestamp":"') from described
  union all
  select 2, place, concat(',"library":{"name":"analytics-weapp","version":"2.3.1"},"device":{"manufacturer":"', maker, '","model":"', model,
      '"},"os":{"name":"', case when apple then 'iOS' else 'Android' end, '","version":"', android, '"},"app":{"name":"WeChat","version":"8.0.',
      40 + place, '"},"locale":"zh_CN"},"originalTimestamp":"') from described;

-- The second of a day as a text, and those soon after it; within the same day.
create macro clock_face(seconds) as strftime(make_timestamp(least(seconds, 86399) * 1000000), 'T%H:%M:%S.');
create table clock as
  select range::integer as second, clock_face(range) as face, clock_face(range + 1) as later, clock_face(range + 4) as much_later
  from range(86400);
-- Said at, sent after, received after; what is kept is received - (sent - said).
create table milliseconds as
  select range::integer as number, lpad((range % 500)::varchar, 3, '0') || 'Z","sentAt":"' as said,
    lpad((range % 500 + 20 + range % 149)::varchar, 3, '0') || 'Z","receivedAt":"' as sent,
    lpad((range % 500 + 60 + range % 149 + range % 281)::varchar, 3, '0') || 'Z","timestamp":"' as received,
    lpad((range % 500 + 40 + range % 281)::varchar, 3, '0') || 'Z"}' || chr(10) as kept
  from range(1000);
-- One phone in a few hundred has a clock that is wrong by hours.
create macro wrong_by(device) as case when device % 331 = 7 then ((device // 331 % 19)::bigint - 9) * 3600 + (device // 7000 % 3000)::bigint + 600 else 0 end;
