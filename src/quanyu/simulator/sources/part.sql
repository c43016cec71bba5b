-- A macro is checked when it is made, so there must be some part by then; each file puts its own in this one's place.
create view part as
  select 0::smallint as month, 0 as surname, 0 as given0, 0 as given1, 0 as city, 0 as district, 0::bigint as address, 0::ubigint as luck, 0 as style,
    false as woman, 0 as birthday, 0::bigint as phone,
    0::ubigint as number, 0::bigint as moment, 0::tinyint as kind, 0 as sku, 0::smallint as category, 0::ubigint as device,
    0::ubigint as account, false as opens, 0 as campaign, 0::ubigint as order_number, 0::bigint as order_list,
    0::bigint as order_discount, 0::bigint as shipping, 0::smallint as position, 0 as quantity, 0::bigint as price;
