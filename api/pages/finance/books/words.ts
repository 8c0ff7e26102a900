import type { PostingKind } from '../../../../domain/books/postings.ts';
import type { BreakKind } from '../../../../domain/books/reconciliation.ts';
import type { Role } from '../../../../domain/people/role.ts';
import type { Tone } from '../../words.ts';

/** A difference between our books and a statement: its fix, and the role that begins it. */
export const BREAK: Record<BreakKind, { label: string; fix: string; owner: Role; tone: Tone }> = {
  missing_at_provider: {
    label: 'missing at the provider',
    fix: 'Wait for the next night, because a statement may be late. Then ask the provider by its reference.',
    owner: 'operator',
    tone: 'watch',
  },
  missing_in_ledger: {
    label: 'missing in our books',
    fix: 'If it names a payout, wait for the next look at it. Otherwise find out who moved the money, and secure the account.',
    owner: 'operator',
    tone: 'alert',
  },
  amount_differs: {
    label: 'amount differs',
    fix: 'Ask the bank or the provider today, and pause the gateway.',
    owner: 'operator',
    tone: 'alert',
  },
  fee_differs: {
    label: 'fee differs',
    fix: "Compare it with the provider's price list.",
    owner: 'preparer',
    tone: 'watch',
  },
  paid_twice: {
    label: 'paid twice',
    fix: 'Pause the gateway, ask the provider, and claim one payment back.',
    owner: 'operator',
    tone: 'alert',
  },
  return_not_booked: {
    label: 'return not booked',
    fix: 'Wait for the next look at the payment. Then ask the provider.',
    owner: 'operator',
    tone: 'watch',
  },
  unknown_outcome: {
    label: 'outcome not known',
    fix: 'Do the task of the payout: two people say what happened.',
    owner: 'operator',
    tone: 'alert',
  },
};

/** The journals of the ledger. */
export const JOURNAL: Record<PostingKind, string> = {
  accrual: 'earnings booked',
  send: 'payout sent',
  debit: 'provider took the money',
  fee: 'fee',
  fail: 'payout failed',
  return: 'payout came back',
  partial_return: 'part came back',
  suspense: 'part decided',
  adjustment: 'correction',
  transfer: 'transfer between partners',
  write_off: 'balance written off',
  points_earned: 'points earned',
  points_redeemed: 'points redeemed',
  points_returned: 'points returned',
  points_expired: 'points expired',
  points_converted: 'points converted',
  points_transferred: 'points transferred',
  conversion: 'points became money',
};

/** The lines of a statement. */
export const LINE_KIND = {
  payout: 'payment',
  fee: 'fee',
  return: 'came back',
  funding: 'funding',
  other: 'other',
} as const;
