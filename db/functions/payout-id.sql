-- The id of a payout: the name-based UUIDv8 of RFC 9562, appendix B.2, of the run, partner and currency, and of how many drafts of that
-- partner the run ended before. Drafting happens in the database, which has SHA-256 and no SHA-1, so this is not the UUIDv5 of
-- `domain/ids.ts`. The namespace is the same, and never changes.
create or replace function payout_id(run uuid, partner bigint, currency text, ended bigint default 0) returns uuid language sql immutable parallel safe as $$
  select encode(set_byte(set_byte(hash, 6, get_byte(hash, 6) & 15 | 128), 8, get_byte(hash, 8) & 63 | 128), 'hex')::uuid
  from (select substring(sha256(decode('6c1d3e0a4a535d0e9f0b6a1f5f5e0b11', 'hex')
    || convert_to(concat_ws('/', 'payout', run, partner, currency, nullif(ended, 0)), 'UTF8')) for 16) as hash) named
$$;
