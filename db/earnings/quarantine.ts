import { sql } from 'slonik';
import { z } from 'zod';

import type { WireEvent } from '../../domain/event.ts';
import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The events that came under a known key with other content. */

/** Keeps events aside. The same content is kept once. */
export async function insertQuarantined(
  db: Database,
  events: readonly { wire: WireEvent; hash: Uint8Array }[],
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ wire, hash }) => [
    wire.source,
    wire.id,
    wire.revision ?? 1,
    JSON.stringify(wire),
    Buffer.from(hash).toString('hex'),
  ]);
  await db.query(sql.unsafe`
    insert into event_quarantine(source, source_id, revision, payload, payload_hash)
    select source, source_id, revision, payload::jsonb, decode(hash, 'hex')
    from ${sql.unnest(rows, ['text', 'text', 'int4', 'text', 'text'])} as given(source, source_id, revision, payload, hash)
    on conflict do nothing`);
}

const QuarantineRow = z.strictObject({
  number: z.bigint(),
  source: z.string(),
  id: z.string(),
  payload: z.record(z.string(), z.unknown()),
  receivedAt: Instant,
});
export type QuarantinedEvent = z.infer<typeof QuarantineRow>;

/** The events that were kept aside, in the order in which they came. */
export const listQuarantine = (db: Database, after: bigint, limit: number): Promise<readonly QuarantinedEvent[]> =>
  db.any(sql.type(QuarantineRow)`
    select id as number, source, source_id as id, payload, received_at as "receivedAt"
    from event_quarantine where id > ${after} order by event_quarantine.id limit ${limit}`);
