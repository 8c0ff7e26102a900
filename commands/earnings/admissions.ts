import type { Database } from '../../db/database.ts';
import {
  type Admission,
  countIneligible,
  COUNTED_MAX,
  type IneligibleEvent,
  insertAdmissions,
  lockIneligible,
} from '../../db/earnings/admissions.ts';
import { wakeIneligible, wakeOvertaken } from '../../db/earnings/events.ts';
import { listPartnersNamed } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { clearAlarmsBut } from '../../db/tasks/alarms.ts';
import { MINUTE_MS } from '../../domain/durations.ts';
import { type Shard, shardOf } from '../../domain/earnings/shard.ts';
import { Failure } from '../../domain/errors.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

export type AdmissionWish = Pick<Admission, 'decision' | 'reason'> & {
  readonly program: string;
  readonly partner: string;
  readonly source: string;
  readonly id: string;
};

/**
 * Decides about an event that waits because its partner was not eligible on its day. An admitted one is worked out as if the partner had been;
 * a dismissed one earns the partner nothing. Throws Failure `not_found` where no such event waits.
 */
export const decideIneligible = (
  db: Database,
  { decision, reason, program, partner, source, id }: AdmissionWish,
  by: string,
): Promise<{ events: readonly IneligibleEvent[]; shard: Shard }> =>
  db.transaction(async (tx) => {
    // An event stays with a partner who was merged since.
    const [found] = await listPartnersNamed(tx, [partner]);
    if (!found) throw new Failure('not_found', `There is no partner ${partner}.`);
    const { id: partnerId, code } = found;
    const events = (await lockIneligible(tx, { source, id, partnerId })).filter((event) => event.program === program);
    if (events.length === 0)
      throw new Failure(
        'not_found',
        `The event ${source}/${id} does not wait for a decision about ${partner} in program ${program}. Nothing was recorded.`,
      );
    await insertAdmissions(tx, events, { decision, reason }, by);
    await wakeIneligible(tx, [code]);
    await addAuditEntry(tx, {
      actorId: by,
      action: `event.${decision}`,
      subject: `event/${source}/${id}`,
      detail: { program, partner: code, reason },
    });
    return { events, shard: { program, shard: shardOf(partnerId) } };
  });

const SLACK_MS = 10 * MINUTE_MS;

/** Has events worked out again for which a fact or a change may have come just before they began to wait. Safe to repeat. */
export const wakeIneligibleAgain = (db: Database): Promise<void> => db.transaction((tx) => wakeOvertaken(tx, SLACK_MS));

const KIND = 'events_ineligible';

/** Raises one alarm for each program with events that wait for a decision, once a day, and clears it when none waits. */
export async function tellOfIneligible(tx: Database, nowMs: number): Promise<void> {
  const waiting = await countIneligible(tx);
  for (const { program, count } of waiting) {
    const detail = `${count === 1 ? '1 event waits' : `${count} events ${count < COUNTED_MAX ? '' : 'or more '}wait`}, because partners were not eligible on the days of these events. The events earn nothing until a person admits or dismisses them, or what is missing is recorded. Nothing else waits.`;
    await raiseAlarm(tx, 'events_ineligible', `program/${program}`, detail, new Date(nowMs).toISOString().slice(0, 10));
  }
  await clearAlarmsBut(
    tx,
    KIND,
    waiting.map(({ program }) => `program/${program}`),
  );
}
