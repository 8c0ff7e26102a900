import type { CurrencyCode } from '../currency.ts';
import type { Money } from '../money.ts';
import type { GatewayName } from '../rails.ts';

/**
 * Every movement of money in double entry. A debit is positive, a credit is negative, and the entries of a posting add up to
 * zero. Where an account has a partner, we owe that partner the account's credits less its debits.
 */
export type Account = { readonly code: string; readonly partnerId: bigint | null };
export type Entry = { readonly account: Account; readonly minor: bigint };
export type PostingKind = 'accrual' | 'send' | 'debit' | 'fee' | 'fail' | 'return' | 'partial_return' | 'suspense';
export type Posting = {
  readonly kind: PostingKind;
  /** Unique within its kind, so that nothing is posted twice. */
  readonly key: string;
  readonly currency: CurrencyCode;
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
/** Money that came back and that we keep: a payee who keeps the goods is not paid for them. */
const writeOff = own('writeoff');

/** Leaves out entries of 0, because a ledger has none. */
const entries = (...all: readonly Entry[]): Entry[] => all.filter(({ minor }) => minor !== 0n);

/** The amount of an earning line becomes owed: `expense > payable`. The negative line of a reversal posts the other way. */
export function accrualPosting(line: {
  id: bigint;
  partnerId: bigint;
  programId: number;
  currency: CurrencyCode;
  minor: bigint;
  bookedAt: Date;
}): Posting {
  return {
    kind: 'accrual',
    key: String(line.id),
    currency: line.currency,
    effectiveAt: line.bookedAt,
    entries: entries(
      { account: expense(line.programId), minor: line.minor },
      { account: payable(line.partnerId), minor: -line.minor },
    ),
  };
}

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
