-- file: erp/warehouses.csv
-- from: none
-- form: csv bom
-- The four warehouses whose stock the ERP keeps.
select code as 仓库编码, name as 仓库名称, city as 城市, kind as 类型
from (values ('WH01', '华东中心仓', '苏州市', '自营'), ('WH02', '华南仓', '佛山市', '自营'), ('WH03', '华北仓', '天津市', '自营'),
  ('WH04', '西南云仓', '成都市', '第三方')) warehouses(code, name, city, kind)
order by code
