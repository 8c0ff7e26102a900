import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { listAttempts } from '../../db/payouts/attempts.ts';
import { type DrawnAccount, openCheckAccounts } from '../../db/checks/accounts.ts';
import { type CheckException, recordExceptionOutcome, saveException } from '../../db/checks/exceptions.ts';
import { mayStillPay } from '../../commands/checks/exceptions.ts';
import { type CheckStop, expiringTask, listLapsingStops, listOpenRequests } from '../../db/checks/stops.ts';
import { getPayoutStart } from '../../db/payouts/starts.ts';
import type { Database } from '../../db/database.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { STOP_REMINDER_DAYS } from '../../domain/checks/check.ts';
import { formatDecimal } from '../../domain/money.ts';
import type { BankException, CheckServices, PayerAccount } from '../../gateways/gateway.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { bankTimeout, type CheckDeps, checkServicesOf, recordStop } from '../payouts/check-stops.ts';
import { submissionOf } from '../payouts/submissions.ts';
import { openTask } from '../../commands/open-task.ts';
import { wakePayouts } from '../payouts/wake.ts';

export type CheckDeskDeps = CheckDeps & { temporal: Client };

const REQUESTS_PER_ROUND = 100;

export const createCheckActivities = (deps: CheckDeskDeps) => ({
  /**
   * Does the work at the bank besides paying: renews stops, reads the checks that the bank asks about, tells the bank what people
   * decided about them, and asks about stops that lapse soon. Everything may be repeated. A job that fails prevents no other job,
   * and its failure is thrown at the end. Returns how many exceptions wait for a decision.
   */
  async workCheckDesk(): Promise<number> {
    const requests = await listOpenRequests(deps.db, REQUESTS_PER_ROUND);
    const accounts = await openCheckAccounts(deps.db, deps.vault);
    let waiting = 0;
    await doEach([
      () => askAboutLapsingStops(deps.db),
      ...requests.map((request) => () => carryOut(deps, request)),
      ...accounts.map((account) => async () => {
        waiting += await readExceptions(deps, account);
      }),
    ]);
    return waiting;
  },

  /** Asks a person to look at the bank's site, because the bank could not be asked for a while and its deadlines still run. */
  async sayCheckDeskIsSilent(): Promise<void> {
    await deps.db.transaction((tx) => raiseAlarm(tx, 'check_desk_silent', 'check-desk', SILENT));
  },
});

const SILENT =
  'The bank’s questions about checks could not be read, or the bank could not be told what people decided. At its deadlines the bank returns the checks in question. Look at the bank’s own site. Temporal shows the failure of check-desk.';

async function doEach(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const job of jobs) await job().catch((failure: unknown) => failures.push(failure));
  if (failures.length > 0) throw failures[0];
}

/** Asks the bank for a renewal, or for a stop that the payout has not asked for, and wakes the payout to poll the check again. */
async function carryOut(deps: CheckDeskDeps, request: CheckStop): Promise<void> {
  const attempts = await listAttempts(deps.db, request.payoutId);
  const attempt = attempts.find(({ id }) => id === request.attemptId);
  const bank = attempt && checkServicesOf(deps.gateways, attempt.gateway);
  if (!attempt || !bank) return;
  const submission = submissionOf(deps, attempt);
  const reply =
    request.renewsId === null
      ? await bank.stop(submission, bankTimeout())
      : await bank.renew(submission, request.lapsesOn, bankTimeout());
  await recordStop(deps.db, request, reply);
  await wakePayouts(deps.temporal, [await getPayoutStart(deps.db, request.payoutId)]);
}

/** Opens a task about each stop that lapses soon, and closes it once the stop has lapsed. A renewal closes it too. */
async function askAboutLapsingStops(db: DatabasePool): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  for (const { payoutId, expiresOn, isVoid, id } of await listLapsingStops(db, STOP_REMINDER_DAYS)) {
    if (expiresOn === null) continue;
    const task = expiringTask(id);
    const then = isVoid
      ? 'the check number stays void, so the bank asks us before it pays the check'
      : 'the bank pays the check like any other';
    const detail = `The stop of a check lapses on ${expiresOn}. After that, ${then}. Renew the stop, and the bank keeps returning the check without asking.`;
    const deadlineAt = new Date(`${expiresOn}T00:00:00Z`);
    const resolution = `The stop has lapsed: ${then}.`;
    await db.transaction(async (tx) => {
      if (expiresOn < today) await closeTask(tx, task, { actorId: null, resolution });
      else await openTask(tx, { ...task, payoutId, detail, deadlineAt, evidence: { stop: id } });
    });
  }
}

/** Reads the bank's questions about one account, tells the bank what people decided, and closes what is over. Returns how many stay open. */
async function readExceptions(
  { db, gateways }: CheckDeskDeps,
  { gateway, checkAccountId, settings }: DrawnAccount,
): Promise<number> {
  const bank = checkServicesOf(gateways, gateway);
  let waiting = 0;
  for (const asked of (await bank?.exceptions(settings as PayerAccount, bankTimeout())) ?? []) {
    const known = await db.transaction((tx) => keepException(tx, checkAccountId, asked));
    if (known.outcome !== null) continue;
    const status = asked.status === 'open' ? await sendDecision(db, known, bank) : asked.status;
    if (status === 'open') waiting += 1;
    else await db.transaction((tx) => closeException(tx, known, status));
  }
  return waiting;
}

/** Tells the bank what people decided. If the check died since then, the bank is told to return it, and an alarm says so. */
async function sendDecision(
  db: DatabasePool,
  known: CheckException,
  bank: CheckServices | undefined,
): Promise<BankException['status']> {
  if (!bank || known.decision === null) return 'open';
  const mayPay = known.decision === 'pay' && (await mayStillPay(db, known));
  return bank.decide(known.bankRef, mayPay ? 'pay' : 'return', bankTimeout());
}

async function keepException(tx: Database, checkAccountId: number, asked: BankException): Promise<CheckException> {
  const { id: bankRef, number, amount, reason, at, decideBy, status } = asked;
  const known = await saveException(tx, { checkAccountId, bankRef, number, amount, reason, presentedAt: at, decideBy });
  if (status === 'open' && known.decision === null)
    await openTask(tx, {
      kind: 'check_exception',
      subject: subjectOf(known),
      payoutId: known.payoutId,
      detail: `Check ${number} of ${known.accountRef} was presented, but it does not match what we filed with the bank. Decide whether the bank pays or returns it. At the deadline the bank returns it.`,
      deadlineAt: decideBy,
      evidence: { number: String(number), amount: formatDecimal(amount), currency: amount.currency, reason, bankRef },
    });
  return known;
}

const subjectOf = ({ id }: CheckException): string => `check-exception/${id}`;

const OUTCOME_OF = { pay: 'paid', return: 'returned' } as const;

async function closeException(tx: Database, known: CheckException, outcome: 'paid' | 'returned'): Promise<void> {
  if (!(await recordExceptionOutcome(tx, known.id, outcome))) return;
  const subject = subjectOf(known);
  const resolution = `Nobody decided in time, so the bank ${outcome} the check.`;
  await closeTask(tx, { kind: 'check_exception', subject }, { actorId: null, resolution });
  if (known.decision !== null && OUTCOME_OF[known.decision] !== outcome)
    await raiseAlarm(
      tx,
      'check_not_as_decided',
      subject,
      `People decided to ${known.decision} this check, but the bank ${outcome} it.`,
    );
}
