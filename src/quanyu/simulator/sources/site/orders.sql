-- file: site/orders-{month}.csv
-- from: lines/site
-- form: csv
-- The orders of the site and of the app, a row a line, the order's own amounts on each of them.
select
  month,
  site_order(part.number) as order_id,
  position as line_no,
  user_id(buyer) as user_id,
  skus.code as sku,
  skus.name_zh as product_name,
  quantity,
  yuan(part.price) as list_price,
  yuan(discount) as line_discount,
  yuan(part.price * quantity - discount - subsidy) as line_total,
  each_one(part.price * quantity - discount - subsidy, quantity) as unit_paid,
  yuan(order_list) as order_list,
  yuan(order_discount + order_subsidy) as order_discount,
  yuan(points) as points_amount,
  yuan(shipping) as shipping_fee,
  yuan(order_list - order_discount - order_subsidy - points + shipping) as payable,
  yuan(paid_of(status, order_list - order_discount - order_subsidy - points + shipping)) as paid,
  ['paid', 'pending_payment', 'deposit_paid', 'cancelled', 'partially_refunded', 'refunded'][status + 1] as status,
  local(moment) as created_at,
  case when status not in (1, 3) then local(moment + 5 + (luck % 200)::bigint) end as paid_at,
  case when balance_at > 0 then local(balance_at) end as balance_due_at,
  full_name as receiver_name,
  receiver_phone,
  province_zh as province,
  city_zh as city,
  district_zh as district,
  case receiver_kind when 2 then station else street end as address,
  case receiver_kind when 1 then ['生日快乐！', '一点心意，请笑纳', '节日快乐，万事顺意', '送给最爱喝茶的你'][1 + (luck % 4)::integer] end as gift_note
from named() part
join skus on skus.sku = part.sku
