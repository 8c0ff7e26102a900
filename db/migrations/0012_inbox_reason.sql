-- Up Migration

-- Wise says only in a webhook why a bank sent money back; its transfer does not. The reason explains, and decides nothing.
alter table webhook_inbox add column reason text check (reason ~ '^[A-Z][A-Z0-9_]{0,63}$');
create index on webhook_inbox(gateway, provider_ref) where reason is not null;
