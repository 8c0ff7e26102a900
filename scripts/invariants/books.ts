import { z } from 'zod';

import { type AskedAttempt, listAsked } from '../../db/books/asked.ts';
import { Currency } from '../../db/column-types.ts';
import type { Database } from '../../db/database.ts';
import { isAttemptFinal } from '../../domain/payouts/attempt.ts';
import { parseDecimal } from '../../domain/money.ts';
import { checkReference } from '../../gateways/printed-check/request.ts';

/** One movement on our balance, as a provider of the sandbox recorded it. */
const Movement = z.object({
  n: z.int(),
  provider: z.enum(['wise', 'paypal', 'lob', 'bank']),
  key: z.string(),
  kind: z.enum(['paid', 'returned', 'fee']),
  currency: Currency,
  amount: z.string(),
});
export type Movement = z.infer<typeof Movement>;
const BooksPage = z.object({ entries: z.array(Movement), next: z.int().nullable() });

const TIMEOUT_MS = 30_000;

/** Everything that happened on our balance, as a provider says. */
export async function readBooks(url: string): Promise<Movement[]> {
  const movements: Movement[] = [];
  for (let after: number | null = 0; after !== null;) {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(new URL(`/sandbox/books?after=${after}`, url), { signal });
    if (!response.ok) throw new Error(`${url} did not show its books: HTTP ${response.status}. Nothing was compared.`);
    const { entries, next } = BooksPage.parse(await response.json());
    movements.push(...entries);
    after = next;
  }
  return movements;
}

type Sums = { paid: bigint; fee: bigint; returned: bigint };

/** The name under which a provider knows an attempt. Lob moves no money: the bank pays its checks and knows them by their numbers. */
function nameAt({ gateway, providerKey: key, batchKey, providerRef, checkNumber }: AskedAttempt): string | null {
  if (gateway === 'wise') return `wise ${key}`;
  if (gateway === 'paypal') return `paypal ${batchKey ?? key}/${key}`;
  if (gateway === 'printed-check') return providerRef ? `printed ${providerRef}` : `unread ${checkNumber}`; // its reply was lost
  return checkNumber && `lob ${checkNumber}`;
}

/** The names that a movement may have. A check at the bank is ours by account and number, or Lob's by number. */
function namesOf({ provider, key }: Movement): string[] {
  if (provider !== 'bank') return [`${provider} ${key}`];
  const [account = '', number = ''] = key.split('/');
  return [`printed ${checkReference(account, BigInt(number))}`, `lob ${number}`, `unread ${number}`];
}

const show = ({ paid, fee, returned }: Sums): string => `${paid} paid, ${fee} of fees, ${returned} returned`;

/** The movements of each attempt, and under undefined those that belong to none. */
export function groupByAttempt(attempts: readonly AskedAttempt[], movements: readonly Movement[]) {
  const known = new Map(attempts.map((attempt) => [nameAt(attempt), attempt]));
  return Map.groupBy(movements, (movement) => namesOf(movement).flatMap((name) => known.get(name) ?? [])[0]);
}

/** Compares the providers' books with ours. `movements` are those of every provider that moves our money. */
export async function compareBooks(db: Database, movements: readonly Movement[]): Promise<string[]> {
  const attempts = await listAsked(db);
  const byAttempt = groupByAttempt(
    attempts,
    movements.filter(({ provider }) => provider !== 'lob'),
  );
  return [
    ...paidTwice(movements),
    ...(byAttempt.get(undefined) ?? []).map(
      ({ provider, key }) => `${provider} moved money for ${key}, which is not ours`,
    ),
    ...attempts.flatMap((attempt) => whyNotEqual(attempt, byAttempt.get(attempt) ?? [])),
  ];
}

/** The payments that a provider made twice. This must never happen, whatever our books say about it. */
function paidTwice(movements: readonly Movement[]): string[] {
  const paid = movements.filter(({ kind }) => kind === 'paid');
  return [...Map.groupBy(paid, ({ provider, key }) => `${provider} ${key}`)].flatMap(([name, { length }]) =>
    length > 1 ? [`${name} was paid ${length} times`] : [],
  );
}

/** While an attempt is under way, its provider may be ahead of us, but never behind. An open break has already told a person. */
function whyNotEqual(attempt: AskedAttempt, movements: readonly Movement[]): string[] {
  const theirs = sumsOf(movements);
  const isEqual = theirs.paid === attempt.paid && theirs.fee === attempt.fee && theirs.returned === attempt.returned;
  const isAhead = theirs.paid >= attempt.paid && theirs.fee >= attempt.fee && theirs.returned >= attempt.returned;
  if (isEqual || attempt.hasBreak || (isAhead && !isAttemptFinal(attempt.state))) return [];
  return [`attempt ${attempt.id} (${attempt.state}): ${attempt.gateway} says ${show(theirs)}; we say ${show(attempt)}`];
}

function sumsOf(movements: readonly Movement[]): Sums {
  const sums: Sums = { paid: 0n, fee: 0n, returned: 0n };
  for (const { kind, amount, currency } of movements) sums[kind] += parseDecimal(amount, currency).minor;
  return sums;
}
