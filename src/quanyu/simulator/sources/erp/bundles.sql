-- file: erp/bundles.csv
-- from: none
-- form: csv bom
-- What the bundles are made of; they are packed when they are ordered and have no stock of their own.
select whole.code as 组合编码, whole.name_zh as 组合名称, part.code as 子商品编码, part.name_zh as 子商品名称, quantity as 数量
from bundles
join skus whole on whole.sku = bundles.bundle
join skus part on part.sku = bundles.component
order by whole.code, part.code
