import type { Database } from '../../db/database.ts';
import type { DueEvent } from '../../db/earnings/accrual.ts';
import { listMissing, type MissingOf } from '../../db/earnings/closings.ts';
import { clearAlarmWithout } from '../../db/tasks/alarms.ts';
import { quotaNameOf } from '../../domain/earnings/quota.ts';
import type { Scope } from '../../domain/earnings/scope-state.ts';
import { isReading, readingOf } from '../../domain/programs/incentives/measure.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';

/** Windows that are closed without the reading or the quota that they pay by, and the alarms about them. */

const needsReading = ({ measure }: Pick<Scope, 'measure'>): boolean => isReading(measure);
const needsQuota = (scope: Pick<Scope, 'measure'>): boolean => quotaNameOf(scope) !== undefined;

/** Whether a window lacks the reading or the quota that it pays by. */
export const lacksReading = (scope: Scope): boolean =>
  (needsReading(scope) && scope.members.size === 0) || (needsQuota(scope) && (scope.quota ?? null) === null);

const alarmOf = (window: Pick<Scope, 'measure'>): string => (needsQuota(window) ? 'quota_missing' : 'reading_missing');
const subjectOf = (partner: string): string => `partner/${partner}`;
const factOf = ({ program, incentiveId, start }: Omit<MissingOf, 'measure'>): string =>
  `${program}/${incentiveId}/${start}`;

/** Somebody is told of a window that closes without its reading or its quota. */
export function tellOfMissing(tx: Database, scope: Scope, { partner, program }: DueEvent): Promise<void> {
  const { incentiveId, start, measure, window } = scope;
  const name = quotaNameOf(scope);
  const missing = name === undefined ? `the ${readingOf(measure)}` : `the quota ${name}`;
  const remedy = name === undefined ? 'Send the reading' : 'Record the quota';
  const detail = `The window from ${start} of the incentive ${incentiveId} in program ${program} was closed without ${missing} of its ${window}, so it earned nothing yet. ${remedy}: the window then earns what it is worth.`;
  const fact = factOf({ program, incentiveId, start });
  return name === undefined
    ? raiseAlarm(tx, 'reading_missing', subjectOf(partner), detail, fact)
    : raiseAlarm(tx, 'quota_missing', subjectOf(partner), detail, fact);
}

/** Ends the alarms about partners when each window that they name has its reading or its quota. */
export async function clearFound(tx: Database, changed: readonly Scope[]): Promise<void> {
  const found = changed.filter(
    (scope) => scope.isClosed && (needsReading(scope) || needsQuota(scope)) && !lacksReading(scope),
  );
  if (found.length === 0) return;
  const kinds = new Set(found.map(alarmOf));
  for (const { partner, missing } of await listMissing(tx, [...new Set(found.map(({ partnerId }) => partnerId))]))
    for (const kind of kinds) {
      const facts = missing.filter((window) => alarmOf(window) === kind).map(factOf);
      await clearAlarmWithout(tx, { kind, subject: subjectOf(partner) }, facts);
    }
}
