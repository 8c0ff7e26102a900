import { sql } from 'slonik';
import { z } from 'zod';

import { DELIVERY_STATUSES, GIVE_UP_DAYS } from '../../domain/runs/webhook.ts';
import { Count, Id, Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

/** The events that endpoints get. `publish_event` writes them in the transaction that causes them. */

/** The endpoints that have deliveries to try now. */
export const listEndpointsDue = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(Id)`
    select id from webhook_endpoint endpoint where not is_paused
      and exists (select from webhook_delivery where endpoint_id = endpoint.id and status = 'pending' and due_at <= now())`);

const DueRow = z.strictObject({
  eventId: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.string().nullable()),
  createdAt: Instant,
  url: z.string(),
  tries: z.number(),
  /** Whether this is the last try. */
  isLast: z.boolean(),
});
export type DueDelivery = z.infer<typeof DueRow>;

/** Takes the next deliveries of an endpoint for this long. A sender that is killed loses them, and another one takes them then. */
export const takeDueDeliveries = (
  db: Database,
  endpointId: string,
  limit: number,
  forMs: number,
): Promise<readonly DueDelivery[]> =>
  db.any(sql.type(DueRow)`
    with due as (
      select event_id from webhook_delivery where endpoint_id = ${endpointId} and status = 'pending' and due_at <= now()
        and not (select is_paused from webhook_endpoint where id = ${endpointId})
      order by due_at, event_id limit ${limit} for update skip locked
    ), its as (
      select url from webhook_endpoint where id = ${endpointId}
    ), taken as (
      update webhook_delivery delivery set tries = tries + 1, due_at = now() + ${forMs} * interval '1 millisecond'
      from due where delivery.endpoint_id = ${endpointId} and delivery.event_id = due.event_id returning delivery.*
    )
    select event.id as "eventId", event.type, event.data, event.created_at as "createdAt", its.url, tries,
      give_up_at <= now() as "isLast"
    from taken join webhook_event event on event.id = taken.event_id cross join its order by event.id`);

type Tried = { endpointId: string; eventId: string; status: number | null; error: string | null; tookMs: number };
const ERROR_CHARS_MAX = 300;

/** Writes one try into the log of an endpoint. */
export const insertAttempt = (db: Database, { endpointId, eventId, status, error, tookMs }: Tried) =>
  db.query(sql.unsafe`
    insert into webhook_attempt(endpoint_id, event_id, status, error, took_ms)
    values (${endpointId}, ${eventId}, ${status}, ${error?.slice(0, ERROR_CHARS_MAX) ?? null}, ${tookMs})`);

/** Ends a delivery: the receiver took it, or it is given up. */
export const endDelivery = (
  db: Database,
  { endpointId, eventId, error }: Pick<Tried, 'endpointId' | 'eventId' | 'error'>,
  status: 'delivered' | 'dead',
) =>
  db.query(sql.unsafe`
    update webhook_delivery set status = ${status}, ended_at = now(), last_error = ${error}
    where endpoint_id = ${endpointId} and event_id = ${eventId} and status = 'pending'`);

/** Lets a delivery be tried again after a time. */
export const postponeDelivery = (
  db: Database,
  { endpointId, eventId, error }: Pick<Tried, 'endpointId' | 'eventId' | 'error'>,
  delayMs: number,
) =>
  db.query(sql.unsafe`
    update webhook_delivery set last_error = ${error}, due_at = now() + ${delayMs} * interval '1 millisecond'
    where endpoint_id = ${endpointId} and event_id = ${eventId} and status = 'pending'`);

const againNow = sql.fragment`
  status = 'pending', ended_at = null, tries = 0, due_at = now(), give_up_at = now() + ${GIVE_UP_DAYS} * interval '1 day'`;

/** Lets a delivery begin again, whatever became of it. Returns whether there is one. */
export const replayDelivery = (db: Database, endpointId: string, eventId: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update webhook_delivery set ${againNow} where endpoint_id = ${endpointId} and event_id = ${eventId}`,
  );

/** Lets the deliveries of an endpoint that were given up begin again. Returns how many. */
export const replayDead = async (db: Database, endpointId: string): Promise<number> =>
  (
    await db.query(
      sql.unsafe`update webhook_delivery set ${againNow} where endpoint_id = ${endpointId} and status = 'dead'`,
    )
  ).rowCount;

/** Gives what waited during a pause the full time again. */
export const renewPending = (db: Database, endpointId: string) =>
  db.query(
    sql.unsafe`update webhook_delivery set ${againNow} where endpoint_id = ${endpointId} and status = 'pending'`,
  );

const DeliveryRow = z.strictObject({
  eventId: z.string(),
  type: z.string(),
  createdAt: Instant,
  status: z.enum(DELIVERY_STATUSES),
  tries: z.number(),
  dueAt: Instant,
  endedAt: Instant.nullable(),
  lastError: z.string().nullable(),
  lastStatus: z.number().nullable(),
});
export type Delivery = z.infer<typeof DeliveryRow>;

/** The deliveries of an endpoint before an event, the newest first. */
export const listDeliveries = (
  db: Database,
  endpointId: string,
  status: string | null,
  before: string | null,
  limit: number,
): Promise<readonly Delivery[]> =>
  db.any(sql.type(DeliveryRow)`
    select event.id as "eventId", event.type, event.created_at as "createdAt", delivery.status, tries, due_at as "dueAt",
      ended_at as "endedAt", last_error as "lastError", last.status as "lastStatus"
    from webhook_delivery delivery join webhook_event event on event.id = delivery.event_id
    left join lateral (
      select attempt.status from webhook_attempt attempt
      where attempt.endpoint_id = delivery.endpoint_id and attempt.event_id = delivery.event_id order by attempt.id desc limit 1
    ) last on true
    where delivery.endpoint_id = ${endpointId} and (${status}::text is null or delivery.status = ${status})
      and (${before}::uuid is null or delivery.event_id < ${before}::uuid)
    order by delivery.event_id desc limit ${limit}`);

const AttemptRow = z.strictObject({
  at: Instant,
  status: z.number().nullable(),
  error: z.string().nullable(),
  tookMs: z.number(),
});
export type DeliveryAttempt = z.infer<typeof AttemptRow>;
const ATTEMPTS_MAX = 100;

/** The newest tries of one delivery. */
export const listAttempts = (db: Database, endpointId: string, eventId: string): Promise<readonly DeliveryAttempt[]> =>
  db.any(sql.type(AttemptRow)`
    select at, status, error, took_ms as "tookMs" from webhook_attempt
    where endpoint_id = ${endpointId} and event_id = ${eventId} order by id desc limit ${ATTEMPTS_MAX}`);

/** How many deliveries of an endpoint are in each state. The count ends at a thousand of each. */
export const countDeliveries = (db: Database, endpointId: string) =>
  db.any(sql.type(z.strictObject({ status: z.enum(DELIVERY_STATUSES), count: Count }))`
    select its.status, (select count(*) from (
      select from webhook_delivery where endpoint_id = ${endpointId} and webhook_delivery.status = its.status limit 1000) found) as count
    from unnest(${sql.array(DELIVERY_STATUSES, 'text')}) as its(status)`);
