-- The facts about a partner that count for another one, whom a merge made the same: those of the days on which nothing like them holds about
-- the other one: a value of the key, or this value where the key has many at a time.
create or replace function taken_over_facts(the_giver bigint, the_taker bigint)
returns table(key text, value text, starts_on date, ends_on date) language sql stable as $$
  select fact.key, fact.value, lower(rest), upper(rest)
  from partner_facts(the_giver) fact
  join fact_key on fact_key.key = fact.key
  cross join lateral unnest(datemultirange(daterange(fact.starts_on, fact.ends_on)) - coalesce(
    (select range_agg(daterange(own.starts_on, own.ends_on)) from partner_facts(the_taker) own
     where own.key = fact.key and (not fact_key.many or own.value = fact.value)), '{}')) rest
$$;
