-- Up Migration

-- A provider may correct a line of its statement: what it said first stays as a fact, what it said last counts.
alter table recon_line
  add column version smallint not null default 1 check (version > 0),
  drop constraint recon_line_pkey,
  add primary key (report_id, line_id, version);
comment on column recon_line.version is 'How often the provider said this line in other words; the highest counts.';

drop trigger word_of_provider on recon_line;
create trigger word_of_provider before update of report_id, line_id, version, gateway, kind, currency, amount_minor, occurred_at, reference
  on recon_line for each row execute function refuse_change();
