-- An item is booked or overtaken once, after two people confirmed it, and is never changed otherwise.
create or replace function guard_re_rating_item() returns trigger language plpgsql as $$
begin
  if old.status <> 'proposed' or (new.before_minor, new.after_minor, new.events) is distinct from (old.before_minor, old.after_minor, old.events)
     or not exists (select from re_rating where id = new.re_rating_id and status = 'confirmed') then
    raise exception 'item of re-rating % refused: two people have not confirmed it, or it is booked already', new.re_rating_id
      using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

create or replace trigger re_rating_item_guarded before update on re_rating_item for each row execute function guard_re_rating_item();
