import { sql } from 'slonik';
import { z } from 'zod';

import type { Database } from '../../db/database.ts';
import { Currency } from '../../db/column-types.ts';
import { ATTEMPT_STATES, isAttemptFinal } from '../../domain/payouts/attempt.ts';
import { parseDecimal } from '../../domain/money.ts';
import { GATEWAYS } from '../../domain/rails.ts';
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

const AttemptRow = z.strictObject({
  id: z.string(),
  gateway: z.enum(GATEWAYS),
  provider_key: z.string(),
  batch_key: z.string().nullable(),
  provider_ref: z.string().nullable(),
  check_number: z.string().nullable(),
  currency: Currency,
  state: z.enum(ATTEMPT_STATES),
  paid: z.bigint(),
  fee: z.bigint(),
  returned: z.bigint(),
  has_break: z.boolean(),
});
type AttemptRow = z.infer<typeof AttemptRow>;

const listAsked = (db: Database): Promise<readonly AttemptRow[]> =>
  db.any(sql.type(AttemptRow)`
    select id, gateway, provider_key, (select provider_key from provider_batch where id = batch_id) as batch_key, provider_ref,
      check_number::text as check_number, currency, state,
      coalesce(debited_minor, 0)::bigint as paid, coalesce(debit_fee_minor, 0)::bigint as fee,
      coalesce(returned_minor, 0)::bigint as returned,
      exists (select from recon_break where attempt_id = payout_attempt.id and resolved_at is null) as has_break
    from payout_attempt where submitted_at is not null order by id`);

type Sums = { paid: bigint; fee: bigint; returned: bigint };

/** Lob moves no money: its checks are paid by the bank, which knows them by their numbers. */
function nameAt({ gateway, provider_key: key, batch_key, provider_ref, check_number }: AttemptRow): string | null {
  if (gateway === 'wise') return `wise ${key}`;
  if (gateway === 'paypal') return `paypal ${batch_key ?? key}/${key}`;
  if (gateway === 'printed-check') return provider_ref ? `printed ${provider_ref}` : `unread ${check_number}`; // its answer was lost
  return check_number && `lob ${check_number}`;
}

/** The names under which an attempt of ours may be known; the bank's checks are ours by account and number, or Lob's by number. */
function namesOf({ provider, key }: Movement): string[] {
  if (provider !== 'bank') return [`${provider} ${key}`];
  const [account = '', number = ''] = key.split('/');
  return [`printed ${checkReference(account, BigInt(number))}`, `lob ${number}`, `unread ${number}`];
}

const show = ({ paid, fee, returned }: Sums): string => `${paid} paid, ${fee} of fees, ${returned} returned`;

/** What the providers say must be what we say. `movements` are those of every provider that moves our money. */
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
function whyNotEqual(attempt: AttemptRow, movements: readonly Movement[]): string[] {
  const theirs = sumsOf(movements);
  const isEqual = theirs.paid === attempt.paid && theirs.fee === attempt.fee && theirs.returned === attempt.returned;
  const isAhead = theirs.paid >= attempt.paid && theirs.fee >= attempt.fee && theirs.returned >= attempt.returned;
  if (isEqual || attempt.has_break || (isAhead && !isAttemptFinal(attempt.state))) return [];
  return [`attempt ${attempt.id} (${attempt.state}): ${attempt.gateway} says ${show(theirs)}; we say ${show(attempt)}`];
}

function sumsOf(movements: readonly Movement[]): Sums {
  const sums: Sums = { paid: 0n, fee: 0n, returned: 0n };
  for (const { kind, amount, currency } of movements) sums[kind] += parseDecimal(amount, currency).minor;
  return sums;
}
