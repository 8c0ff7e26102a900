create or replace function audit_hash(prev bytea, entry audit_log) returns bytea language sql immutable as $$
  select sha256(coalesce(prev, ''::bytea) || convert_to(jsonb_build_array(entry.seq, extract(epoch from entry.at),
    entry.actor_id, entry.action, entry.subject, entry.detail)::text, 'UTF8'))
$$;
