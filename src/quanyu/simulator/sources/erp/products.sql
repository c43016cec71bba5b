-- file: erp/products.csv
-- from: none
-- form: csv bom
-- The product master: a row an SKU, with its three category levels.
select
  code as 商品编码,
  spu_code as 款号,
  barcode as 条码,
  name_zh as 商品名称,
  name_en as 英文名称,
  spec_zh as 规格,
  unit as 单位,
  brand_zh as 品牌,
  category_code as 类目编码,
  large_zh as 一级类目,
  mid_zh as 二级类目,
  small_zh as 三级类目,
  case kind when 'gift' then '赠品' when 'bundle' then '组合' else '单品' end as 商品类型,
  yuan(list_price) as 吊牌价,
  launch as 上市日期
from skus order by code
