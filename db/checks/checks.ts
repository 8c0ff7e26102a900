import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import { CHECK_STATES, type CheckState } from '../../domain/checks/check.ts';
import { Failure } from '../../domain/errors.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import type { Database } from '../database.ts';
import { Currency, Instant, LocalDate } from '../column-types.ts';

const CheckRow = z
  .strictObject({
    account_id: z.number(),
    payer: z.string(),
    account_ref: z.string(),
    dormancy_years: z.number(),
    number: z.bigint(),
    issued_at: Instant,
    spoiled_because: z.string().nullable(),
    recorded_by: z.string().nullable(),
    payout_id: z.string().nullable(),
    partner: z.string().nullable(),
    gateway: z.enum(GATEWAYS).nullable(),
    currency: Currency.nullable(),
    amount_minor: z.bigint().nullable(),
    state: z.enum(CHECK_STATES),
    state_at: Instant.nullable(),
    word: z.string().nullable(),
    dated_on: LocalDate.nullable(),
    acknowledged_at: Instant.nullable(),
    sent_at: Instant.nullable(),
    cleared_at: Instant.nullable(),
    dead_at: Instant.nullable(),
  })
  .transform((row) => ({
    accountId: row.account_id,
    payer: row.payer,
    /** The name of the account; its number is shown to nobody. */
    accountRef: row.account_ref,
    dormancyYears: row.dormancy_years,
    number: row.number,
    /** When the number was drawn or recorded. */
    issuedAt: row.issued_at,
    spoiledBecause: row.spoiled_because,
    recordedBy: row.recorded_by,
    payoutId: row.payout_id,
    partner: row.partner,
    gateway: row.gateway,
    currency: row.currency,
    minor: row.amount_minor,
    state: row.state,
    stateAt: row.state_at,
    word: row.word,
    /** The date on the check. */
    datedOn: row.dated_on,
    /** When the bank acknowledged that it was issued; nobody prints or mails it before. */
    acknowledgedAt: row.acknowledged_at,
    /** When it was seen to be printed or in the post, cleared, or dead at the bank; as we learned it. */
    sentAt: row.sent_at,
    clearedAt: row.cleared_at,
    deadAt: row.dead_at,
  }));
/** One number of the register and what became of it. */
export type Check = z.infer<typeof CheckRow>;

const firstTime = (state: string) => sql.fragment`
  (select min(at) from attempt_history where attempt_id = attempt.id and to_state = ${state})`;

const selectCheck = sql.fragment`
  select account.id as account_id, payer.code as payer, account.account_ref, account.dormancy_years, register.number, register.issued_at,
    register.spoiled_because, recorder.code as recorded_by, attempt.payout_id, partner.code as partner, attempt.gateway, attempt.currency,
    attempt.amount_minor, coalesce(attempt.state, 'spoiled') as state, attempt.state_at, attempt.word, run.pay_on as dated_on,
    (attempt.step::jsonb ->> 'acknowledgedAt')::timestamptz as acknowledged_at, ${firstTime('sent')} as sent_at,
    ${firstTime('settled')} as cleared_at, ${firstTime('failed')} as dead_at
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

/** The check that pays a payout, or did; the newest one where the first never was. */
export async function getPayoutCheck(db: Database, payoutId: string): Promise<Check> {
  const check = await db.maybeOne(sql.type(CheckRow)`
    ${selectCheck} where attempt.payout_id = ${payoutId} order by attempt.attempt_no desc limit 1`);
  if (!check) throw new Failure('not_found', `There is no check of payout ${payoutId}.`);
  return check;
}

const FiledRow = z
  .strictObject({
    account_ref: z.string(),
    number: z.bigint(),
    currency: Currency,
    amount_minor: z.bigint(),
    issued_at: Instant,
    partner: z.string(),
    state: z.enum(ATTEMPT_STATES),
  })
  .transform((row) => ({
    accountRef: row.account_ref,
    number: row.number,
    currency: row.currency,
    minor: row.amount_minor,
    issuedAt: row.issued_at,
    partner: row.partner,
    state: row.state,
  }));

/**
 * The checks of a run in the order of their numbers: what its positive-pay file says. One that failed without the bank's word never was
 * on file; a void row might kill somebody else's.
 */
export const listRunChecks = (db: Database, runId: string): Promise<readonly z.infer<typeof FiledRow>[]> =>
  db.any(sql.type(FiledRow)`
    select account.account_ref, register.number, attempt.currency, attempt.amount_minor, register.issued_at, partner.name as partner,
      attempt.state
    from check_register register join check_account account on account.id = register.check_account_id
    join payout_attempt attempt on attempt.id = register.attempt_id
    join payout on payout.id = attempt.payout_id join partner on partner.id = payout.partner_id
    where payout.run_id = ${runId} and (attempt.state <> 'failed' or attempt.evidence ->> 'bank' is not null)
    order by account.account_ref, register.number`);
