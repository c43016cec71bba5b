-- file: pos_north/receipts-{month}.csv
-- from: lines/store
-- form: csv bom
-- The north chain's tills: a row a line of a receipt. Prices hold the value added tax; American dates.
select
  month,
  receipt_number('north', stores.code, moment, part.number) as ReceiptNo,
  position as LineNo,
  stores.code as StoreCode,
  staff.number as Cashier,
  strftime(make_timestamp(moment * 1000000), '%m/%d/%Y %H:%M:%S') as TransTime,
  case when buyer > 0 then north_card(buyer) end as MemberNo,
  skus.barcode as Barcode,
  skus.code as ItemCode,
  skus.name_en as ItemName,
  quantity as Qty,
  yuan(part.price) as ListPrice,
  yuan(discount + subsidy) as Discount,
  each_one(part.price * quantity - discount - subsidy, quantity) as UnitPrice,
  yuan(part.price * quantity - discount - subsidy) as NetAmount,
  0.13 as TaxRate,
  yuan(((part.price * quantity - discount - subsidy) * 13 + 56) // 113) as TaxAmount,
  case when position = 1 then yuan(points) end as PointsPaid,
  ['WECHAT', 'WECHAT', 'ALIPAY', 'CARD', 'CASH'][1 + part_of(5, luck)] as Tender,
  case when luck % 5 < 3 and luck % 7 < 5 then digits(payer, 18) end as PayerToken
from part
join stores on stores.store = part.store
join skus on skus.sku = part.sku
left join staff on staff.staff = part.guide
where stores.chain = 'north'
