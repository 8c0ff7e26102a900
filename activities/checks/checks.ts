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
import type { BankException, CheckServices } from '../../gateways/gateway.ts';
import type { PayerAccount } from '../../gateways/gateway.ts';
import { alarm } from '../tasks/alarms.ts';
import { type CheckDeps, deskOf, patience, recordStop } from '../payouts/check-stops.ts';
import { submissionOf } from '../payouts/submissions.ts';
import { openTask } from '../tasks/tasks.ts';
import { wakePayouts } from '../payouts/wake.ts';

export type CheckDeskDeps = CheckDeps & { temporal: Client };

const REQUESTS_PER_ROUND = 100;

export const createCheckActivities = (deps: CheckDeskDeps) => ({
  /**
   * Does what is to be done at the bank beside paying: renews stops, reads the checks that the bank asks about, tells it what people
   * decided of them, and says which stops lapse soon. Everything may be repeated; what fails keeps nothing else from being done, and
   * is thrown at the end. Returns how many exceptions wait for a decision.
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

  /** The bank could not be asked for a while: a person looks there, for its deadlines go on. */
  async sayCheckDeskIsSilent(): Promise<void> {
    await deps.db.transaction((tx) => alarm(tx, 'check_desk_silent', 'check-desk', SILENT));
  },
});

const SILENT =
  'What the bank asks about checks could not be read, or people’s decisions could not be told to it. At its deadlines it returns what it asks about. Look at the bank’s own site; Temporal shows the failure of check-desk.';

async function doEach(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const job of jobs) await job().catch((failure: unknown) => failures.push(failure));
  if (failures.length > 0) throw failures[0];
}

/** Tells the bank of a renewal, or of a stop that its payout did not, and has the payout look at the check again. */
async function carryOut(deps: CheckDeskDeps, request: CheckStop): Promise<void> {
  const attempts = await listAttempts(deps.db, request.payoutId);
  const attempt = attempts.find(({ id }) => id === request.attemptId);
  const desk = attempt && deskOf(deps.gateways, attempt.gateway);
  if (!attempt || !desk) return;
  const submission = submissionOf(deps, attempt);
  const told =
    request.renewsId === null
      ? await desk.stop(submission, patience())
      : await desk.renew(submission, request.lapsesOn, patience());
  await recordStop(deps.db, request, told);
  await wakePayouts(deps.temporal, [await getPayoutStart(deps.db, request.payoutId)]);
}

/** Asks whether to renew each stop that lapses soon, and no more once it was renewed or has lapsed. */
async function askAboutLapsingStops(db: DatabasePool): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  for (const { payoutId, expiresOn, isVoid, id } of await listLapsingStops(db, STOP_REMINDER_DAYS)) {
    if (expiresOn === null) continue;
    const task = expiringTask(id);
    const then = isVoid
      ? 'the number stays void, so the bank asks us before it pays'
      : 'the bank pays it like any other';
    const detail = `The stop of a check lapses on ${expiresOn}. After it, ${then}. Renew the stop to have it returned without asking.`;
    const deadlineAt = new Date(`${expiresOn}T00:00:00Z`);
    const resolution = `the stop has lapsed: ${then}`;
    await db.transaction(async (tx) => {
      if (expiresOn < today) await closeTask(tx, task, { actorId: null, resolution });
      else await openTask(tx, { ...task, payoutId, detail, deadlineAt, evidence: { stop: id } });
    });
  }
}

/** Reads what the bank asks of one account, tells it what people decided, and closes what is over. Returns how many stay open. */
async function readExceptions(
  { db, gateways }: CheckDeskDeps,
  { gateway, checkAccountId, settings }: DrawnAccount,
): Promise<number> {
  const desk = deskOf(gateways, gateway);
  let waiting = 0;
  for (const asked of (await desk?.exceptions(settings as PayerAccount, patience())) ?? []) {
    const known = await db.transaction((tx) => keepException(tx, checkAccountId, asked));
    if (known.outcome !== null) continue;
    const status = asked.status === 'open' ? await tellDecision(db, known, desk) : asked.status;
    if (status === 'open') waiting += 1;
    else await db.transaction((tx) => closeException(tx, known, status));
  }
  return waiting;
}

/** Tells the bank what was decided. A check that died since then is returned all the same; whoever decided hears of it by an alarm. */
async function tellDecision(
  db: DatabasePool,
  known: CheckException,
  desk: CheckServices | undefined,
): Promise<BankException['status']> {
  if (!desk || known.decision === null) return 'open';
  const mayPay = known.decision === 'pay' && (await mayStillPay(db, known));
  return desk.decide(known.bankRef, mayPay ? 'pay' : 'return', patience());
}

async function keepException(tx: Database, checkAccountId: number, asked: BankException): Promise<CheckException> {
  const { id: bankRef, number, amount, reason, at, decideBy, status } = asked;
  const known = await saveException(tx, { checkAccountId, bankRef, number, amount, reason, presentedAt: at, decideBy });
  if (status === 'open' && known.decision === null)
    await openTask(tx, {
      kind: 'check_exception',
      subject: subjectOf(known),
      payoutId: known.payoutId,
      detail: `The bank was shown check ${number} of ${known.accountRef} and does not know it so. Say whether to pay or to return it; at the deadline the bank returns it.`,
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
  const resolution = `nobody decided in time: the bank ${outcome} the check by itself`;
  await closeTask(tx, { kind: 'check_exception', subject }, { actorId: null, resolution });
  if (known.decision !== null && OUTCOME_OF[known.decision] !== outcome)
    await alarm(
      tx,
      'check_not_as_decided',
      subject,
      `It was decided to ${known.decision} this check, and the bank ${outcome} it.`,
    );
}
