-- Screens: 0 site, 1 app, 2 mini-program. All that an event says beside who and when is one text, found by one number:
-- the kind and what it shows (a product, a category, a campaign's landing).
create macro shown(kind, opens, campaign, sku, category, number) as
  case when sku >= 0 then kind * 65536 + sku
    when opens and campaign >= 0 then 900000 + campaign
    when opens then 65535 - (number & 3)::integer
    else kind * 65536 + category end;
create table goods_of_screens as
  select screen, skus.sku, screen = 2 as mini,
    coalesce(item_code, spu_code) as item, coalesce(sku_code, skus.code) as code,
    concat('"product_id":"', coalesce(item_code, spu_code), '","sku":"', coalesce(sku_code, skus.code), '","category":"', mid_zh,
      '","name":"', skus.name_zh, '","price":', list_price / 100.0) as told
  from (values (0), (1), (2)) screens(screen) cross join skus
  left join platform_codes on platform_codes.sku = skus.sku and platform = 'mini_program' and screen = 2;
create macro page(path, title, search, referrer) as
  concat('"page":{"path":"', path, '","referrer":"', referrer, '","search":"', search, '","title":"', title,
    '","url":"https://www.heyuan-living.example', path, search, '"}');
create macro titled(screen, name, title, path) as
  concat('"type":"', case when screen = 1 then 'screen' else 'page' end, '","name":"', name, '","properties":{"title":"', title,
    '","path":"', path, '"}');
create macro tracked(event, properties) as concat('"type":"track","event":"', event, '","properties":{', properties, '}');
create macro path_of(screen, site, mini) as case when screen = 2 then mini else site end;
create table event_bodies as
  with says(screen, shown, head, path, title, search, referrer, extra) as (
    select screen, 65535 - place, titled(screen, 'Home', '禾元生活', path_of(screen, '/', 'pages/index/index')),
      path_of(screen, '/', 'pages/index/index'), '禾元生活', '',
      case when screen = 0 then ['', 'https://www.baidu.com/', 'https://cn.bing.com/', 'https://www.xiaohongshu.com/'][place + 1] else '' end, ''
    from range(3) a(screen), range(4) b(place)
    union all
    select screen, 900000 + campaign, titled(screen, 'Landing', '会员活动', path_of(screen, '/activity', 'pages/activity/index')),
      path_of(screen, '/activity', 'pages/activity/index'), '会员活动',
      concat('?utm_source=', source, '&utm_medium=', medium, '&utm_campaign=', code), '',
      concat(',"campaign":{"name":"', code, '","source":"', source, '","medium":"', medium, '"}')
    from range(3) a(screen),
      (select campaign, code, case when channel = 'journey' then 'wecom' else channel end as source,
         case when channel = 'journey' then 'welcome' else 'crm' end as medium from campaign_codes)
    union all
    select screen, kind * 65536 + index,
      case kind
        when 0 then titled(screen, 'Category', zh, path_of(screen, '/c/' || code, 'pages/category/index'))
        when 1 then tracked('Products Searched', concat('"query":"', zh, '"'))
        else tracked('Product List Viewed', concat('"list_id":"', code, '","category":"', zh, '"'))
      end,
      case when kind = 1 then path_of(screen, '/search', 'pages/search/index')
        else path_of(screen, '/c/' || code, 'pages/category/index') end, zh, '', '', ''
    from range(3) a(screen), range(3) b(kind), categories where level = 2
    union all
    select screen, kind * 65536 + sku,
      case kind
        when 3 then tracked('Product Viewed', concat(told, ',"currency":"CNY"'))
        when 4 then tracked('Product Added', concat(told, ',"quantity":1,"currency":"CNY"'))
        when 5 then tracked('Cart Viewed', concat('"products":[{', told, ',"quantity":1}],"currency":"CNY"'))
        else tracked('Checkout Started', concat('"products":[{', told, ',"quantity":1}],"currency":"CNY"'))
      end,
      case kind
        when 5 then path_of(screen, '/cart', 'pages/cart/index')
        when 6 then path_of(screen, '/checkout', 'pages/order/confirm')
        else path_of(screen, '/item/' || item, 'pages/goods/detail') end,
      case kind when 5 then '购物车' when 6 then '确认订单' else '商品详情' end,
      case when kind < 5 and screen = 2 then '?goodsId=' || item else '' end, '', ''
    from range(3, 7) b(kind), goods_of_screens
    union all
    select screen, 7 * 65536, '', path_of(screen, '/order/done', 'pages/order/result'), '下单成功', '', '', '' from range(3) a(screen)
    union all
    select screen, 8 * 65536, '', path_of(screen, '/login', 'pages/login/index'), '登录', '', '', '' from range(3) a(screen)
  )
  select screen, shown,
    case when head = '' then '' else head || ',' end || '"context":{' ||
      case screen when 0 then page(path, title, search, referrer) when 1 then concat('"screen":{"name":"', title, '"}')
        else concat('"page":{"path":"', path, '","search":"', search, '","title":"', title, '"}') end || extra as body
  from says;
