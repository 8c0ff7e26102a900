import type { DatabasePool } from 'slonik';

import { gatherIncidents } from '../../commands/books/incidents.ts';
import { askForMailing } from '../../commands/checks/mailings.ts';
import { tellOfIneligible } from '../../commands/earnings/admissions.ts';
import { tellOfMissingRates, tellOfStaleRates } from '../../commands/earnings/missing-rates.ts';
import { tellOfExpiringPoints } from '../../commands/earnings/points-expiry.ts';
import { closeSilentQuestions } from '../../commands/earnings/questions.ts';
import { tellOfLongWaits } from '../../commands/earnings/waits.ts';
import { remindOfHolds } from '../../commands/runs/holds.ts';
import { remindOfTasks } from '../../commands/tasks/tasks.ts';

export type NewsDeps = { db: DatabasePool };

export const createNewsActivities = ({ db }: NewsDeps) => ({
  /**
   * Closes the questions to which no partner replied, and writes the notices that no single event writes: reminders of tasks and held payouts, tasks to mail checks, alarms about refunds that
   * wait for their sales and events that wait for rates or for a decision, notices of points that expire soon, and the digests of what failed. May be
   * repeated at any time.
   */
  async gatherNews(): Promise<void> {
    await db.transaction(remindOfTasks);
    await db.transaction(closeSilentQuestions);
    await db.transaction(remindOfHolds);
    await db.transaction((tx) => askForMailing(tx, Date.now()));
    await db.transaction(tellOfLongWaits);
    await db.transaction((tx) => tellOfMissingRates(tx, Date.now()));
    await db.transaction((tx) => tellOfIneligible(tx, Date.now()));
    await db.transaction((tx) => tellOfStaleRates(tx, Date.now()));
    while ((await tellOfExpiringPoints(db)) > 0);
    while (await gatherIncidents(db, Date.now()));
  },
});
