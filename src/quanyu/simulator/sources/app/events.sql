-- file: app/events-{month}.jsonl.gz
-- from: events/app/{month}
-- form: jsonl gz
-- The app's events as the phones' libraries send them, a line each.
select line from screen_lines(1, '{"messageId":"mobile-')
