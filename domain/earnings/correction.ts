import type { CurrencyCode } from '../currency.ts';
import { formatMoney, type Money, money } from '../money.ts';
import { type ProposalDecider, type Refusal, whyNotDecideProposal } from './proposal.ts';

/**
 * People correct what partners are owed: they add or deduct an amount, move one to another partner, give up a balance, do many of these at
 * once from a file, or merge two partners. `merge` moves the whole balance, also what comes later.
 */
export const CORRECTION_KINDS = ['credit', 'deduction', 'transfer', 'write_off', 'batch', 'merge'] as const;
export type CorrectionKind = (typeof CORRECTION_KINDS)[number];

/** `proposed` counts for nothing yet. A confirmed correction was booked in the transaction that confirmed it. */
export const CORRECTION_STATUSES = ['proposed', 'confirmed', 'refused'] as const;
export type CorrectionStatus = (typeof CORRECTION_STATUSES)[number];

/** The kind of the earning line that books an item. */
export const LINE_KIND_OF: Record<CorrectionKind, 'adjusted' | 'transferred' | 'written_off'> = {
  credit: 'adjusted',
  deduction: 'adjusted',
  batch: 'adjusted',
  transfer: 'transferred',
  merge: 'transferred',
  write_off: 'written_off',
};

/** An amount that a correction adds to a partner's balance, or takes from it where it is below zero. */
export type CorrectionItem = {
  readonly partnerId: bigint;
  readonly programId: number;
  readonly currency: CurrencyCode;
  readonly minor: bigint;
  /** The local day from which it counts, in the zone of the program's schedule. */
  readonly availableOn: string;
  /** The reason of this item alone; null if it is that of the correction. */
  readonly reason: string | null;
};

/** The reason why a person may not propose a correction, or undefined. */
export const whyNotProposeCorrection = ({ isPayee }: { readonly isPayee: boolean }): Refusal | undefined =>
  isPayee
    ? {
        code: 'approver_is_payee',
        message:
          'This correction is about a partner through whom you are paid. Nothing was recorded. Ask somebody else to propose it.',
      }
    : undefined;

/** The reason why a person may not confirm or refuse a correction, or undefined. */
export const whyNotDecideCorrection = (
  correction: { status: CorrectionStatus; proposedById: string; proposedBy: string },
  decider: ProposalDecider,
  decision: 'confirm' | 'refuse',
): Refusal | undefined =>
  correction.status === 'proposed'
    ? whyNotDecideProposal(correction, decider, decision === 'confirm')
    : {
        code: 'correction_not_open',
        message: `The correction is ${correction.status}. Nothing was recorded. Only an open proposal can be decided.`,
      };

/** A balance that is in no payout, and the smallest payout of its schedule in that currency. */
export type OpenBalance = { readonly balance: Money; readonly minimum: Money };

/**
 * The reason why a write-off cannot be booked, or undefined. It brings a balance towards zero and never past it. Money that we owe is
 * given up only where it is too little to be paid.
 */
export function whyNotWriteOff({ balance, minimum }: OpenBalance, minor: bigint): string | undefined {
  const rest = balance.minor + minor;
  if (balance.minor === 0n) return 'is nothing: the balance is 0';
  if (minor > 0n !== balance.minor < 0n || (rest !== 0n && rest > 0n !== balance.minor > 0n))
    return `is more than the balance of ${formatMoney(balance)}`;
  if (balance.minor > 0n && balance.minor >= minimum.minor)
    return `cannot be given up: the partner is owed ${formatMoney(balance)}, which is not less than the smallest payout of ${formatMoney(minimum)}`;
  return undefined;
}

/** The sums of items by currency, in the order in which the currencies first appear. */
export const totalsOf = (items: readonly Pick<CorrectionItem, 'currency' | 'minor'>[]): Money[] =>
  [...Map.groupBy(items, ({ currency }) => currency)].map(([currency, all]) =>
    money(
      all.reduce((sum, { minor }) => sum + minor, 0n),
      currency,
    ),
  );
