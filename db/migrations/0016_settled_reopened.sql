-- Up Migration

-- Of the many payments that settled, the few whose provider then had more to say: the sweep asks for them every minute.
create index settled_reopened on attempt_history(attempt_id) where from_state = 'settled' and to_state not in ('settled', 'returned');
