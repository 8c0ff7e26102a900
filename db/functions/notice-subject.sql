-- The thing that a notice to staff is about, named as in tasks. Null where it is about the whole company.
create or replace function notice_subject(facts jsonb) returns text language sql immutable as
  $$ select coalesce(facts ->> 'subject', 'run/' || (facts ->> 'run'), 'program/' || (facts ->> 'program')) $$;
