-- The partners above a partner with the days on which each is, and how far above. It stops where they are above themselves, and
-- after a hundred levels.
create or replace function every_parent(the_partner bigint)
returns table(partner_id bigint, level int, days datemultirange) language sql stable as $$
  with recursive above as (
    select parent_id as partner_id, 1 as level, datemultirange(daterange(starts_on, ends_on)) as days from direct_parents(the_partner)
    union all
    select next.parent_id, above.level + 1, above.days * datemultirange(daterange(next.starts_on, next.ends_on))
    from above cross join lateral direct_parents(above.partner_id) next
    where above.partner_id <> the_partner and above.level < 100 and above.days && datemultirange(daterange(next.starts_on, next.ends_on))
  )
  select above.partner_id, above.level, range_agg(above.days) from above group by above.partner_id, above.level
$$;
