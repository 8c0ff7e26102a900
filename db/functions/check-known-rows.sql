-- Stands for foreign keys of tables that grow with the events, where a foreign key would look each row up by itself and cost as much as
-- the insert. It looks each distinct key up once for a statement. The rows that are named are never removed, so a key that was there
-- once stays there. Its arguments are triples: a column, the table that it names, and the key of that table.
create or replace function check_known_rows() returns trigger language plpgsql set enable_seqscan = off as $$
declare
  unknown text;
begin
  for n in 0 .. tg_nargs / 3 - 1 loop
    execute format(
      'select named::text from (select distinct %1$I as named from added where %1$I is not null) keys
       where not exists (select from %2$I known where known.%3$I = named) limit 1',
      tg_argv[3 * n], tg_argv[3 * n + 1], tg_argv[3 * n + 2]) into unknown;
    if unknown is not null then
      raise exception '% refused: there is no % %', tg_table_name, tg_argv[3 * n + 1], unknown
        using errcode = 'foreign_key_violation';
    end if;
  end loop;
  return null;
end $$;

create or replace trigger events_name_known_rows after insert on event referencing new table as added for each statement
  execute function check_known_rows('partner_id', 'partner', 'id', 'program_id', 'program', 'id', 'currency', 'currency', 'code',
    'sent_by', 'actor', 'id');
create or replace trigger lines_name_known_rows after insert on earning_line referencing new table as added for each statement
  execute function check_known_rows('partner_id', 'partner', 'id', 'program_id', 'program', 'id', 'currency', 'currency', 'code',
    'batch_id', 'accrual_batch', 'id');
create or replace trigger scopes_name_known_rows after insert on earning_scope referencing new table as added for each statement
  execute function check_known_rows('partner_id', 'partner', 'id', 'program_id', 'program', 'id', 'currency', 'unit', 'code');
create or replace trigger totals_name_known_rows after insert on scope_total referencing new table as added for each statement
  execute function check_known_rows('scope_id', 'earning_scope', 'id', 'plan_version_id', 'plan_version', 'id');
