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
-- The e-mail of a person: `id` is his own in every system (true_unionid), so that the same address stands in all of them.
create macro email(pinyin, id) as pinyin || (id % 997)::varchar || '@'
  || ['qq.com', '163.com', '126.com', 'qq.com', 'outlook.com', 'foxmail.com', 'sina.com', 'gmail.com'][1 + (id // 1024 % 8)::bigint];
