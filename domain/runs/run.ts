export const RUN_STATUSES = [
  'preparing',
  'review',
  'approved',
  'disbursing',
  'paused',
  'disbursed',
  'rejected',
  'expired',
  'cancelled',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** The statuses that may follow each status. The database has the same table. */
export const RUN_NEXT: Record<RunStatus, readonly RunStatus[]> = {
  preparing: ['review', 'disbursed', 'cancelled'],
  review: ['approved', 'rejected', 'expired', 'cancelled', 'disbursed'],
  approved: ['disbursing', 'cancelled'],
  disbursing: ['paused', 'disbursed'],
  paused: ['disbursing'],
  disbursed: [],
  rejected: [],
  expired: [],
  cancelled: [],
};

export const canRunBecome = (from: RunStatus, to: RunStatus): boolean => RUN_NEXT[from].includes(to);
export const isRunOver = (status: RunStatus): boolean => RUN_NEXT[status].length === 0;

/** The days that a run may wait for a decision before it expires and frees its lines. */
export const REVIEW_DAYS_MAX = 7;
