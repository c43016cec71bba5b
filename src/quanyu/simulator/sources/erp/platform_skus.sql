-- file: erp/platform_skus.csv
-- from: none
-- form: csv bom
-- Under which numbers each platform lists the company's products.
select
  case platform when 'tmall' then '天猫' when 'jd' then '京东' when 'douyin' then '抖音' else '小程序' end as 平台,
  item_code as 平台商品ID,
  sku_code as 平台SKUID,
  skus.code as 商品编码
from platform_codes join skus on skus.sku = platform_codes.sku
order by platform, sku_code
