-- Writes an event for the endpoints that asked for its type, in the transaction that causes it. Without such an endpoint nothing is written.
create or replace function publish_event(the_type text, the_data jsonb) returns void
language sql security definer set search_path = public, pg_temp as $$
  with asked as (
    select id from webhook_endpoint where the_type = any(events)
  ), published as (
    insert into webhook_event(type, data) select the_type, the_data where exists (select from asked) returning id
  )
  insert into webhook_delivery(endpoint_id, event_id) select asked.id, published.id from asked, published;
$$;
