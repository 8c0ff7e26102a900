import type { CurrencyCode } from '../currency.ts';
import { type CorrectionItem, type CorrectionKind, LINE_KIND_OF } from '../earnings/correction.ts';
import type { Money } from '../money.ts';
import type { GatewayName } from '../rails.ts';
import type { UnitCode } from '../unit.ts';

/**
 * Every movement of money in double entry; those of points are in `points-postings.ts`. A debit is positive, a credit is negative, and the entries of a posting add up to
 * zero. Where an account has a partner, we owe that partner the account's credits less its debits.
 */
export type Account = { readonly code: string; readonly partnerId: bigint | null };
export type Entry = { readonly account: Account; readonly minor: bigint };
export type PostingKind =
  | 'accrual'
  | 'send'
  | 'debit'
  | 'fee'
  | 'fail'
  | 'return'
  | 'partial_return'
  | 'suspense'
  | 'adjustment'
  | 'transfer'
  | 'write_off'
  | 'conversion'
  | 'points_earned'
  | 'points_redeemed'
  | 'points_returned'
  | 'points_expired'
  | 'points_converted'
  | 'points_transferred';
export type Posting = {
  readonly kind: PostingKind;
  /** Unique within its kind, so that nothing is posted twice. */
  readonly key: string;
  readonly currency: UnitCode;
  readonly effectiveAt: Date;
  readonly entries: readonly Entry[];
};

const own = (code: string): Account => ({ code, partnerId: null });
const expense = (programId: number) => own(`program:expense:${programId}`);
const payable = (partnerId: bigint): Account => ({ code: `partner:payable:${partnerId}`, partnerId });
const inTransit = (gateway: GatewayName) => own(`payout:in_transit:${gateway}`);
const cash = (gateway: GatewayName) => own(`cash:${gateway}`);
const providerFees = (gateway: GatewayName) => own(`fees:${gateway}`);
const payoutFees = own('fees:payout');
const withheldTax = own('tax:withheld');
const suspense = own('suspense');
/** The amounts that people added to partners' balances or deducted from them by hand, besides the terms of the program. */
const adjustments = (programId: number) => own(`program:adjustments:${programId}`);
/** Money that came back and that we keep, and balances that people gave up. */
const writeOff = own('writeoff');

/** Leaves out entries of 0, because a ledger has none. */
const entries = (...all: readonly Entry[]): Entry[] => all.filter(({ minor }) => minor !== 0n);

/** The lines of one accrual batch in one currency. */
export type Accrued = {
  readonly batchId: bigint;
  readonly programId: number;
  readonly currency: CurrencyCode;
  readonly bookedAt: Date;
  readonly lines: readonly { readonly partnerId: bigint; readonly minor: bigint }[];
};

/**
 * The lines of a batch become owed: `expense > payable` of each partner. A partner whom the batch takes back from posts the other way.
 * The key is the batch and the currency.
 */
export function accrualPosting({ batchId, programId, currency, bookedAt, lines }: Accrued): Posting {
  const owed = new Map<bigint, bigint>();
  for (const { partnerId, minor } of lines) owed.set(partnerId, (owed.get(partnerId) ?? 0n) + minor);
  const total = lines.reduce((sum, { minor }) => sum + minor, 0n);
  return {
    kind: 'accrual',
    key: `${batchId}/${currency}`,
    currency,
    effectiveAt: bookedAt,
    entries: entries(
      { account: expense(programId), minor: total },
      ...[...owed].map(([partnerId, minor]) => ({ account: payable(partnerId), minor: -minor })),
    ),
  };
}

/** The postings of a batch's lines, one for each currency in which something is owed. */
export const accrualPostings = (
  batch: Pick<Accrued, 'batchId' | 'programId' | 'bookedAt'>,
  lines: readonly (Accrued['lines'][number] & { readonly currency: CurrencyCode })[],
): Posting[] =>
  [...Map.groupBy(lines, ({ currency }) => currency)]
    .map(([currency, ofCurrency]) => accrualPosting({ ...batch, currency, lines: ofCurrency }))
    .filter((posting) => posting.entries.length > 0);

/** The facts about a payout that its postings need. Amounts are minor units: `net = gross - withheld - fee`. */
export type Paid = {
  readonly attemptId: string;
  readonly gateway: GatewayName;
  readonly partnerId: bigint;
  readonly currency: CurrencyCode;
  readonly gross: bigint;
  readonly withheld: bigint;
  readonly fee: bigint;
  readonly net: bigint;
};

const posting = (kind: PostingKind, paid: Paid, at: Date, all: readonly Entry[]): Posting => ({
  kind,
  key: paid.attemptId,
  currency: paid.currency,
  effectiveAt: at,
  entries: entries(...all),
});

const owed = ({ partnerId, gross, withheld, fee }: Paid): Entry[] => [
  { account: payable(partnerId), minor: gross },
  { account: withheldTax, minor: -withheld },
  { account: payoutFees, minor: -fee },
];

const mirrored = (all: readonly Entry[]): Entry[] => all.map(({ account, minor }) => ({ account, minor: -minor }));

/** The provider may have been asked: `payable > in transit`, with withheld tax and our fee. */
export const sendPosting = (paid: Paid, at: Date): Posting =>
  posting('send', paid, at, [...owed(paid), { account: inTransit(paid.gateway), minor: -paid.net }]);

/** The provider took the money and its own fee from our balance: `in transit > cash`. */
export const debitPosting = (paid: Paid, providerFee: bigint, at: Date): Posting =>
  posting('debit', paid, at, [
    { account: inTransit(paid.gateway), minor: paid.net },
    { account: providerFees(paid.gateway), minor: providerFee },
    { account: cash(paid.gateway), minor: -(paid.net + providerFee) },
  ]);

/** The provider took its fee from another balance of ours, in another currency than the payment: `fees > cash` of that currency. */
export const foreignFeePosting = (paid: Paid, fee: Money, at: Date): Posting => ({
  ...posting('fee', paid, at, [
    { account: providerFees(paid.gateway), minor: fee.minor },
    { account: cash(paid.gateway), minor: -fee.minor },
  ]),
  currency: fee.currency,
});

/** It is proved that nothing moved, so this undoes the send. */
export const failPosting = (paid: Paid, at: Date): Posting =>
  posting('fail', paid, at, [...mirrored(owed(paid)), { account: inTransit(paid.gateway), minor: paid.net }]);

/**
 * The money came back as a whole. The partner is owed the full amount again, and what the provider kept is our cost. A part that
 * came back earlier leaves suspense, where it waited.
 */
export const returnPosting = (paid: Paid, cameBack: bigint, before: bigint, at: Date): Posting =>
  posting('return', paid, at, [
    ...mirrored(owed(paid)),
    { account: providerFees(paid.gateway), minor: paid.net - cameBack },
    { account: cash(paid.gateway), minor: cameBack - before },
    { account: suspense, minor: before },
  ]);

/** A part came back, after `before`. It waits in suspense until people say whose it is. Each part is posted once. */
export const partialReturnPosting = (paid: Paid, cameBack: bigint, before: bigint, at: Date): Posting => ({
  ...posting('partial_return', paid, at, [
    { account: cash(paid.gateway), minor: cameBack - before },
    { account: suspense, minor: before - cameBack },
  ]),
  key: before === 0n ? paid.attemptId : `${paid.attemptId}/${cameBack}`,
});

/** The decision of two people about a part that came back. */
export type DecidedPart = {
  readonly resolutionId: string;
  readonly outcome: 'credit_partner' | 'keep';
  readonly partnerId: bigint;
  readonly currency: CurrencyCode;
  readonly minor: bigint;
};

/** A part leaves suspense, where it waited: the partner is owed it again, or we keep it. */
export const decidedPartPosting = (
  { resolutionId, outcome, partnerId, currency, minor }: DecidedPart,
  at: Date,
): Posting => ({
  kind: 'suspense',
  key: resolutionId,
  currency,
  effectiveAt: at,
  entries: entries(
    { account: suspense, minor },
    { account: outcome === 'keep' ? writeOff : payable(partnerId), minor: -minor },
  ),
});

/** Points that became money. Their amount is in the journal of the points. */
export type Converted = {
  readonly conversionId: string;
  readonly programId: number;
  readonly partnerId: bigint;
  readonly currency: CurrencyCode;
  readonly minor: bigint;
};

/** The money of converted points becomes owed: `clearing > payable`. The balance of the clearing account is the cost of conversions. */
export const conversionPosting = (
  { conversionId, programId, partnerId, currency, minor }: Converted,
  at: Date,
): Posting => ({
  kind: 'conversion',
  key: conversionId,
  currency,
  effectiveAt: at,
  entries: entries(
    { account: own(`conversion:clearing:${programId}`), minor },
    { account: payable(partnerId), minor: -minor },
  ),
});

const POSTING_KIND_OF = { adjusted: 'adjustment', transferred: 'transfer', written_off: 'write_off' } as const;

/** The items of a correction that are booked together. Each has its number within the correction. */
export type BookedCorrection = {
  readonly correctionId: string;
  readonly kind: CorrectionKind;
  readonly items: readonly (Pick<CorrectionItem, 'partnerId' | 'programId' | 'currency' | 'minor'> & { no: number })[];
};

/**
 * People corrected what partners are owed, with one posting for each currency. An amount that they added is an expense of its program
 * (`adjustments > payable`), a balance that they gave up is written off, and a transfer moves `payable > payable`.
 */
export const correctionPostings = ({ correctionId, kind, items }: BookedCorrection, at: Date): Posting[] =>
  [...Map.groupBy(items, ({ currency }) => currency)].map(([currency, all]) => ({
    kind: POSTING_KIND_OF[LINE_KIND_OF[kind]],
    key: `${correctionId}/${all[0]?.no ?? 0}`,
    currency,
    effectiveAt: at,
    entries: entries(
      ...all.map(({ partnerId, minor }) => ({ account: payable(partnerId), minor: -minor })),
      ...counterEntries(kind, all),
    ),
  }));

function counterEntries(kind: CorrectionKind, items: BookedCorrection['items']): Entry[] {
  const sum = (all: BookedCorrection['items']) => all.reduce((total, { minor }) => total + minor, 0n);
  if (LINE_KIND_OF[kind] === 'transferred') return [];
  if (LINE_KIND_OF[kind] === 'written_off') return [{ account: writeOff, minor: sum(items) }];
  return [...Map.groupBy(items, ({ programId }) => programId)].map(([programId, all]) => ({
    account: adjustments(programId),
    minor: sum(all),
  }));
}
