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

/** The statuses that may follow each status. An empty list means that the payout is finished. The database has the same table. */
export const PAYOUT_NEXT: Record<PayoutStatus, readonly PayoutStatus[]> = {
  draft: ['approved', 'cancelled'],
  approved: ['executing', 'cancelled'],
  executing: ['sent', 'settled', 'failed', 'returned', 'cancelled'],
  sent: ['settled', 'returned', 'failed'],
  settled: ['returned'],
  failed: [],
  returned: [],
  cancelled: [],
};

export const canPayoutBecome = (from: PayoutStatus, to: PayoutStatus): boolean => PAYOUT_NEXT[from].includes(to);

/** Whether nothing more is expected. A settled payout may still come back. */
export const isPayoutFinal = (status: PayoutStatus): boolean =>
  status === 'settled' || PAYOUT_NEXT[status].length === 0;

/** Whether the lines of the payout are free again, so that another payout may pay them. */
export const releasesLines = (status: PayoutStatus): boolean =>
  status === 'failed' || status === 'returned' || status === 'cancelled';

/** The facts that start a payout's workflow. */
export type PayoutStart = {
  readonly id: string;
  readonly runId: string;
  readonly partnerCode: string;
  readonly method: Method;
  readonly gateway: GatewayName;
};
