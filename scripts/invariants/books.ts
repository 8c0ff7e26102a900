import { z } from 'zod';

import { type AskedAttempt, listAsked } from '../../db/books/asked.ts';
import { Currency } from '../../db/column-types.ts';
import type { Database } from '../../db/database.ts';
import { isAttemptFinal } from '../../domain/payouts/attempt.ts';
import { parseDecimal } from '../../domain/money.ts';
import { checkReference } from '../../gateways/printed-check/request.ts';

/** One movement on our balance, as a provider of the sandbox wrote it down. */
const Movement = z.object({
  n: z.int(),
  provider: z.enum(['wise', 'paypal', 'lob', 'bank']),
  key: z.string(),
  kind: z.enum(['paid', 'returned', 'fee']),
  currency: Currency,
  amount: z.string(),
});
type Movement = z.infer<typeof Movement>;
const BooksPage = z.object({ entries: z.array(Movement), next: z.int().nullable() });

const TIMEOUT_MS = 30_000;

/** All that a provider says happened on our balance. */
export async function readBooks(url: string): Promise<Movement[]> {
  const movements: Movement[] = [];
  for (let after: number | null = 0; after !== null;) {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(new URL(`/sandbox/books?after=${after}`, url), { signal });
    if (!response.ok) throw new Error(`${url} does not show its books: HTTP ${response.status}. Nothing was compared.`);
    const { entries, next } = BooksPage.parse(await response.json());
    movements.push(...entries);
    after = next;
  }
  return movements;
}

type Sums = { paid: bigint; fee: bigint; returned: bigint };

/** Lob moves no money: its checks are paid by the bank, which knows them by their numbers. */
function nameAt({ gateway, providerKey: key, batchKey, providerRef, checkNumber }: AskedAttempt): string | null {
  if (gateway === 'wise') return `wise ${key}`;
  if (gateway === 'paypal') return `paypal ${batchKey ?? key}/${key}`;
  if (gateway === 'printed-check') return providerRef ? `printed ${providerRef}` : `unread ${checkNumber}`; // its answer was lost
  return checkNumber && `lob ${checkNumber}`;
}

/** The names under which an attempt of ours may be known; the bank's checks are ours by account and number, or Lob's by number. */
function namesOf({ provider, key }: Movement): string[] {
  if (provider !== 'bank') return [`${provider} ${key}`];
  const [account = '', number = ''] = key.split('/');
  return [`printed ${checkReference(account, BigInt(number))}`, `lob ${number}`, `unread ${number}`];
}

const show = ({ paid, fee, returned }: Sums): string => `${paid} paid, ${fee} of fees, ${returned} returned`;

/** Compares the providers' books with ours. `movements` are those of every provider that moves our money. */
export async function compareBooks(db: Database, movements: readonly Movement[]): Promise<string[]> {
  const attempts = await listAsked(db);
  const known = new Map(attempts.map((attempt) => [nameAt(attempt), attempt]));
  const find = (movement: Movement) => namesOf(movement).flatMap((name) => known.get(name) ?? [])[0];
  const byAttempt = Map.groupBy(
    movements.filter(({ provider }) => provider !== 'lob'),
    find,
  );
  return [
    ...paidTwice(movements),
    ...(byAttempt.get(undefined) ?? []).map(
      ({ provider, key }) => `${provider} moved money for ${key}, which is not ours`,
    ),
    ...attempts.flatMap((attempt) => whyNotEqual(attempt, byAttempt.get(attempt) ?? [])),
  ];
}

/** The one thing that must never happen, whatever anybody wrote down about it. */
function paidTwice(movements: readonly Movement[]): string[] {
  const paid = movements.filter(({ kind }) => kind === 'paid');
  return [...Map.groupBy(paid, ({ provider, key }) => `${provider} ${key}`)].flatMap(([name, { length }]) =>
    length > 1 ? [`${name} was paid ${length} times`] : [],
  );
}

/** While an attempt is under way its provider may be ahead of us; never the other way round. An open break has told a person. */
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
