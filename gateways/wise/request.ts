import { z } from 'zod';

import { formatDecimal } from '../../domain/money.ts';
import { CHECK_DIGITS } from '../../domain/partners/check-digits.ts';
import type { BatchItem, PayerAccount, PaymentOrder } from '../gateway.ts';
import { Decimal, exactNumber, freezeJson, thawJson, writeJson } from '../json.ts';
import { readAccount, rejected } from '../replies.ts';

/** The limit of the shortest route (US ACH, docs.wise.com). For other routes we ask `transfer-requirements` and never assume. */
const REFERENCE_LENGTH_MAX = 10;

/** A transfer is funded from our balance by our token, or by a person at Wise if the token is not allowed to. Until then it is a draft. */
const FUNDING = ['balance', 'person'] as const;

/** The key of the fields that every transfer carries, whatever its currency. */
const ANY_CURRENCY = 'any';

/**
 * Facts about the payment itself that some routes require (docs.wise.com, transfer requirements): `transferNature` goes into the quote's
 * `paymentMetadata`, and every other field into the transfer's `details`. Wise adds fields at any time, so the names are open.
 */
const TransferFields = z
  .record(
    z.string().regex(/^(any|[A-Z]{3})$/, 'must be a currency code or any'),
    z.record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,59}$/, "must be the name of one of Wise's fields"),
      z.string().min(1).max(140),
    ),
  )
  .meta({
    description:
      'The answers to what Wise asks about a transfer, such as `transferNature`, `transferPurpose` and `sourceOfFunds`, by the currency of the payout; the answers under `any` are for every currency',
    examples: [
      {
        any: { sourceOfFunds: 'verification.source.of.funds.business.income' },
        BRL: { transferNature: 'CURRENT_ACCOUNT_SERVICES' },
      },
    ],
  });

export const WiseSettings = z
  .object({
    profileId: z
      .string()
      .regex(/^\d+$/, 'must be the numeric id of a Wise business profile')
      .meta({ description: 'The id of the Wise business profile that pays, as digits', examples: ['16421159'] }),
    funding: z
      .enum(FUNDING)
      .default('balance')
      .meta({
        description:
          '`balance`: our token pays transfers from the Wise balance; `person`: where Wise forbids that, a person pays each transfer in Wise',
        examples: ['balance'],
      }),
    transferFields: TransferFields.default({}),
  })
  .meta({ id: 'WiseSettings', description: 'The facts about the payer that Wise needs' });

export const readWiseAccount = (account: PayerAccount) => readAccount(WiseSettings, 'Wise', account);

const Frozen = z.object({
  profileId: z.string(),
  currency: z.string(),
  amount: Decimal,
  reference: z.string(),
  /** The body of the recipient call, sent unchanged. */
  recipient: z.string(),
  funding: z.enum(FUNDING).default('balance'),
  /** The answers to what Wise asks about the transfer, by the names of its fields: see `TransferFields`. */
  transferFields: z.record(z.string(), z.string()).default({}),
});
export type WiseRequest = z.infer<typeof Frozen>;

export const thawWise = (request: Uint8Array): WiseRequest => thawJson(Frozen, request);

/** Fields whose check digits show a mistake before Wise does. The forms check the other fields when the details are given. */
const VERIFIED_FIELDS = { IBAN: CHECK_DIGITS.iban, abartn: CHECK_DIGITS.aba };

/** Moves `address.city` into a field of `address`, as Wise's forms name them. */
function nest(details: Readonly<Record<string, string>>): Record<string, unknown> {
  const { address, ...flat } = Object.groupBy(Object.entries(details), ([key]) =>
    key.startsWith('address.') ? 'address' : 'flat',
  );
  const inner = address?.map(([key, value]) => [key.slice('address.'.length), value] as const);
  return { ...Object.fromEntries(flat.flat ?? []), ...(inner ? { address: Object.fromEntries(inner) } : {}) };
}

/**
 * Freezes a bank payment. `details` holds the fields of Wise's recipient form, including `type` (`iban`, `aba`, `sort_code`, …).
 * For an IBAN alone, the type is known. Throws Failure `recipient_rejected`.
 */
export function freezeWise({ account, destination, amount, reference }: PaymentOrder): Uint8Array {
  const { profileId, funding, transferFields } = readWiseAccount(account);
  if (destination.method !== 'bank')
    throw rejected('method', 'is not a bank account, and Wise pays only to bank accounts');
  const { type = destination.details['IBAN'] ? 'iban' : undefined, ...details } = destination.details;
  if (!type) throw rejected('details.type', 'is missing: it must name the kind of bank account');
  if (!destination.holder.trim()) throw rejected('holder', 'is missing');
  if (destination.currency !== amount.currency) throw rejected('currency', `of the account is not ${amount.currency}`);
  if (amount.minor <= 0n) throw rejected('amount', 'is not positive');
  if (reference.length > REFERENCE_LENGTH_MAX)
    throw rejected('reference', `has more than ${REFERENCE_LENGTH_MAX} characters`);
  for (const [field, { passes, reason }] of Object.entries(VERIFIED_FIELDS)) {
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
    transferFields: { ...transferFields[ANY_CURRENCY], ...transferFields[amount.currency] },
  };
  return freezeJson(frozen);
}

const FrozenBatch = Frozen.pick({ profileId: true, currency: true, funding: true });
export type WiseBatchRequest = z.infer<typeof FrozenBatch>;

/** Freezes a batch group: what its payments have in common, and their keys in order. Each payment keeps its own request. */
export function freezeWiseBatch(items: readonly BatchItem[]): Uint8Array {
  const [first] = items;
  if (!first) throw new RangeError('a batch needs at least one payment');
  const { profileId, currency, funding } = thawWise(first.request);
  return freezeJson({ profileId, currency, funding, keys: items.map(({ key }) => key) });
}

export const thawWiseBatch = (request: Uint8Array): WiseBatchRequest => thawJson(FrozenBatch, request);
