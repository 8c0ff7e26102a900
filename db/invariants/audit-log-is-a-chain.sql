-- 12. The audit log is a chain without a gap, and every hash computes again.
-- A chain whose last entries were cut off is shorter, but whole. To detect that, keep the head of the chain elsewhere.
select format('audit entry %s (number %s of the chain) was altered, added or removed', seq, chain_seq) as culprit
from (
  select entry.seq, entry.chain_seq, entry.hash, entry.prev_hash, audit_hash(entry.prev_hash, entry) as recomputed,
    lag(entry.hash) over chain as head, row_number() over chain as place
  from audit_log entry where entry.chain_seq is not null window chain as (order by entry.chain_seq)
) sealed
where hash is distinct from recomputed or prev_hash is distinct from head or chain_seq <> place;
