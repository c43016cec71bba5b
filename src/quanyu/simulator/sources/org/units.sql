-- file: org/units.csv
-- from: none
-- form: csv bom
-- The organisation tree of the group's master data: group, brands, regions, direct business and dealers, stores.
select
  code as 组织编码,
  parent as 上级编码,
  case level when 'group' then '集团' when 'brand' then '品牌' when 'region' then '大区' when 'direct' then '直营'
    when 'dealer' then '经销商' else '门店' end as 层级,
  name_zh as 组织名称
from units order by code
