import {
  type Audit,
  endAudit,
  getAudit,
  insertAudit,
  insertMonthlyAudits,
  listAuditDifferences,
  listAuditSources,
  listAuditTotals,
} from '../../db/books/audits.ts';
import type { Database } from '../../db/database.ts';
import { getSchedule } from '../../db/payers/schedules.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import type { Program } from '../../db/programs/programs.ts';
import { compareControls, type ControlResult, type ControlTotal, instantsOf } from '../../domain/books/audit.ts';
import { Failure } from '../../domain/errors.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

/** Asks for the audit of a month that is over. Throws Failure `invalid_input`. */
export const askAudit = (
  db: Database,
  program: Program,
  { month, controls }: { month: string; controls: readonly ControlTotal[] },
  by: string,
): Promise<Audit> =>
  db.transaction(async (tx) => {
    const { zone } = await getSchedule(tx, program.schedule);
    if (instantsOf(month, zone).untilMs > Date.now()) {
      const reason = `is not over in ${zone}`;
      throw new Failure('invalid_input', `The month ${reason}. No audit was started. Choose an earlier month.`, {
        details: [{ field: 'month', reason }],
      });
    }
    const id = await insertAudit(tx, { programId: program.id, month, controls, askedBy: by });
    const subject = `program/${program.code}`;
    await addAuditEntry(tx, { actorId: by, action: 'audit.ask', subject, detail: { audit: id, month } });
    return getAudit(tx, id);
  });

/** Writes the audits of a month that start by themselves, one for each program. */
export const askMonthlyAudits = (db: Database, month: string) => insertMonthlyAudits(db, month);

/** The control totals of an audit, compared with the events on file. */
export const controlsOf = async (db: Database, { id, controls }: Audit): Promise<ControlResult[]> =>
  controls.length === 0 ? [] : compareControls(controls, await listAuditSources(db, id));

const PARTNERS_TOLD = 5;

/** Ends an audit whose partners are all compared, and raises an alarm where something differs. Returns how many differences there are. */
export const finishAudit = (db: Database, id: string): Promise<number> =>
  db.transaction(async (tx) => {
    const audit = await getAudit(tx, id);
    const totals = await listAuditTotals(tx, id);
    const controls = (await controlsOf(tx, audit)).filter(({ differs }) => differs);
    const partners = totals.reduce((sum, { differences }) => sum + differences, 0);
    const count = partners + controls.length;
    if (!(await endAudit(tx, id, 'done')) || count === 0) return count;
    const named = await listAuditDifferences(tx, id, null, PARTNERS_TOLD);
    const what = [
      ...named.map(({ partner, unit }) => `partner ${partner} in ${unit}`),
      ...controls.map(({ control }) => `the control total of source ${control.source}`),
      ...(partners > named.length ? ['and more'] : []),
    ];
    await raiseAlarm(
      tx,
      'audit_found_differences',
      `program/${audit.program}`,
      `The audit ${id} of ${audit.month.slice(0, 'YYYY-MM'.length)} found ${count} differences: ${what.join(', ')}. Nothing was changed. The audit lists them.`,
    );
    return count;
  });

/** Gives an audit up that cannot be worked out, and tells operators. */
export const failAudit = (db: Database, id: string): Promise<void> =>
  db.transaction(async (tx) => {
    const { program, month } = await getAudit(tx, id);
    if (!(await endAudit(tx, id, 'failed'))) return;
    await raiseAlarm(
      tx,
      'audit_failed',
      `program/${program}`,
      `The audit ${id} of ${month.slice(0, 'YYYY-MM'.length)} could not be worked out, so nobody knows whether the month is right. Look at the failure of audit/${id} in Temporal, and ask for a new audit.`,
    );
  });
