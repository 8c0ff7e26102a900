import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import {
  EXCEPTION_DECISIONS,
  type ExceptionDecision,
  type PresentedCheck,
  whyNotPay,
} from '../../domain/checks/check.ts';
import { Failure } from '../../domain/errors.ts';
import type { Money } from '../../domain/money.ts';
import type { Role } from '../../domain/people/role.ts';
import { addAuditEntry } from '../people/audit.ts';
import { changesRow, type Database } from '../database.ts';
import { lockPayout } from '../payouts/payouts.ts';
import { Currency, Instant } from '../column-types.ts';
import { closeTask, lockTask } from '../tasks/tasks.ts';

const ExceptionRow = z.strictObject({
  id: z.string(),
  checkAccountId: z.number(),
  accountRef: z.string(),
  bankRef: z.string(),
  number: z.bigint(),
  currency: Currency,
  minor: z.bigint(),
  /** The bank's own words for why it asks. */
  reason: z.string(),
  decideBy: Instant,
  /** The payout whose check has this number, where there is one. */
  payoutId: z.string().nullable(),
  decision: z.enum(EXCEPTION_DECISIONS).nullable(),
  outcome: z.enum(['paid', 'returned']).nullable(),
});
/** A check that the bank was shown, and asks whether to pay. */
export type CheckException = z.infer<typeof ExceptionRow>;

const selectException = sql.fragment`
  select asked.id, asked.check_account_id as "checkAccountId", account.account_ref as "accountRef", asked.bank_ref as "bankRef",
    asked.number, asked.currency, asked.amount_minor as "minor", asked.reason,
    asked.decide_by as "decideBy", attempt.payout_id as "payoutId", asked.decision, asked.outcome
  from check_exception asked join check_account account on account.id = asked.check_account_id
  left join check_register register on register.check_account_id = asked.check_account_id and register.number = asked.number
  left join payout_attempt attempt on attempt.id = register.attempt_id`;

export type NewException = {
  checkAccountId: number;
  bankRef: string;
  number: bigint;
  amount: Money;
  reason: string;
  presentedAt: Date;
  decideBy: Date;
};

/** Writes down what the bank asks, once, and keeps it for this transaction. */
export async function saveException(tx: Database, asked: NewException): Promise<CheckException> {
  await tx.query(sql.unsafe`
    insert into check_exception(check_account_id, bank_ref, number, currency, amount_minor, reason, presented_at, decide_by)
    values (${asked.checkAccountId}, ${asked.bankRef}, ${asked.number}, ${asked.amount.currency}, ${asked.amount.minor}, ${asked.reason},
      ${asked.presentedAt.toISOString()}, ${asked.decideBy.toISOString()})
    on conflict (check_account_id, bank_ref) do nothing`);
  return tx.one(sql.type(ExceptionRow)`
    ${selectException} where asked.check_account_id = ${asked.checkAccountId} and asked.bank_ref = ${asked.bankRef} for update of asked`);
}

/** Reads an exception and keeps it for this transaction. */
const lockException = (tx: Database, id: string): Promise<CheckException> =>
  tx.one(sql.type(ExceptionRow)`${selectException} where asked.id = ${id} for update of asked`);

type Presented = PresentedCheck & { isPayee: boolean };

const PresentedRow = z.strictObject({
  is_spoiled: z.boolean(),
  state: z.enum(ATTEMPT_STATES).nullable(),
  is_same_amount: z.boolean(),
  has_stop: z.boolean(),
  is_payee: z.boolean(),
});

/** What our register says of a check that was presented, and whether this person is paid by it; null where it has no such number. */
async function readPresented(db: Database, exceptionId: string, actorId: string | null): Promise<Presented | null> {
  const row = await db.maybeOne(sql.type(PresentedRow)`
    select register.spoiled_because is not null as is_spoiled, attempt.state,
      coalesce((attempt.amount_minor, attempt.currency) = (asked.amount_minor, asked.currency), false) as is_same_amount,
      exists (select from check_stop where attempt_id = attempt.id) as has_stop,
      exists (select from payout join api_key key on key.partner_id = payout.partner_id
              where payout.id = attempt.payout_id and key.actor_id = ${actorId}::uuid) as is_payee
    from check_exception asked
    join check_register register on register.check_account_id = asked.check_account_id and register.number = asked.number
    left join payout_attempt attempt on attempt.id = register.attempt_id
    where asked.id = ${exceptionId}`);
  if (!row) return null;
  const { is_spoiled, state, is_same_amount, has_stop, is_payee } = row;
  return { isSpoiled: is_spoiled, state, isSameAmount: is_same_amount, hasStop: has_stop, isPayee: is_payee };
}

export type ExceptionVerdict = { decision: ExceptionDecision; reason: string; by: string; role: Role };

/**
 * Writes down what a person decided of a check that the bank asks about, and closes the task; the bank is told next. Anybody who may
 * decide may have it returned. Throws Failure `check_exception_over`, `not_allowed`, `approver_is_payee` or `check_must_be_returned`.
 */
export const decideException = (db: Database, taskId: string, verdict: ExceptionVerdict): Promise<CheckException> =>
  db.transaction(async (tx) => {
    const { decision, reason, by } = verdict;
    const task = await lockTask(tx, taskId);
    if (task.kind !== 'check_exception') throw new Failure('not_found', `Task ${taskId} is about no check.`);
    if (task.closedAt)
      throw new Failure('check_exception_over', `Nothing was recorded: the task is closed (${task.resolution}).`);
    const id = task.subject.replace('check-exception/', '');
    if (task.payoutId) await lockPayout(tx, task.payoutId); // whoever asks for a stop at this moment waits
    if (decision === 'pay') refusePay(verdict, await readPresented(tx, id, by));
    await tx.query(sql.unsafe`
      update check_exception set decision = ${decision}, decided_by = ${by}, decided_because = ${reason}, decided_at = now()
      where id = ${id}`);
    await closeTask(tx, task, { actorId: by, resolution: `${decision}: ${reason}` });
    await addAuditEntry(tx, { actorId: by, action: `check.${decision}`, subject: task.subject, detail: { reason } });
    return lockException(tx, id);
  });

/** Whether the bank may still be told to pay: since it was decided the check may have died. */
export async function mayStillPay(db: Database, { id }: CheckException): Promise<boolean> {
  return whyNotPay(await readPresented(db, id, null)) === undefined;
}

/** To pay what the bank doubts takes a second person's role, somebody who is not paid by it, and a check that is ours as presented. */
function refusePay({ role }: ExceptionVerdict, check: Presented | null): void {
  if (role !== 'approver')
    throw new Failure(
      'not_allowed',
      'Only an approver may have the bank pay a check that it asks about; nothing was decided.',
    );
  if (check?.isPayee)
    throw new Failure('approver_is_payee', 'This check pays you: another approver decides it. Nothing was decided.');
  const why = whyNotPay(check);
  if (why)
    throw new Failure(
      'check_must_be_returned',
      `Nothing was decided: ${why}. Have it returned; what is owed can be paid again.`,
    );
}

/** Writes down what the bank did, once; returns whether that is news. */
export const recordExceptionOutcome = (db: Database, id: string, outcome: 'paid' | 'returned'): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update check_exception set outcome = ${outcome}, outcome_at = now() where id = ${id} and outcome is null`,
  );
