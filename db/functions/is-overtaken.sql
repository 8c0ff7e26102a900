-- Says whether a newer version of a policy replaces this one: it begins no later, or it began as soon as it was added.
create or replace function is_overtaken(the_version int) returns boolean language sql stable as $$
  select exists (
    select from policy_version version
    join policy_version newer on (newer.program_id, newer.subject) = (version.program_id, version.subject) and newer.version > version.version
    where version.id = the_version and newer.effective_from <= greatest(version.effective_from, newer.created_at));
$$;
