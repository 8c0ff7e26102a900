import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import { EXCEPTION_DECISIONS, type ExceptionDecision, type PresentedCheck } from '../../domain/checks/check.ts';
import type { Money } from '../../domain/money.ts';
import { changesRow, type Database } from '../database.ts';
import { Currency, Instant } from '../column-types.ts';

const ExceptionRow = z.strictObject({
  id: z.string(),
  checkAccountId: z.number(),
  accountRef: z.string(),
  bankRef: z.string(),
  number: z.bigint(),
  currency: Currency,
  minor: z.bigint(),
  /** The bank's reason for asking. */
  reason: z.string(),
  decideBy: Instant,
  /** The payout whose check has this number, where there is one. */
  payoutId: z.string().nullable(),
  decision: z.enum(EXCEPTION_DECISIONS).nullable(),
  outcome: z.enum(['paid', 'returned']).nullable(),
});
/** A check that was presented, and about which the bank asks whether to pay it. */
export type CheckException = z.infer<typeof ExceptionRow>;

const selectException = sql.fragment`
  select asked.id, asked.check_account_id as "checkAccountId", account.account_ref as "accountRef", asked.bank_ref as "bankRef",
    asked.number, asked.currency, asked.amount_minor as "minor", asked.reason, asked.decide_by as "decideBy",
    attempt.payout_id as "payoutId", asked.decision, asked.outcome
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

/** Records the bank's question once, and locks it for this transaction. */
export async function saveException(tx: Database, asked: NewException): Promise<CheckException> {
  await tx.query(sql.unsafe`
    insert into check_exception(check_account_id, bank_ref, number, currency, amount_minor, reason, presented_at, decide_by)
    values (${asked.checkAccountId}, ${asked.bankRef}, ${asked.number}, ${asked.amount.currency}, ${asked.amount.minor},
      ${asked.reason}, ${asked.presentedAt.toISOString()}, ${asked.decideBy.toISOString()})
    on conflict (check_account_id, bank_ref) do nothing`);
  return tx.one(sql.type(ExceptionRow)`
    ${selectException}
    where asked.check_account_id = ${asked.checkAccountId} and asked.bank_ref = ${asked.bankRef} for update of asked`);
}

/** Reads and locks an exception for this transaction. */
export const lockException = (tx: Database, id: string): Promise<CheckException> =>
  tx.one(sql.type(ExceptionRow)`${selectException} where asked.id = ${id} for update of asked`);

const PresentedRow = z.strictObject({
  isSpoiled: z.boolean(),
  state: z.enum(ATTEMPT_STATES).nullable(),
  isSameAmount: z.boolean(),
  hasStop: z.boolean(),
  isPayee: z.boolean(),
});
export type Presented = PresentedCheck & { isPayee: boolean };

/** The register's record of a check that was presented, and whether it pays this person. Null where the register lacks the number. */
export const findPresented = (db: Database, exceptionId: string, actorId: string | null): Promise<Presented | null> =>
  db.maybeOne(sql.type(PresentedRow)`
    select register.spoiled_because is not null as "isSpoiled", attempt.state,
      coalesce((attempt.amount_minor, attempt.currency) = (asked.amount_minor, asked.currency), false) as "isSameAmount",
      exists (select from check_stop where attempt_id = attempt.id) as "hasStop",
      exists (select from payout join partners_of(${actorId}::uuid) own on own.partner_id = payout.partner_id
              where payout.id = attempt.payout_id) as "isPayee"
    from check_exception asked
    join check_register register on register.check_account_id = asked.check_account_id and register.number = asked.number
    left join payout_attempt attempt on attempt.id = register.attempt_id
    where asked.id = ${exceptionId}`);

export type ExceptionVerdict = { decision: ExceptionDecision; reason: string; by: string };

/** Records what a person decided about a check that the bank asks about. */
export const recordExceptionVerdict = (db: Database, id: string, { decision, reason, by }: ExceptionVerdict) =>
  db.query(sql.unsafe`
    update check_exception set decision = ${decision}, decided_by = ${by}, decided_because = ${reason}, decided_at = now()
    where id = ${id}`);

/** Records once what the bank did. Returns whether that was new. */
export const recordExceptionOutcome = (db: Database, id: string, outcome: 'paid' | 'returned'): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update check_exception set outcome = ${outcome}, outcome_at = now() where id = ${id} and outcome is null`,
  );
