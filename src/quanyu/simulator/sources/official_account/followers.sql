-- file: official_account/followers.jsonl
-- from: records/official
-- form: jsonl
-- The official account's followers as user/info/batchget returns them: neither names nor pictures any more.
select concat('{"subscribe":1,"openid":"', open_id(key, 'HYg'), '","language":"zh_CN","subscribe_time":', unix(moment),
  case when unionid > 0 then concat(',"unionid":"', union_id(unionid), '"') else '' end,
  ',"remark":"","groupid":', tag, ',"tagid_list":[', case when tag > 0 then tag::varchar else '' end, '],"subscribe_scene":"',
  case when luck % 10 < 4 then 'ADD_SCENE_QR_CODE' when luck % 10 < 6 then 'ADD_SCENE_SEARCH' when luck % 10 < 8 then 'ADD_SCENE_PROFILE_CARD'
    when luck % 10 = 8 then 'ADD_SCENE_PAID' else 'ADD_SCENE_OTHERS' end,
  '","qr_scene":0,"qr_scene_str":"', case when luck % 10 < 4 then coalesce('store_' || stores.code, 'online') else '' end, '"}', chr(10)) as line
from (select *, case when luck // 1024 % 8 = 0 then (100 + luck // 8192 % 5)::integer else 0 end as tag from part) people
left join stores on stores.store = people.store
