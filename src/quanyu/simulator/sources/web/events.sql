-- file: web/events-{month}.jsonl.gz
-- from: events/web/{month}
-- form: jsonl gz
-- The site's events as analytics.js sends them, a line each.
select line from screen_lines(0, '{"messageId":"ajs-next-')
