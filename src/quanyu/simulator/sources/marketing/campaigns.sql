-- file: marketing/campaigns.csv
-- from: none
-- form: csv
-- The plan of the sends; welcomes run by themselves after a first purchase. The code is the same in every file.
select code as campaign, campaign_texts.channel, campaign_texts.title, day as send_date, category_code, category_zh as category,
  offer as discount_percent, round(share, 3) as target_share
from campaign_texts join campaign_codes using (campaign, code)
order by send_date nulls last, code
