import { sql } from 'slonik';
import { z } from 'zod';

import type { Database } from '../../db/database.ts';
import { parseDecimal } from '../../domain/money.ts';
import { isPayoutFinal, PAYOUT_STATUSES } from '../../domain/payouts/payout.ts';
import type { Method } from '../../domain/rails.ts';
import { checkInvariants } from '../../scripts/check-invariants.ts';
import { readBooks } from '../../scripts/invariants/books.ts';
import type { Owed } from './business.ts';

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

/** The payouts that are not settled, with everything that helps to find out why. */
const listUnsettled = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(StuckRow)`
    select format('payout %s by %s is %s (%s), due %s; attempt %s since %s, word %s, step %s, may be asked until %s',
      payout.id, payout.gateway, payout.status, payout.status_reason, payout.due_at, attempt.state, attempt.state_at,
      attempt.word, attempt.step, attempt.submit_deadline_at) as stuck
    from payout left join payout_attempt attempt on attempt.payout_id = payout.id
    where payout.status <> 'settled' order by payout.id`);

/**
 * Finds all violations at the end of a round, including all earlier rounds of the same deployment. It checks the product's own
 * rules, and, separately, the providers' books.
 */
export async function findViolations(db: Database, owed: readonly Owed[], books: string[]): Promise<string[]> {
  const broken = await checkInvariants(db, { books });
  return [
    ...(await findMispaid(owed, books)),
    ...broken.flatMap(({ rule, culprits }) => culprits.map((culprit) => `${rule}: ${culprit}`)),
    ...(await listUnsettled(db)),
  ];
}

/** No amount is owed twice, so each amount in the books belongs to one payee of one round. The books must show exactly these amounts, each once. */
async function findMispaid(owed: readonly Owed[], books: string[]): Promise<string[]> {
  const movements = (await Promise.all(books.map(readBooks))).flat();
  const paid = movements.filter(({ kind, provider }) => kind === 'paid' && provider !== 'lob');
  const back = movements.filter(({ kind }) => kind === 'returned');
  const nameOf = (provider: string, currency: string, minor: bigint) => `${minor} ${currency} by ${provider}`;
  const counts = Map.groupBy(paid, ({ provider, currency, amount }) =>
    nameOf(provider, currency, parseDecimal(amount, currency).minor),
  );
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
