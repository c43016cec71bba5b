-- file: web/events-{month}.jsonl.gz
-- from: events/web
-- form: jsonl gz
-- The site's events as analytics.js sends them, a line each.
select month, line from screen_lines(0, '{"messageId":"ajs-next-')
