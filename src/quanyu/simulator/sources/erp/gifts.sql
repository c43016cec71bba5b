-- file: erp/gifts.csv
-- from: none
-- form: csv bom
-- Gifts: goods without a price that promotions add to parcels.
select code as 赠品编码, name_zh as 赠品名称, spec_zh as 规格, unit as 单位, small_zh as 三级类目, launch as 启用日期
from skus where kind = 'gift' order by code
