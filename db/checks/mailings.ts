import { sql } from 'slonik';
import { z } from 'zod';

import { Bytes, Count, Currency, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** Whether somebody recorded that a check was put into the mail. */
export const isMailed = (db: Database, attemptId: string): Promise<boolean> =>
  db.exists(sql.unsafe`select 1 from check_mailing where attempt_id = ${attemptId}`);

/** The checks of a run that are drawn on one account. */
export type Bundle = { runId: string; accountId: number };

/** The task that asks to mail them. */
export const mailingTask = ({ runId, accountId }: Bundle) =>
  ({ kind: 'checks_to_mail', subject: `run/${runId}/account/${accountId}` }) as const;

/** The run and the account that the subject of such a task names. */
export function bundleOf(subject: string): Bundle {
  const [, runId = '', , accountId = ''] = subject.split('/');
  return { runId, accountId: Number(accountId) };
}

/** The checks that are on file at the bank and printed, and that nobody has mailed. */
const unmailed = sql.fragment`
  payout_attempt attempt
  join check_register register on register.attempt_id = attempt.id
  join payout on payout.id = attempt.payout_id
  where attempt.gateway = 'printed-check' and attempt.state = 'accepted'
    and not exists (select from check_mailing mailing where mailing.attempt_id = attempt.id)`;

const BundleRow = z.strictObject({ runId: z.string(), accountId: z.number() });

/** The bundles with unmailed checks for which no task is open. */
export const listUnaskedBundles = (db: Database): Promise<readonly Bundle[]> =>
  db.any(sql.type(BundleRow)`
    select distinct payout.run_id as "runId", register.check_account_id as "accountId" from ${unmailed}
      and not exists (
        select from task where task.kind = 'checks_to_mail' and task.closed_at is null
          and task.subject = 'run/' || payout.run_id || '/account/' || register.check_account_id)`);

/** The subjects of the open tasks to mail checks of which none is left. */
export const listMailedBundles = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.object({ subject: z.string() }))`
    select task.subject from task where task.kind = 'checks_to_mail' and task.closed_at is null
      and not exists (
        select from ${unmailed} and task.subject = 'run/' || payout.run_id || '/account/' || register.check_account_id)`);

const UnmailedRow = z.strictObject({
  attemptId: z.string(),
  payoutId: z.string(),
  number: z.bigint(),
  partner: z.string(),
  currency: Currency,
  minor: z.bigint(),
  requestSealed: Bytes,
});
export type UnmailedCheck = z.infer<typeof UnmailedRow>;

/** The unmailed checks of a bundle, in the order of their numbers. */
export const listUnmailed = (db: Database, { runId, accountId }: Bundle): Promise<readonly UnmailedCheck[]> =>
  db.any(sql.type(UnmailedRow)`
    select attempt.id as "attemptId", attempt.payout_id as "payoutId", register.number,
      (select code from partner where id = payout.partner_id) as partner, attempt.currency, attempt.amount_minor as minor,
      attempt.request_sealed as "requestSealed"
    from ${unmailed} and payout.run_id = ${runId} and register.check_account_id = ${accountId} order by register.number`);

/** Records when these checks were mailed. */
export const insertMailings = (db: Database, attemptIds: readonly string[], mailedOn: string, by: string) =>
  db.query(sql.unsafe`
    insert into check_mailing(attempt_id, mailed_on, recorded_by)
    select id, ${mailedOn}::date, ${by} from unnest(${sql.array(attemptIds, 'uuid')}) as id`);

const SummaryRow = z.strictObject({
  schedule: z.string(),
  periodEnd: LocalDate,
  account: z.string(),
});

/** The words with which people know a bundle. */
export const getBundle = (db: Database, { runId, accountId }: Bundle) =>
  db.one(sql.type(SummaryRow)`
    select schedule.code as schedule, run.period_end as "periodEnd", account.account_ref as account
    from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id, check_account account
    where run.id = ${runId} and account.id = ${accountId}`);

const SumRow = z.strictObject({ currency: Currency, count: Count, minor: z.bigint() });

/** The unmailed checks of a bundle, counted and summed by currency. */
export const sumUnmailed = (db: Database, { runId, accountId }: Bundle) =>
  db.any(sql.type(SumRow)`
    select attempt.currency, count(*) as count, sum(attempt.amount_minor)::bigint as minor from ${unmailed}
      and payout.run_id = ${runId} and register.check_account_id = ${accountId}
    group by attempt.currency order by attempt.currency`);
