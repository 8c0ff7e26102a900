import { isValidIBAN } from 'ibantools';
import { z } from 'zod';

import { formatDecimal } from '../../domain/money.ts';
import { isRoutingNumber } from '../../domain/payers/routing-number.ts';
import { readAccount, rejected } from '../answers.ts';
import type { BatchItem, PayerAccount, PaymentOrder } from '../gateway.ts';
import { Decimal, exactNumber, freezeJson, thawJson, writeJson } from '../json.ts';

/** What the shortest route takes (US ACH, docs.wise.com). Longer ones are asked of `transfer-requirements`, never assumed. */
const REFERENCE_LENGTH_MAX = 10;

/** Who pays for a transfer from our balance: our token, or, where it may not, a person in Wise (a draft until then). */
const FUNDING = ['balance', 'person'] as const;

const Account = z.object({
  profileId: z.string().regex(/^\d+$/, 'must be the digits of a Wise business profile'),
  funding: z.enum(FUNDING).default('balance'),
});

export const readWiseAccount = (account: PayerAccount) => readAccount(Account, 'Wise', account);

const Frozen = z.object({
  profileId: z.string(),
  currency: z.string(),
  amount: Decimal,
  reference: z.string(),
  /** The body of the recipient call, sent as it is. */
  recipient: z.string(),
  funding: z.enum(FUNDING).default('balance'),
});
export type WiseRequest = z.infer<typeof Frozen>;

export const thawWise = (request: Uint8Array): WiseRequest => thawJson(Frozen, request);

/** Fields whose mistakes we can see before Wise does. */
const CHECKS: Readonly<Record<string, { passes: (text: string) => boolean; reason: string }>> = {
  IBAN: { passes: (text) => isValidIBAN(text.replaceAll(' ', '')), reason: 'is not a valid IBAN' },
  abartn: { passes: isRoutingNumber, reason: 'is not a valid routing number' },
};

/** Turns `address.city` into a field within `address`, as Wise's forms name them. */
function nest(details: Readonly<Record<string, string>>): Record<string, unknown> {
  const { address, ...flat } = Object.groupBy(Object.entries(details), ([key]) =>
    key.startsWith('address.') ? 'address' : 'flat',
  );
  const inner = address?.map(([key, value]) => [key.slice('address.'.length), value] as const);
  return { ...Object.fromEntries(flat.flat ?? []), ...(inner ? { address: Object.fromEntries(inner) } : {}) };
}

/**
 * Freezes a bank payment. `details` are the fields of Wise's recipient form, with `type` (`iban`, `aba`, `sort_code`, …)
 * among them; an IBAN alone says its type. Throws Failure `recipient_rejected`.
 */
export function freezeWise({ account, destination, amount, reference }: PaymentOrder): Uint8Array {
  const { profileId, funding } = readWiseAccount(account);
  if (destination.method !== 'bank') throw rejected('method', 'is not a bank account, the only thing Wise pays to');
  const { type = destination.details['IBAN'] ? 'iban' : undefined, ...details } = destination.details;
  if (!type) throw rejected('details.type', 'is missing: it names the kind of bank account');
  if (!destination.holder.trim()) throw rejected('holder', 'is missing');
  if (destination.currency !== amount.currency) throw rejected('currency', `of the account is not ${amount.currency}`);
  if (amount.minor <= 0n) throw rejected('amount', 'is not positive');
  if (reference.length > REFERENCE_LENGTH_MAX)
    throw rejected('reference', `has more than ${REFERENCE_LENGTH_MAX} characters`);
  for (const [field, { passes, reason }] of Object.entries(CHECKS)) {
    const value = details[field];
    if (value !== undefined && !passes(value)) throw rejected(`details.${field}`, reason);
  }
  const recipient = {
    profile: exactNumber(profileId),
    accountHolderName: destination.holder,
    currency: amount.currency,
    type,
    ownedByCustomer: false,
    details: nest(details),
  };
  const frozen: WiseRequest = {
    profileId,
    currency: amount.currency,
    amount: formatDecimal(amount),
    reference,
    recipient: writeJson(recipient),
    funding,
  };
  return freezeJson(frozen);
}

const FrozenBatch = Frozen.pick({ profileId: true, currency: true, funding: true });
export type WiseBatchRequest = z.infer<typeof FrozenBatch>;

/** Freezes a batch group: what its payments share, and their keys in order. Each keeps its own request. */
export function freezeWiseBatch(items: readonly BatchItem[]): Uint8Array {
  const [first] = items;
  if (!first) throw new RangeError('a batch of nothing');
  const { profileId, currency, funding } = thawWise(first.request);
  return freezeJson({ profileId, currency, funding, keys: items.map(({ key }) => key) });
}

export const thawWiseBatch = (request: Uint8Array): WiseBatchRequest => thawJson(FrozenBatch, request);
