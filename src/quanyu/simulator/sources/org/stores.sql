-- file: org/stores.csv
-- from: none
-- form: csv bom
-- The stores of the group's master data, with coordinates (GCJ-02) and the till system that each one uses.
select
  code as 门店编码,
  name_zh as 门店名称,
  unit as 上级组织编码,
  brand_zh as 品牌,
  region_zh as 大区,
  case type when 'direct' then '直营' else '加盟' end as 经营方式,
  province_zh as 省份,
  city_zh as 城市,
  district_zh as 区县,
  address as 详细地址,
  longitude as 经度,
  latitude as 纬度,
  opened as 开业日期,
  closed as 闭店日期,
  case when closed is null then '营业' else '闭店' end as 状态,
  case chain when 'south' then '南区收银系统' else 'North POS' end as 收银系统
from stores order by code
