-- A partner is merged into another one where two people confirmed that, once. Those who were merged into that partner before follow.
create or replace function guard_merge() returns trigger language plpgsql as $$
begin
  if new.merged_into is null or not exists (
    select from correction
    where kind = 'merge' and status = 'confirmed' and into_id = new.merged_into
      and case when old.merged_into is null then merged_id = new.id else merged_id = old.merged_into end)
     or exists (select from partner where id = new.merged_into and merged_into is not null) then
    raise exception 'merge of partner % refused: two people have not confirmed it', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger merge_guarded before update on partner
  for each row when (new.merged_into is distinct from old.merged_into) execute function guard_merge();
