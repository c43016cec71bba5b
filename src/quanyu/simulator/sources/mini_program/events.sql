-- file: mini_program/events-{month}.jsonl.gz
-- from: events/mini_program
-- form: jsonl gz
-- The mini-program's events, a line each.
select month, line from screen_lines(2, '{"messageId":"weapp-')
