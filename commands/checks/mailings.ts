import type { Database } from '../../db/database.ts';
import {
  type Bundle,
  bundleOf,
  getBundle,
  insertMailings,
  listMailedBundles,
  listUnaskedBundles,
  listUnmailed,
  mailingTask,
} from '../../db/checks/mailings.ts';
import { makePayoutsDue } from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { closeTask, getTask, insertTask, lockTask, type Task } from '../../db/tasks/tasks.ts';
import { Failure } from '../../domain/errors.ts';
import { OPEN_FOR_MS } from '../../domain/tasks/task.ts';

/** More checks of the run are usually printed within this time, so one mail counts them all. */
const MORE_WITHIN_MS = 5 * 60_000;

const DETAIL =
  'These checks are on file at the bank and printed, but nobody has mailed them. Their partners were told nothing yet. Print and mail them, then record which numbers you mailed, and when.';

/**
 * Asks a person to print and mail the checks that nobody has mailed, once for each run and account. Ends the task when none is left, such as
 * where the bank paid a check before anybody recorded that it was mailed. May be repeated at any time.
 */
export async function askForMailing(tx: Database, nowMs: number): Promise<void> {
  for (const subject of await listMailedBundles(tx))
    await closeTask(
      tx,
      { kind: 'checks_to_mail', subject },
      { actorId: null, resolution: 'no check of it is left to mail' },
    );
  for (const bundle of await listUnaskedBundles(tx)) {
    const task = mailingTask(bundle);
    const deadlineAt = new Date(nowMs + (OPEN_FOR_MS[task.kind] ?? 0));
    const id = await insertTask(tx, { ...task, payoutId: null, detail: DETAIL, deadlineAt });
    if (id === null) continue;
    await addNotification(tx, {
      kind: 'checks_to_mail',
      dedupeKey: `task/${id}`,
      audience: 'finance',
      partnerId: null,
      body: { task: id, run: bundle.runId, ...(await getBundle(tx, bundle)), deadline: deadlineAt.toISOString() },
      waitMs: MORE_WITHIN_MS,
    });
  }
}

/** The run and account of a task that asks to mail checks. Throws Failure `not_found` for any other task. */
export async function getMailing(db: Database, taskId: string): Promise<Bundle> {
  const task = await getTask(db, taskId);
  if (task.kind !== 'checks_to_mail') throw notAboutMailing(taskId);
  return bundleOf(task.subject);
}

const notAboutMailing = (taskId: string): Failure =>
  new Failure('not_found', `Task ${taskId} does not ask to mail checks.`);

export type Mailed = { numbers: readonly bigint[]; mailedOn: string; by: string };

/**
 * Records that checks were mailed. Their payouts become sent next, and their partners are told. The task ends when none of its checks is
 * left. Throws Failure `invalid_input` for a number that is not to be mailed, and for a day in the future.
 */
export const recordMailed = (db: Database, taskId: string, { numbers, mailedOn, by }: Mailed, today: string) =>
  db.transaction(async (tx): Promise<Task> => {
    const task = await lockTask(tx, taskId);
    if (task.kind !== 'checks_to_mail') throw notAboutMailing(taskId);
    if (mailedOn > today)
      throw refuse('mailedOn', 'is in the future', `${mailedOn} is in the future. Nothing was recorded.`);
    const waiting = await listUnmailed(tx, bundleOf(task.subject));
    const mailed = waiting.filter(({ number }) => numbers.includes(number));
    const stranger = numbers.find((number) => !mailed.some((check) => check.number === number));
    if (stranger !== undefined)
      throw refuse(
        'numbers',
        `${stranger} does not wait to be mailed`,
        `Check ${stranger} of this task does not wait to be mailed: it was recorded before, stopped, or is not one of them. Nothing was recorded.`,
      );
    await insertMailings(
      tx,
      mailed.map(({ attemptId }) => attemptId),
      mailedOn,
      by,
    );
    for (const { payoutId } of mailed) await makePayoutsDue(tx, { id: payoutId });
    const detail = { mailedOn, numbers: numbers.join(' ') };
    await addAuditEntry(tx, { actorId: by, action: 'check.mail', subject: `task/${taskId}`, detail });
    if (mailed.length === waiting.length)
      await closeTask(tx, task, { actorId: by, resolution: `mailed on ${mailedOn}` });
    return getTask(tx, taskId);
  });

const refuse = (field: string, reason: string, message: string): Failure =>
  new Failure('invalid_input', message, { details: [{ field, reason }] });
