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
-- What our own shop systems call the state of an order: 0 paid, 1 unpaid, 2 deposit, 3 closed, 4 and 5 refunded.
create macro paid_of(status, payable) as case when status in (1, 3) then 0 when status = 2 then payable // 10 else payable end;
-- The merchant's own code, as somebody has typed it into a listing: in one of thirty nobody has.
create macro merchant_code(own, listed) as case when listed is null or hash(listed) % 30 > 0 then own end;
