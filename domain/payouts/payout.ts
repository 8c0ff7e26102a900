import type { GatewayName, Method } from '../rails.ts';

export const PAYOUT_STATUSES = [
  'draft',
  'approved',
  'executing',
  'sent',
  'settled',
  'failed',
  'returned',
  'cancelled',
] as const;
export type PayoutStatus = (typeof PAYOUT_STATUSES)[number];

/** What may follow what; an empty list means the payout is finished. The database holds the same table. */
export const PAYOUT_NEXT: Record<PayoutStatus, readonly PayoutStatus[]> = {
  draft: ['approved', 'cancelled'],
  approved: ['executing', 'cancelled'],
  executing: ['sent', 'settled', 'failed', 'returned'],
  sent: ['settled', 'returned', 'failed'],
  settled: ['returned'],
  failed: [],
  returned: [],
  cancelled: [],
};

export const canPayoutBecome = (from: PayoutStatus, to: PayoutStatus): boolean => PAYOUT_NEXT[from].includes(to);

/** Nothing more is expected of it. A settled payout may still come back. */
export const isPayoutFinal = (status: PayoutStatus): boolean =>
  status === 'settled' || PAYOUT_NEXT[status].length === 0;

/** Its lines are free again and may be paid by another payout. */
export const releasesLines = (status: PayoutStatus): boolean =>
  status === 'failed' || status === 'returned' || status === 'cancelled';

/** What starting a payout's workflow needs. */
export type PayoutStart = {
  readonly id: string;
  readonly runId: string;
  readonly partnerCode: string;
  readonly method: Method;
  readonly gateway: GatewayName;
};
