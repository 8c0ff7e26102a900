import type { DatabasePool } from 'slonik';

import { askInvariants, type InvariantAnswer } from '../../db/books/invariants.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';

export type InvariantDeps = { db: DatabasePool };

const CULPRITS_TOLD = 5;

const UNCHECKED =
  'The nightly check of the books could not be completed, so nobody knows whether they are right. Look at the failure of nightly-invariants in Temporal, and run the check by hand.';

export const createInvariantActivities = ({ db }: InvariantDeps) => ({
  /**
   * Asks every invariant of the books in one snapshot, and raises an alarm for each that does not hold. Changes nothing else and
   * may be repeated. Returns how many it asked and how many are broken.
   */
  async checkInvariants(): Promise<{ asked: number; broken: number }> {
    const answers = await askInvariants(db);
    const broken = answers.filter(({ culprits }) => culprits.length > 0);
    await db.transaction(async (tx) => {
      for (const answer of broken)
        await raiseAlarm(tx, 'invariant_broken', `invariant/${answer.name}`, detailOf(answer));
    });
    return { asked: answers.length, broken: broken.length };
  },

  async sayInvariantsAreUnchecked(): Promise<void> {
    await db.transaction((tx) => raiseAlarm(tx, 'invariants_unchecked', 'invariants', UNCHECKED));
  },
});

/** The rule, and the first rows that break it, by their ids. */
function detailOf({ rule, culprits }: InvariantAnswer): string {
  const more = culprits.length > CULPRITS_TOLD ? ['and more'] : [];
  return `${rule}. Broken by: ${[...culprits.slice(0, CULPRITS_TOLD), ...more].join('; ')}`;
}
