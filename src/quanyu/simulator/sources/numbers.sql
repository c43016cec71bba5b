-- How files write moments and amounts. `moment` is local seconds since 1970, amounts are fen, ids are 64 bits.
create macro local(seconds) as make_timestamp(seconds * 1000000)::varchar;
create macro day_of(seconds) as make_timestamp(seconds * 1000000)::date::varchar;
create macro yuan(fen) as fen::decimal(13, 0) * 0.01;
create macro digits(id, length) as
  substr((id % (10::hugeint ** length)::ubigint + (10::hugeint ** length)::ubigint)::varchar, 2);
-- What one piece cost, with four places, so that quantity times it is the amount again.
create macro each_one(fen, quantity) as ((fen * 100 + quantity // 2) // quantity)::decimal(13, 0) * 0.0001;
-- Whole days from a moment to the end of the files.
set variable ended = (select epoch(last)::bigint + 86400 from company);
create macro days_ago(seconds) as (getvariable('ended') - seconds) // 86400;
create macro unix(seconds) as seconds - 28800;
