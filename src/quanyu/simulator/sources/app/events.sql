-- file: app/events-{month}.jsonl.gz
-- from: events/app
-- form: jsonl gz
-- The app's events as the phones' libraries send them, a line each.
select month, line from screen_lines(1, '{"messageId":"mobile-')
