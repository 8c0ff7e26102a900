import type { Database } from '../../db/database.ts';
import { type BackTest, endBackTest, getBackTest, insertBackTest } from '../../db/earnings/back-tests.ts';
import { listFactKeysNamed } from '../../db/partners/fact-keys.ts';
import { getSchedule } from '../../db/payers/schedules.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { getLatestVersion } from '../../db/programs/plans.ts';
import type { Program } from '../../db/programs/programs.ts';
import { startOfDay } from '../../domain/calendar.ts';
import { Failure } from '../../domain/errors.ts';
import type { PlanTerms } from '../../domain/programs/plan.ts';
import { refuseTerms } from '../programs/plans.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

export type BackTestWish = { plan: string; terms: PlanTerms; from: string; until: string; tierKey: string | null };

/** Asks for a back-test. Throws Failure `not_found`, or `invalid_input` for terms that could not be saved. */
export const askBackTest = (db: Database, program: Program, wish: BackTestWish, by: string): Promise<BackTest> =>
  db.transaction(async (tx) => {
    const { zone } = await getSchedule(tx, program.schedule);
    await getLatestVersion(tx, program, wish.plan);
    const effectiveFrom = new Date(startOfDay(wish.from, zone));
    await refuseTerms(tx, program, { terms: wish.terms, effectiveFrom });
    refusePools(wish.terms);
    await refuseUnknownKey(tx, wish.tierKey);
    const id = await insertBackTest(tx, { ...wish, programId: program.id, askedBy: by });
    const subject = `program/${program.code}/plan/${wish.plan}`;
    await addAuditEntry(tx, { actorId: by, action: 'back_test.ask', subject, detail: { backTest: id } });
    return getBackTest(tx, id);
  });

/** A back-test goes through one partner after the other, and the part of a pool depends on all of them. */
function refusePools({ incentives }: PlanTerms): void {
  const details = incentives.flatMap(({ pay }, index) =>
    pay.rule === 'share'
      ? [{ field: `terms.incentives[${index}].pay.rule`, reason: 'is share, which depends on all partners at once' }]
      : [],
  );
  if (details.length === 0) return;
  throw new Failure(
    'invalid_input',
    'A back-test works partner by partner, so it cannot divide a pool. No back-test was started. Leave the named incentives out to try the rest.',
    { details },
  );
}

async function refuseUnknownKey(tx: Database, key: string | null): Promise<void> {
  if (key === null || (await listFactKeysNamed(tx, [key])).length > 0) return;
  throw new Failure('invalid_input', `There is no fact ${key}. No back-test was started. Choose a declared fact.`, {
    details: [{ field: 'tier', reason: 'is not a declared fact' }],
  });
}

/** Gives a back-test up that cannot be worked out, and tells operators. */
export const failBackTest = (db: Database, id: string): Promise<void> =>
  db.transaction(async (tx) => {
    const { program } = await getBackTest(tx, id);
    if (!(await endBackTest(tx, id, 'failed'))) return;
    await raiseAlarm(
      tx,
      'back_test_failed',
      `program/${program}`,
      `The back-test ${id} could not be worked out. Nothing depends on it. Look at the failure of back-test/${id} in Temporal, and ask for a new one.`,
    );
  });
