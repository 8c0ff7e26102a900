import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import { CHECK_STATES, type CheckState } from '../../domain/checks/check.ts';
import { Failure } from '../../domain/errors.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import type { Database } from '../database.ts';
import { Bytes, Currency, Instant, LocalDate } from '../column-types.ts';
import { attemptRecord, unseal, type VaultKeys } from '../vault.ts';

const CheckRow = z.strictObject({
  accountId: z.number(),
  payer: z.string(),
  /** The name of the account. Nobody is shown its number. */
  accountRef: z.string(),
  dormancyYears: z.number(),
  number: z.bigint(),
  /** When the number was drawn or recorded. */
  issuedAt: Instant,
  spoiledBecause: z.string().nullable(),
  recordedBy: z.string().nullable(),
  payoutId: z.string().nullable(),
  partner: z.string().nullable(),
  gateway: z.enum(GATEWAYS).nullable(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  state: z.enum(CHECK_STATES),
  stateAt: Instant.nullable(),
  word: z.string().nullable(),
  /** The date on the check. */
  datedOn: LocalDate.nullable(),
  /** When the bank acknowledged the issue. Nobody prints or mails the check before that. */
  acknowledgedAt: Instant.nullable(),
  /** When we learned that it was printed or mailed, that it cleared, and that the bank stopped or voided it. */
  sentAt: Instant.nullable(),
  clearedAt: Instant.nullable(),
  deadAt: Instant.nullable(),
});
/** One number of the register, and what happened to it. */
export type Check = z.infer<typeof CheckRow>;

const firstTime = (state: string) => sql.fragment`
  (select min(at) from attempt_history where attempt_id = attempt.id and to_state = ${state})`;

const selectCheck = sql.fragment`
  select account.id as "accountId", payer.code as payer, account.account_ref as "accountRef",
    account.dormancy_years as "dormancyYears", register.number, register.issued_at as "issuedAt",
    register.spoiled_because as "spoiledBecause", recorder.code as "recordedBy", attempt.payout_id as "payoutId",
    partner.code as partner, attempt.gateway, attempt.currency, attempt.amount_minor as "minor",
    coalesce(attempt.state, 'spoiled') as state, attempt.state_at as "stateAt", attempt.word, run.pay_on as "datedOn",
    (attempt.step::jsonb ->> 'acknowledgedAt')::timestamptz as "acknowledgedAt", ${firstTime('sent')} as "sentAt",
    ${firstTime('settled')} as "clearedAt", ${firstTime('failed')} as "deadAt"
  from check_register register
  join check_account account on account.id = register.check_account_id join payer on payer.id = account.payer_id
  left join actor recorder on recorder.id = register.recorded_by
  left join payout_attempt attempt on attempt.id = register.attempt_id left join payout on payout.id = attempt.payout_id
  left join partner on partner.id = payout.partner_id left join payout_run run on run.id = payout.run_id`;

export type CheckFilter = {
  payer?: string | undefined;
  state?: CheckState | undefined;
  number?: bigint | undefined;
};
export type CheckKey = { accountId: number; number: bigint };

/** The register in the order of its numbers, account by account, after a cursor. */
export const listChecks = (
  db: Database,
  { payer, state, number }: CheckFilter,
  after: CheckKey | null,
  limit: number,
): Promise<readonly Check[]> =>
  db.any(sql.type(CheckRow)`
    ${selectCheck}
    where (${payer ?? null}::text is null or payer.code = ${payer ?? null})
      and (${state ?? null}::text is null or coalesce(attempt.state, 'spoiled') = ${state ?? null})
      and (${number ?? null}::bigint is null or register.number = ${number ?? null})
      and (${after?.accountId ?? null}::int is null
        or (account.id, register.number) > (${after?.accountId ?? null}::int, ${after?.number ?? null}::bigint))
    order by account.id, register.number limit ${limit}`);

/** The check of a payout. Where an attempt failed and another one followed, this is the newest check. */
export async function getPayoutCheck(db: Database, payoutId: string): Promise<Check> {
  const check = await db.maybeOne(sql.type(CheckRow)`
    ${selectCheck} where attempt.payout_id = ${payoutId} order by attempt.attempt_no desc limit 1`);
  if (!check) throw new Failure('not_found', `Payout ${payoutId} has no check.`);
  return check;
}

const FiledRow = z.strictObject({
  id: z.string(),
  gateway: z.enum(['lob', 'printed-check']),
  state: z.enum(ATTEMPT_STATES),
  sealed: Bytes,
});

/**
 * The checks of a run in the order of their numbers, for its positive-pay file, each with the request from which the bank was told. A check
 * that failed without the bank was never on file, so it is left out: a void row might void somebody else's check.
 */
export async function listRunChecks(db: Database, keys: VaultKeys, runId: string) {
  const rows = await db.any(sql.type(FiledRow)`
    select attempt.id, attempt.gateway, attempt.state, attempt.request_sealed as sealed
    from check_register register join check_account account on account.id = register.check_account_id
    join payout_attempt attempt on attempt.id = register.attempt_id join payout on payout.id = attempt.payout_id
    where payout.run_id = ${runId} and (attempt.state <> 'failed' or attempt.evidence ->> 'bank' is not null)
    order by account.account_ref, register.number`);
  return rows.map(({ id, sealed, ...check }) => ({ ...check, request: unseal(keys, attemptRecord(id), sealed) }));
}
