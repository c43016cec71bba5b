-- file: org/staff.csv
-- from: none
-- form: csv bom
-- Who works or has worked in the stores, with the mobile number that each one has given to the personnel department.
select
  number as 工号,
  name_zh as 姓名,
  store_code as 门店编码,
  case role when 'manager' then '店长' else '导购' end as 岗位,
  hired as 入职日期,
  "left" as 离职日期,
  case when "left" is null then '在职' else '离职' end as 状态,
  wecom_userid as 企业微信账号,
  phone as 手机号
from staff order by number
