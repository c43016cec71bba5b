-- Words that all files share. `moment` is local seconds since 1970, amounts are fen, ids are 64 bits.
create macro local(seconds) as strftime(make_timestamp(seconds * 1000000), '%Y-%m-%d %H:%M:%S');
create macro day_of(seconds) as strftime(make_timestamp(seconds * 1000000), '%Y-%m-%d');
create macro utc(seconds) as strftime(make_timestamp((seconds - 28800) * 1000000), '%Y-%m-%dT%H:%M:%S.000Z');
create macro yuan(fen) as fen::decimal(13, 0) * 0.01;
create macro hex16(id) as right('000000000000000' || hex(id), 16);
create macro hexed(id) as lower(hex16(id));

-- An id of some app (three letters): the same person has another in each. The first eleven letters of the last part are
-- the 64 bits.
create macro open_id(id, app) as
  'o' || app || translate(substr(to_base64(unhex(hex16(id) || hex16(hash(id)) || hex16(hash(id, 1)))), 1, 24), '+/', '-_');
create macro union_id(id) as
  'oUn' || translate(substr(to_base64(unhex(hex16(id) || hex16(hash(id)) || hex16(hash(id, 7)))), 1, 25), '+/', '-_');
create macro external_userid(id) as
  'wm' || translate(substr(to_base64(unhex(hex16(id) || hex16(hash(id)) || hex16(hash(id, 3)))), 1, 30), '+/', '-_');
create macro digits(id, length) as lpad((id % (10::hugeint ** length)::ubigint)::varchar, length, '0');

-- Names as people and forms write them: 0 whole, 1 with an honorific, 2 nickname, 3 with a blank, 4 in pinyin,
-- 5 by ear, 6 masked, 7 a tester.
create table nicks as
  select row_number() over (order by a.index, b.index) - 1 as number, a.zh || coalesce(b.zh, '') as nick
  from (select index, zh, kind from nicknames where kind <> 'tail') a
  left join (select index, zh from nicknames where kind = 'tail') b on a.kind = 'head';
create table sounds as
  select g.index, g.zh, g.pinyin, coalesce(h.other, g.zh) as other
  from given_characters g left join homophones h on h.part = 'given' and h.index = g.index
  qualify row_number() over (partition by g.index order by h.other) = 1;
create macro capital(word) as upper(word[1:1]) || word[2:];
create macro part_of(list_size, number) as (number % list_size)::bigint;
-- How many words there are to choose from: constants, since a subquery in a join's condition makes it a cross product.
set variable roads = (select count(*) from roads);
set variable estates = (select count(*) from estates);
set variable stations = (select count(*) from stations);
set variable nicks = (select count(*)::ubigint from nicks);

-- A macro is checked when it is made, so there must be some part by then; each file puts its own in this one's place.
create view part as
  select 0 as surname, 0 as given0, 0 as given1, 0 as city, 0 as district, 0::bigint as address, 0::ubigint as luck, 0 as style,
    false as woman, 0 as birthday, 0::bigint as phone,
    0::ubigint as number, 0::bigint as moment, 0::tinyint as kind, 0 as sku, 0::smallint as category, 0::ubigint as device,
    0::ubigint as account, false as opens, 0 as campaign, 0::ubigint as order_number, 0::bigint as order_list,
    0::bigint as order_discount, 0::bigint as shipping, 0::smallint as position, 0 as quantity, 0::bigint as price;

-- The rows of a part beside the words of their people: full_name, city_zh, province_zh, district_zh, street.
create macro named() as table
  select part.*,
    s.zh as surname_zh, s.zh || g0.zh || coalesce(g1.zh, '') as full_name,
    s.zh || '*' || case when g1.zh is null then '' else g1.zh end as masked_name,
    s.zh || g0.other || coalesce(g1.zh, '') as heard_name,
    s.zh || ' ' || g0.zh || coalesce(g1.zh, '') as parted_name,
    capital(s.pinyin) || ' ' || capital(g0.pinyin) || coalesce(g1.pinyin, '') as latin_name,
    s.pinyin || g0.pinyin || coalesce(g1.pinyin, '') as pinyin_name,
    cities.zh as city_zh, cities.province_zh, districts.zh as district_zh,
    case when cities.zh = cities.province_zh then '' else cities.province_zh end || cities.zh || districts.zh as place,
    roads.zh || (1 + address // 4096 % 900)::varchar || '号' || estates.zh || (1 + address // 7 % 30)::varchar || '栋'
      || (1 + address // 11 % 32)::varchar || '0' || (1 + address // 13 % 6)::varchar || '室' as street,
    stations.zh as station
  from part
  join surnames s on s.index = part.surname
  join sounds g0 on g0.index = part.given0
  left join sounds g1 on g1.index = part.given1
  join cities on cities.city = part.city
  join districts on districts.district = part.district
  join roads on roads.index = part_of(getvariable('roads'), part.address)
  join estates on estates.index = part_of(getvariable('estates'), part.address // 1024)
  join stations on stations.index = part_of(getvariable('stations'), part.address // 333);

-- The rows of a part of records, with the name as the form has it.
create macro written() as table
  select named.*,
    case style
      when 1 then surname_zh || case when woman then case when luck % 4 = 0 then '小姐' else '女士' end else '先生' end
      when 2 then nicks.nick
      when 3 then parted_name
      when 4 then latin_name
      when 5 then heard_name
      when 6 then masked_name
      when 7 then '测试' || (luck % 100)::varchar
      else full_name
    end as name,
    case when birthday > -1000000 then date '1970-01-01' + birthday end as born,
    case when phone > 0 then phone::varchar end as mobile
  from named() named
  join nicks on nicks.number = part_of(getvariable('nicks'), named.luck);

-- Order numbers as each sales channel writes them: the same in orders, events, after-sales cases and coupons.
create macro tmall_order(number) as (1000000000000000000::ubigint + number % 4000000000000000000::ubigint)::varchar;
create macro jd_order(number) as (3000000000000000::ubigint + number % 1000000000000000::ubigint)::varchar;
create macro douyin_order(number) as (6900000000000000000::ubigint + number % 100000000000000000::ubigint)::varchar;
create macro mini_order(number) as 'E' || (1000000000000000000::ubigint + number % 8000000000000000000::ubigint)::varchar;
create macro site_order(number) as 'HY' || (100000000000000::ubigint + number % 800000000000000::ubigint)::varchar;
create macro receipt_number(chain, store, seconds, number) as case chain
  when 'south' then store || strftime(make_timestamp(seconds * 1000000), '%y%m%d') || digits(number, 10)
  else store[2:] || '-' || strftime(make_timestamp(seconds * 1000000), '%Y%m%d') || '-' || digits(number, 10) end;
create macro order_number(channel, number, chain, store, seconds) as case channel
  when 0 then receipt_number(chain, store, seconds, number)
  when 3 then jd_order(number) when 4 then douyin_order(number) when 5 then mini_order(number) when 6 then site_order(number)
  else tmall_order(number) end;
-- What a member's card says; the north chain's has leading zeros.
create macro south_card(id) as digits(id, 16);
create macro north_card(id) as '00' || digits(id, 14);
-- Whom a Tmall store, all Tmall stores of a group, and Douyin know; what marketplaces leave of a name and a phone.
create macro buyer_id(id) as 'AAE' || substr(to_base64(unhex(hex16(id) || hex16(hash(id, 11)))), 1, 22);
create macro group_id(id) as 'AAH' || substr(to_base64(unhex(hex16(id) || hex16(hash(id, 13)))), 1, 22);
create macro jd_pin(id) as 'jd_' || lower(hex16(id));
create macro douyin_id(id) as '1@#' || to_base64(unhex(hex16(id) || hex16(hash(id, 17))));
create macro masked_phone(phone) as substr(phone::varchar, 1, 3) || '****' || substr(phone::varchar, 8);
-- The e-mail of a person: `id` is his own in every system (true_unionid), so that the same address stands in all of them.
create macro email(pinyin, id) as pinyin || (id % 997)::varchar || '@'
  || ['qq.com', '163.com', '126.com', 'qq.com', 'outlook.com', 'foxmail.com', 'sina.com', 'gmail.com'][1 + (id // 1024 % 8)::bigint];
-- What one piece cost, with four places, so that quantity times it is the amount again.
create macro each_one(fen, quantity) as ((fen * 100 + quantity // 2) // quantity)::decimal(13, 0) * 0.0001;
-- Whole days from a moment to the end of the files.
set variable ended = (select epoch(last)::bigint + 86400 from company);
create macro days_ago(seconds) as (getvariable('ended') - seconds) // 86400;

-- Campaigns by the code that stands in every file about them. Welcomes (100,000 and the days) have codes of their own.
create macro code_of_month(sent, place) as 'HY' || strftime(sent, '%y%m') || '-' || lpad(((place * 37 + hash(strftime(sent, '%y%m')) % 1000) % 1000)::varchar, 3, '0');
create table campaign_codes as
  select campaign, code_of_month(day, row_number() over (partition by strftime(day, '%y%m') order by hash(campaign, seed))) as code,
    ['sms', 'wecom', 'push', 'official_account'][channel + 1] as channel, day, category, categories.code as category_code,
    categories.zh as category_zh, offer::integer as offer, share
  from campaigns cross join (select seed from company)
  join categories on categories.level = 2 and categories.index = campaigns.category
  union all
  select 100000 + days, 'HYWEL-' || lpad(days::varchar, 3, '0'), 'journey', null, null, null, null, 0, null
  from (values (7), (14), (28)) welcome(days);

-- Screens: 0 site, 1 app, 2 mini-program. All that an event says beside who and when is one text, found by one number:
-- the kind and what it shows (a product, a category, a campaign's landing).
create macro shown(kind, opens, campaign, sku, category, number) as
  case when sku >= 0 then kind * 65536 + sku
    when opens and campaign >= 0 then 900000 + campaign
    when opens then 65535 - (number & 3)::integer
    else kind * 65536 + category end;
create table goods_of_screens as
  select screen, skus.sku, screen = 2 as mini,
    coalesce(item_code, spu_code) as item, coalesce(sku_code, skus.code) as code,
    concat('"product_id":"', coalesce(item_code, spu_code), '","sku":"', coalesce(sku_code, skus.code), '","category":"', mid_zh,
      '","name":"', skus.name_zh, '","price":', list_price / 100.0) as told
  from (values (0), (1), (2)) screens(screen) cross join skus
  left join platform_codes on platform_codes.sku = skus.sku and platform = 'mini_program' and screen = 2;
create macro page(path, title, search, referrer) as
  concat('"page":{"path":"', path, '","referrer":"', referrer, '","search":"', search, '","title":"', title,
    '","url":"https://www.heyuan-living.example', path, search, '"}');
create macro titled(screen, name, title, path) as
  concat('"type":"', case when screen = 1 then 'screen' else 'page' end, '","name":"', name, '","properties":{"title":"', title,
    '","path":"', path, '"}');
create macro tracked(event, properties) as concat('"type":"track","event":"', event, '","properties":{', properties, '}');
create macro path_of(screen, site, mini) as case when screen = 2 then mini else site end;
create table event_bodies as
  with says(screen, shown, head, path, title, search, referrer, extra) as (
    select screen, 65535 - place, titled(screen, 'Home', '禾元生活', path_of(screen, '/', 'pages/index/index')),
      path_of(screen, '/', 'pages/index/index'), '禾元生活', '',
      case when screen = 0 then ['', 'https://www.baidu.com/', 'https://cn.bing.com/', 'https://www.xiaohongshu.com/'][place + 1] else '' end, ''
    from range(3) a(screen), range(4) b(place)
    union all
    select screen, 900000 + campaign, titled(screen, 'Landing', '会员活动', path_of(screen, '/activity', 'pages/activity/index')),
      path_of(screen, '/activity', 'pages/activity/index'), '会员活动',
      concat('?utm_source=', source, '&utm_medium=', medium, '&utm_campaign=', code), '',
      concat(',"campaign":{"name":"', code, '","source":"', source, '","medium":"', medium, '"}')
    from range(3) a(screen),
      (select campaign, code, case when channel = 'journey' then 'wecom' else channel end as source,
         case when channel = 'journey' then 'welcome' else 'crm' end as medium from campaign_codes)
    union all
    select screen, kind * 65536 + index,
      case kind
        when 0 then titled(screen, 'Category', zh, path_of(screen, '/c/' || code, 'pages/category/index'))
        when 1 then tracked('Products Searched', concat('"query":"', zh, '"'))
        else tracked('Product List Viewed', concat('"list_id":"', code, '","category":"', zh, '"'))
      end,
      case when kind = 1 then path_of(screen, '/search', 'pages/search/index')
        else path_of(screen, '/c/' || code, 'pages/category/index') end, zh, '', '', ''
    from range(3) a(screen), range(3) b(kind), categories where level = 2
    union all
    select screen, kind * 65536 + sku,
      case kind
        when 3 then tracked('Product Viewed', concat(told, ',"currency":"CNY"'))
        when 4 then tracked('Product Added', concat(told, ',"quantity":1,"currency":"CNY"'))
        when 5 then tracked('Cart Viewed', concat('"products":[{', told, ',"quantity":1}],"currency":"CNY"'))
        else tracked('Checkout Started', concat('"products":[{', told, ',"quantity":1}],"currency":"CNY"'))
      end,
      case kind
        when 5 then path_of(screen, '/cart', 'pages/cart/index')
        when 6 then path_of(screen, '/checkout', 'pages/order/confirm')
        else path_of(screen, '/item/' || item, 'pages/goods/detail') end,
      case kind when 5 then '购物车' when 6 then '确认订单' else '商品详情' end,
      case when kind < 5 and screen = 2 then '?goodsId=' || item else '' end, '', ''
    from range(3, 7) b(kind), goods_of_screens
    union all
    select screen, 7 * 65536, '', path_of(screen, '/order/done', 'pages/order/result'), '下单成功', '', '', '' from range(3) a(screen)
    union all
    select screen, 8 * 65536, '', path_of(screen, '/login', 'pages/login/index'), '登录', '', '', '' from range(3) a(screen)
  )
  select screen, shown,
    case when head = '' then '' else head || ',' end || '"context":{' ||
      case screen when 0 then page(path, title, search, referrer) when 1 then concat('"screen":{"name":"', title, '"}')
        else concat('"page":{"path":"', path, '","search":"', search, '","title":"', title, '"}') end || extra as body
  from says;

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

-- Numbers of accounts as our own shop systems write them.
create macro user_id(id) as (1000000000000000000 + id % 8000000000000000000)::varchar;

-- The rows of a part of events; an order is one again.
create macro screen_rows(which) as table
  select number, moment, device, account,
    case when kind = 8 then concat('"type":"identify","traits":{"id":"', user_id(account), '"},') else '' end as head,
    case when kind = 8 then 524288 else shown(kind, opens, campaign, sku, category, number) end as shown
  from part where kind <> 7
  union all
  select number, moment, device, account,
    concat('"type":"track","event":"Order Completed","properties":{"order_id":"', order_id, '","subtotal":', yuan(listed), ',"discount":', yuan(off),
      ',"shipping":', yuan(shipping), ',"revenue":', yuan(listed - off), ',"total":', yuan(listed - off + shipping), ',"currency":"CNY","products":[', products, ']},'),
    458752
  from (
    select number, any_value(moment) as moment, any_value(device) as device, any_value(account) as account,
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
  select concat(library, hex(events.number), '","anonymousId":"', lower(hex(device)),
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

-- What each campaign says, in a title and a sentence, and the template that it is sent by.
create table campaign_texts as
  select campaign, code, channel, 'SMS_' || (240000000 + hash(code) % 50000000)::varchar as template,
    case when category is null then '欢迎加入禾元会员' when offer > 0 then concat(category_zh, '会员专享', case offer when 5 then '95' when 10 then '9' else '8' end, '折')
      else ['新品到店：', '本周好物：', '应季之选：', '编辑推荐：'][1 + (hash(code) % 4)::integer] || category_zh end as title,
    case when category is null then ['感谢您的首次选购，新会员礼券已放入账户', '感谢信任，首单后的专属好礼等您领取', '好久不见，会员权益为您保留着'][1 + (hash(code) % 3)::integer]
      when offer > 0 then concat(category_zh, ['类商品限时', '全场', '精选限时'][1 + (hash(code) % 3)::integer], case offer when 5 then '95' when 10 then '9' else '8' end, '折，券已到账，7天内有效')
      else concat(category_zh, ['上新啦，快来看看', '当季精选已上架', '口碑好物，一起看看'][1 + (hash(code) % 3)::integer]) end as body
  from campaign_codes;
-- What friends pass on, and how a phone is known to the push service.
create macro share_code(id) as upper(substr(hexed(hash(id, 23)), 1, 12));
create macro registration_id(id) as '1' || substr(hexed(hash(id, 29)), 1, 2) || hexed(id);
create macro unix(seconds) as seconds - 28800;
-- What our own shop systems call the state of an order: 0 paid, 1 unpaid, 2 deposit, 3 closed, 4 and 5 refunded.
create macro paid_of(status, payable) as case when status in (1, 3) then 0 when status = 2 then payable // 10 else payable end;
