import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import type { WireEvent } from '../../domain/event.ts';
import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The events that came under a known key with other content. */

const SourceRow = z.strictObject({ source: z.string() });

/** Keeps events aside, with the person who sent them. The same content is kept once. Returns the sources of those that are new. */
export async function insertQuarantined(
  db: Database,
  events: readonly { wire: WireEvent; hash: Uint8Array }[],
  sentBy: string,
): Promise<readonly string[]> {
  if (events.length === 0) return [];
  const rows = events.map(({ wire, hash }) => [
    wire.source,
    wire.id,
    wire.revision ?? 1,
    JSON.stringify(wire),
    Buffer.from(hash).toString('hex'),
  ]);
  return db.anyFirst(sql.type(SourceRow)`
    with kept as (
    insert into event_quarantine(source, source_id, revision, payload, payload_hash, sent_by)
    select source, source_id, revision, payload::jsonb, decode(hash, 'hex'), ${sentBy}
    from ${sql.unnest(rows, ['text', 'text', 'int4', 'text', 'text'])} as given(source, source_id, revision, payload, hash)
    on conflict do nothing returning source
    ) select distinct source from kept order by source`);
}

const LOCK = 'event_quarantine';

/** Lets one transaction at a time say whether events of a source wait for a decision. */
export const lockQuarantine = (db: Database, source: string) =>
  db.query(sql.unsafe`select pg_advisory_xact_lock(hashtext(${LOCK}), hashtext(${source}))`);

/** Whether events of a source wait for a decision. */
export const hasQuarantined = (db: Database, source: string): Promise<boolean> =>
  db.exists(sql.unsafe`
    select from event_quarantine kept where kept.source = ${source}
      and not exists (select from event_quarantine_decision where quarantine_id = kept.id)`);

/** `open` waits for a person. An accepted event became the next revision, and a dismissed one counts for nothing. */
export const QUARANTINE_STATUSES = ['open', 'accepted', 'dismissed'] as const;
export type QuarantineStatus = (typeof QUARANTINE_STATUSES)[number];

const QuarantineRow = z.strictObject({
  number: z.bigint(),
  source: z.string(),
  id: z.string(),
  payload: z.record(z.string(), z.unknown()),
  sentBy: z.string().nullable(),
  receivedAt: Instant,
  status: z.enum(QUARANTINE_STATUSES),
  /** The revision that an accepted event became. */
  revision: z.number().nullable(),
  reason: z.string().nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: Instant.nullable(),
});
export type QuarantinedEvent = z.infer<typeof QuarantineRow>;

const quarantineQuery = sql.fragment`
  select kept.id as number, kept.source, kept.source_id as id, kept.payload, kept.sent_by as "sentBy", kept.received_at as "receivedAt",
    case decision.decision when 'accept' then 'accepted' when 'dismiss' then 'dismissed' else 'open' end as status,
    decision.revision, decision.reason, actor.code as "decidedBy", decision.decided_at as "decidedAt"
  from event_quarantine kept
  left join lateral (select * from event_quarantine_decision where quarantine_id = kept.id limit 1) decision on true
  left join actor on actor.id = decision.decided_by`;

/** The events that were kept aside, in the order in which they came. */
export const listQuarantine = (
  db: Database,
  status: QuarantineStatus | null,
  after: bigint,
  limit: number,
): Promise<readonly QuarantinedEvent[]> =>
  db.any(sql.type(QuarantineRow)`
    ${quarantineQuery}
    where kept.id > ${after} and (${status}::text is null
      or coalesce(decision.decision, 'open') = case ${status} when 'accepted' then 'accept' when 'dismissed' then 'dismiss' else 'open' end)
    order by kept.id limit ${limit}`);

/** Throws Failure `not_found`. */
export async function getQuarantined(db: Database, number: bigint): Promise<QuarantinedEvent> {
  const kept = await db.maybeOne(sql.type(QuarantineRow)`${quarantineQuery} where kept.id = ${number}`);
  if (!kept) throw new Failure('not_found', `There is no quarantined event ${number}.`);
  return kept;
}

export type QuarantineVerdict = {
  readonly decision: 'accept' | 'dismiss';
  readonly revision: number | null;
  readonly reason: string;
  readonly by: string;
};

/** Writes a person's decision. False if the event is decided already. */
export async function insertQuarantineDecision(
  db: Database,
  number: bigint,
  { decision, revision, reason, by }: QuarantineVerdict,
): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    insert into event_quarantine_decision(quarantine_id, decision, revision, reason, decided_by)
    values (${number}, ${decision}, ${revision}, ${reason}, ${by}) on conflict do nothing`);
  return rowCount === 1;
}
