import type { Database } from '../../db/database.ts';
import {
  dismissParked,
  dismissParkedFor,
  getParked,
  keepParked,
  markClaimed,
  type ParkedEvent,
  restoreParked,
  takeClaimable,
} from '../../db/earnings/parked.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { MINUTE_MS } from '../../domain/durations.ts';
import { distinctShards, type Shard } from '../../domain/earnings/shard.ts';
import { Failure } from '../../domain/errors.ts';
import { WireEvent } from '../../domain/event.ts';
import { intakeEvents } from './intake.ts';

const PER_PAGE = 200;
const PAGES_PER_SWEEP = 50;
const SLACK_MS = 10 * MINUTE_MS;

/**
 * Takes in the parked events whose partner was added. Each passes the same checks as on any other day. An event whose day has no agreement
 * stays parked. Returns the shares that have new work. Safe to repeat.
 */
export async function claimParked(db: Database): Promise<readonly Shard[]> {
  const woken: Shard[] = [];
  for (let page = 0; page < PAGES_PER_SWEEP; page += 1) {
    const { tried, shards } = await db.transaction(claimPage);
    woken.push(...shards);
    if (tried < PER_PAGE) break;
  }
  return distinctShards(woken);
}

async function claimPage(tx: Database): Promise<{ tried: number; shards: readonly Shard[] }> {
  const parked = await takeClaimable(tx, PER_PAGE, SLACK_MS);
  const claimed: bigint[] = [];
  const woken: Shard[] = [];
  for (const [by, theirs] of Map.groupBy(parked, ({ sentBy }) => sentBy)) {
    const incoming = theirs.map(({ payload }, unit) => ({ wire: WireEvent.parse(payload), unit }));
    const { outcomes, shards } = await intakeEvents(tx, incoming, { nowMs: Date.now(), strict: false, by });
    woken.push(...shards);
    for (const [index, { number }] of theirs.entries()) {
      const outcome = outcomes[index];
      if (outcome?.status === 'parked') await keepParked(tx, number, outcome.partner);
      else if (outcome?.status === 'refused') await keepParked(tx, number, null);
      else claimed.push(number);
    }
  }
  if (claimed.length > 0) await markClaimed(tx, claimed);
  return { tried: parked.length, shards: woken };
}

export type ParkedDecision = { number: bigint; decision: 'dismiss' | 'restore'; reason: string; actorId: string };

/**
 * Dismisses an event that will never find its partner, or lets it wait again. One person may, because a parked event earns nothing for
 * anybody: nothing is booked, and the event comes back when it is sent again. Throws Failure `not_found` or `parked_event_not_open`.
 */
export const decideParked = (
  db: Database,
  { number, decision, reason, actorId }: ParkedDecision,
): Promise<ParkedEvent> =>
  db.transaction(async (tx) => {
    const isDone =
      decision === 'dismiss'
        ? await dismissParked(tx, number, { by: actorId, reason })
        : await restoreParked(tx, number, actorId);
    const parked = await getParked(tx, number);
    const { source, id, status } = parked;
    if (!isDone)
      throw new Failure(
        'parked_event_not_open',
        `The event ${source}/${id} is ${status}. Nothing was recorded. Only a parked event is dismissed, and only a dismissed one is restored.`,
      );
    await addAuditEntry(tx, {
      actorId,
      action: `parked_event.${decision}`,
      subject: `event/${source}/${id}`,
      detail: { parked: String(number), reason },
    });
    return parked;
  });

export type ParkedDismissal = { program: string; partner: string; reason: string };

/**
 * Dismisses all events of a program that wait for a partner, such as those of a mistyped code. Returns how many. Each keeps the person and the
 * reason, and is restored by itself. Safe to repeat.
 */
export const dismissAllParked = (
  db: Database,
  { program, partner, reason }: ParkedDismissal,
  by: string,
): Promise<number> =>
  db.transaction(async (tx) => {
    const events = await dismissParkedFor(tx, { program, partner }, { by, reason });
    if (events > 0)
      await addAuditEntry(tx, {
        actorId: by,
        action: 'parked_event.dismiss_all',
        subject: `program/${program}`,
        detail: { partner, reason, events },
      });
    return events;
  });
