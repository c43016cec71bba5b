-- Campaigns by the code that stands in every file about them. Welcomes (100,000 and the days) have codes of their own.
create macro code_of_month(sent, place) as 'HY' || strftime(sent, '%y%m') || '-' || lpad(((place * 37 + hash(strftime(sent, '%y%m')) % 1000) % 1000)::varchar, 3, '0');
create table campaign_codes as
  select campaign, code_of_month(day, row_number() over (partition by strftime(day, '%y%m') order by hash(campaign, seed))) as code,
    ['sms', 'wecom', 'push', 'official_account'][channel + 1] as channel, day, category, categories.code as category_code,
    categories.zh as category_zh, offer::integer as offer, share
  from campaigns cross join (select seed from company)
  join categories on categories.level = 2 and categories.index = campaigns.category
  union all
  select 100000 + days, 'HYWEL-' || lpad(days::varchar, 3, '0'), 'journey', null, null, null, null, 0, null
  from (values (7), (14), (28)) welcome(days);
-- What each campaign says, in a title and a sentence, and the template that it is sent by.
create table campaign_texts as
  select campaign, code, channel, 'SMS_' || (240000000 + hash(code) % 50000000)::varchar as template,
    case when category is null then '欢迎加入禾元会员' when offer > 0 then concat(category_zh, '会员专享', case offer when 5 then '95' when 10 then '9' else '8' end, '折')
      else ['新品到店：', '本周好物：', '应季之选：', '编辑推荐：'][1 + (hash(code) % 4)::integer] || category_zh end as title,
    case when category is null then ['感谢您的首次选购，新会员礼券已放入账户', '感谢信任，首单后的专属好礼等您领取', '好久不见，会员权益为您保留着'][1 + (hash(code) % 3)::integer]
      when offer > 0 then concat(category_zh, ['类商品限时', '全场', '精选限时'][1 + (hash(code) % 3)::integer], case offer when 5 then '95' when 10 then '9' else '8' end, '折，券已到账，7天内有效')
      else concat(category_zh, ['上新啦，快来看看', '当季精选已上架', '口碑好物，一起看看'][1 + (hash(code) % 3)::integer]) end as body
  from campaign_codes;
