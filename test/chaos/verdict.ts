import { sql } from 'slonik';
import { z } from 'zod';

import { listAsked } from '../../db/books/asked.ts';
import { Instant, LocalDate } from '../../db/column-types.ts';
import type { Database } from '../../db/database.ts';
import { parseDecimal } from '../../domain/money.ts';
import { isPayoutFinal, PAYOUT_STATUSES } from '../../domain/payouts/payout.ts';
import type { Method } from '../../domain/rails.ts';
import { checkInvariants } from '../../scripts/check-invariants.ts';
import { MINIMUMS } from '../../scripts/demo/company.ts';
import { groupByAttempt, type Movement, readBooks } from '../../scripts/invariants/books.ts';
import { type Business, cutoffsOf, type Owed } from './business.ts';
import type { Happening } from './troubles.ts';

/** The provider whose books show the payments of a method. Lob moves no money: the bank pays its checks. */
const KEEPERS = { bank: 'wise', paypal: 'paypal', check: 'bank' } as const satisfies Record<Method, string>;

const CountRow = z.strictObject({ status: z.enum(PAYOUT_STATUSES), count: z.bigint() });
export type Counts = readonly z.infer<typeof CountRow>[];

/** The number of payouts in each state. */
export const countPayouts = (db: Database): Promise<Counts> =>
  db.any(sql.type(CountRow)`select status, count(*) from payout group by status order by status`);

export const countOpen = (counts: Counts): number =>
  counts.reduce((sum, { status, count }) => (isPayoutFinal(status) ? sum : sum + Number(count)), 0);

const StuckRow = z.strictObject({ stuck: z.string() });

/**
 * The payouts that are not settled, with everything that helps to find out why. A payout of a payee in trouble may have been taken out of
 * its run, with a reason.
 */
const listUnsettled = (db: Database, troubled: ReadonlySet<string>): Promise<readonly string[]> =>
  db.anyFirst(sql.type(StuckRow)`
    select format('payout %s of %s by %s is %s (%s, %s), due %s; attempt %s since %s, word %s, step %s, may be asked until %s',
      payout.id, partner.code, payout.gateway, payout.status, payout.status_reason, outcome.outcome, payout.due_at, attempt.state,
      attempt.state_at, attempt.word, attempt.step, attempt.submit_deadline_at) as stuck
    from payout
    join partner on partner.id = payout.partner_id
    left join run_outcome outcome on (outcome.run_id, outcome.partner_id, outcome.currency)
      = (payout.run_id, payout.partner_id, payout.currency)
    left join payout_attempt attempt on attempt.payout_id = payout.id
    where payout.status <> 'settled' and not (payout.status = 'cancelled' and payout.status_reason is not null
      and outcome.outcome <> 'paid' and partner.code = any(${sql.array([...troubled], 'text')}))
    order by payout.id`);

/** Everything that a deployment sold, and that happened to its payees. */
type Story = { business: Business; owed: readonly Owed[]; happenings: readonly Happening[] };

/**
 * Finds all violations at the end of a round, including all earlier rounds of the same deployment. It checks the product's own
 * rules, and, separately, the providers' books.
 */
export async function findViolations(db: Database, story: Story, books: string[]): Promise<string[]> {
  const broken = await checkInvariants(db, { books });
  const movements = (await Promise.all(books.map(readBooks))).flat().filter(({ provider }) => provider !== 'lob');
  const troubled = new Set(story.happenings.map(({ payee }) => payee.code));
  const owners = await findOwners(db, movements);
  const codeOf = (movement: Movement) => owners.get(movement);
  const isTroubled = (movement: Movement) => troubled.has(codeOf(movement) ?? '');
  return [
    ...findMispaid(
      story.owed.filter(({ payee }) => !troubled.has(payee.code)),
      movements.filter((movement) => !isTroubled(movement)),
    ),
    ...(await findUnbalanced(db, story, Map.groupBy(movements.filter(isTroubled), codeOf))),
    ...(await findStale(db, story)),
    ...broken.flatMap(({ rule, culprits }) => culprits.map((culprit) => `${rule}: ${culprit}`)),
    ...(await listUnsettled(db, troubled)),
  ];
}

/** No amount is owed twice, so each amount in the books belongs to one payee of one round. The books must show exactly these amounts, each once. */
function findMispaid(owed: readonly Owed[], movements: readonly Movement[]): string[] {
  const paid = movements.filter(({ kind }) => kind === 'paid');
  const back = movements.filter(({ kind }) => kind === 'returned');
  const nameOf = (provider: string, currency: string, minor: bigint) => `${minor} ${currency} by ${provider}`;
  const counts = Map.groupBy(paid, (movement) => nameOf(movement.provider, movement.currency, minorOf(movement)));
  const owners = new Map(
    owed.map(({ payee: { code, method, currency }, minor }) => [nameOf(KEEPERS[method], currency, minor), code]),
  );
  return [
    ...[...owners].flatMap(([name, code]) => {
      const times = counts.get(name)?.length ?? 0;
      return times === 1 ? [] : [`${code} was paid ${times} times (${name})`];
    }),
    ...[...counts.keys()].filter((name) => !owners.has(name)).map((name) => `paid, and owed to nobody: ${name}`),
    ...back.map(({ provider, key, amount }) => `${amount} came back from ${provider} for ${key}`),
  ];
}

const minorOf = ({ amount, currency }: Movement): bigint => parseDecimal(amount, currency).minor;

const BalanceRow = z.strictObject({ code: z.string(), owed: z.bigint() });

/**
 * A payee in trouble earned what was sold and not refunded. That was paid, as the providers say, or is still owed, as we say. Nothing is
 * still owed after the last run, unless it is below the minimum. It is negative only after a refund.
 */
async function findUnbalanced(
  db: Database,
  { owed, happenings }: Story,
  movements: ReadonlyMap<string | undefined, readonly Movement[]>,
): Promise<string[]> {
  const rows = await db.any(sql.type(BalanceRow)`
    select partner.code, coalesce(-sum(entry.amount_minor), 0)::bigint as owed
    from partner join ledger_account account on account.partner_id = partner.id
    join ledger_entry entry on entry.account_id = account.id group by partner.code`);
  const owedNow = new Map(rows.map(({ code, owed: minor }) => [code, minor]));
  return [...Map.groupBy(happenings, ({ payee }) => payee)].flatMap(([{ code, currency }, own]) => {
    const sold = sumOf(owed.filter(({ payee }) => payee.code === code));
    const earned = sold + sumOf(own);
    const paid = (movements.get(code) ?? []).reduce(
      (sum, movement) => sum + (movement.kind === 'paid' ? minorOf(movement) : 0n),
      0n,
    );
    const left = owedNow.get(code) ?? 0n;
    const refunded = -sumOf(own.filter(({ minor }) => minor < 0n));
    const names = own.map(({ trouble }) => trouble).join(', ');
    const story = `${code} (${names}) earned ${earned}, was paid ${paid} and is owed ${left}`;
    return [
      ...(paid + left === earned ? [] : [`${story}, which is not the rest`]),
      ...(left === 0n || left < minimumIn(currency) ? [] : [`${story}, which the last run should have paid`]),
      ...(left >= -refunded ? [] : [`${story}, and only ${refunded} was refunded`]),
    ];
  });
}

const minimumIn = (currency: string): bigint =>
  MINIMUMS.reduce(
    (least, one) => (one.currency === currency ? parseDecimal(one.amount, one.currency).minor : least),
    0n,
  );

const sumOf = (amounts: readonly { minor: bigint }[]): bigint => amounts.reduce((sum, { minor }) => sum + minor, 0n);

const SubmissionRow = z.strictObject({
  code: z.string(),
  minor: z.bigint(),
  at: Instant,
  periodEnd: LocalDate,
  instrument: z.string(),
});

/** Finds the payments that were asked for although the test knew already that they were no longer right. */
async function findStale(db: Database, { business, owed, happenings }: Story): Promise<string[]> {
  const { first } = cutoffsOf(business);
  const submissions = await db.any(sql.type(SubmissionRow)`
    select partner.code, payout.gross_minor as minor, attempt.submitted_at as at, run.period_end as "periodEnd",
      payout.instrument_version_id as instrument
    from payout_attempt attempt
    join payout on payout.id = attempt.payout_id
    join payout_run run on run.id = payout.run_id
    join partner on partner.id = payout.partner_id
    where attempt.submitted_at is not null and attempt.state <> 'failed' order by attempt.submitted_at`);
  return [...Map.groupBy(happenings, ({ payee }) => payee.code)].flatMap(([code, own]) => {
    const asked = submissions.filter((submission) => submission.code === code);
    const sales = owed.filter(({ payee }) => payee.code === code);
    return asked.flatMap(({ minor, at, periodEnd, instrument }) => {
      const now = at.getTime();
      const isEarlier = (submission: { at: Date }) => submission.at.getTime() <= now;
      const earned = (ofBoth: boolean) =>
        sumOf(sales.filter(({ soldAt }) => soldAt <= now)) +
        sumOf(own.filter((one) => isCounted(one, now) && (ofBoth || one.trouble !== 'sale at the cut-off')));
      const all = asked.filter(isEarlier);
      const ofFirst = all.filter((submission) => submission.periodEnd === first);
      const last = own.findLast((one) => one.instrument !== null && one.sentAt <= now);
      const isHeld = own.some((one) => one.trouble === 'hold' && one.knownAt < now && now < one.endedAt);
      const what = `${minor} for ${code} at ${at.toISOString()}`;
      return [
        ...(sumOf(all) > earned(true) ? [`more was asked for than was owed: ${what}`] : []),
        ...(periodEnd === first && sumOf(ofFirst) > earned(false) ? [`paid before its cut-off: ${what}`] : []),
        ...(isHeld ? [`asked for during a hold: ${what}`] : []),
        ...(last && last.knownAt < now && last.instrument !== instrument ? [`asked for to old details: ${what}`] : []),
      ];
    });
  });
}

/** A refund counts when it is surely in the books, and a sale when it may be. */
const isCounted = ({ minor, sentAt, knownAt }: Happening, now: number): boolean =>
  minor < 0n ? knownAt < now : sentAt <= now;

/** The payees of movements, by the keys that we used. A movement under a key that is not ours has none. */
async function findOwners(db: Database, movements: readonly Movement[]): Promise<Map<Movement, string>> {
  const rows = await db.any(sql.type(z.strictObject({ id: z.string(), code: z.string() }))`
    select attempt.id, partner.code from payout_attempt attempt
    join payout on payout.id = attempt.payout_id join partner on partner.id = payout.partner_id`);
  const codes = new Map(rows.map(({ id, code }) => [id, code]));
  const found = [...groupByAttempt(await listAsked(db), movements)];
  return new Map(
    found.flatMap(([attempt, own]) => own.map((movement) => [movement, codes.get(attempt?.id ?? '') ?? ''] as const)),
  );
}
