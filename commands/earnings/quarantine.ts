import type { Database } from '../../db/database.ts';
import { listKnownEvents } from '../../db/earnings/known-events.ts';
import { getQuarantined, insertQuarantineDecision, type QuarantinedEvent } from '../../db/earnings/quarantine.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import type { Shard } from '../../domain/earnings/shard.ts';
import { Failure } from '../../domain/errors.ts';
import { WireEvent } from '../../domain/event.ts';
import { intakeEvents } from './intake.ts';
import { closeQuarantine } from './quarantined.ts';

export type QuarantineDecision = {
  number: bigint;
  decision: 'accept' | 'dismiss';
  reason: string;
  actorId: string;
  nowMs: number;
};

/**
 * Decides about a quarantined event, once. An accepted one becomes the next revision of its event, and passes the same checks as any other.
 * A dismissed one counts for nothing for ever.
 */
export const decideQuarantined = (
  db: Database,
  { number, decision, reason, actorId, nowMs }: QuarantineDecision,
): Promise<{ event: QuarantinedEvent; shards: readonly Shard[] }> =>
  db.transaction(async (tx) => {
    const kept = await getQuarantined(tx, number);
    const revision = decision === 'accept' ? await nextRevisionOf(tx, kept) : null;
    if (!(await insertQuarantineDecision(tx, number, { decision, revision, reason, by: actorId })))
      throw new Failure(
        'quarantine_not_open',
        `The quarantined event ${number} was ${kept.status === 'open' ? 'just decided' : kept.status} by ${kept.decidedBy ?? 'another person'}. Nothing was recorded.`,
      );
    const shards =
      revision === null ? [] : await accept(tx, { ...kept.payload, revision }, { by: kept.sentBy ?? actorId, nowMs });
    await closeQuarantine(tx, kept.source, actorId);
    await addAuditEntry(tx, {
      actorId,
      action: `quarantine.${decision}`,
      subject: `event/${kept.source}/${kept.id}`,
      detail: { quarantined: String(number), reason, ...(revision === null ? {} : { revision: String(revision) }) },
    });
    return { event: await getQuarantined(tx, number), shards };
  });

async function nextRevisionOf(tx: Database, { source, id }: QuarantinedEvent): Promise<number> {
  const known = await listKnownEvents(tx, [{ source, id }]);
  return (known.at(-1)?.revision ?? 0) + 1;
}

async function accept(
  tx: Database,
  payload: Record<string, unknown>,
  { by, nowMs }: { by: string; nowMs: number },
): Promise<readonly Shard[]> {
  const wire = WireEvent.parse(payload);
  const { outcomes, shards } = await intakeEvents(tx, [{ wire, unit: 0 }], { nowMs, strict: false, by });
  const [outcome] = outcomes;
  if (outcome?.status === 'accepted') return shards;
  if (outcome?.status === 'refused')
    throw new Failure(
      'invalid_input',
      'The event cannot be taken in as a correction. Nothing was recorded. Remove the causes and accept it again, or dismiss it.',
      { details: outcome.refusals.map(({ field, reason }) => ({ field: `payload.${field}`, reason })) },
    );
  if (outcome?.status === 'parked')
    throw new Failure(
      'invalid_input',
      'The event cannot be taken in as a correction. Nothing was recorded. Add its partner and accept it again, or dismiss it.',
      { details: [{ field: 'payload.partner', reason: `${outcome.partner} is not known` }] },
    );
  throw new Failure(
    'quarantine_overtaken',
    'Another revision of this event arrived at the same moment. Nothing was recorded. Read the event, and decide then.',
  );
}
