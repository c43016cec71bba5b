-- file: erp/platform_skus.csv
-- from: none
-- form: csv bom
-- Under which numbers each shop on a platform lists the company's products; both shops on Tmall have the same.
select
  case platform when 'tmall' then '天猫' when 'jd' then '京东' when 'douyin' then '抖音' else '小程序' end as 平台,
  shop as 店铺,
  item_code as 平台商品ID,
  sku_code as 平台SKUID,
  skus.code as 商品编码
from platform_codes join skus on skus.sku = platform_codes.sku
join (values ('tmall', '天猫旗舰店'), ('tmall', '天猫奥莱店'), ('jd', '京东'), ('douyin', '抖音'), ('mini_program', '小程序')) shops(platform, shop)
  using (platform)
order by platform, shop, sku_code
