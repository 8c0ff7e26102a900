import { v5 } from 'uuid';

/**
 * Ids that are made from what they name, so that the same thing gets the same id after a crash, a restore or a second try
 * (UUIDv5, RFC 9562). The namespace is Bursar's own and never changes.
 */
const NAMESPACE = '6c1d3e0a-4a53-5d0e-9f0b-6a1f5f5e0b11';

const nameBased = (kind: string, ...parts: readonly (string | number | bigint)[]): string =>
  v5([kind, ...parts].join('/'), NAMESPACE);

/** A scheduled run: one a schedule, period end (`2026-12-01`) and redo. */
export const scheduledRunId = (scheduleCode: string, periodEnd: string, redo: number): string =>
  nameBased('run', scheduleCode, periodEnd, redo);

/** An on-demand run: one a schedule and request. */
export const onDemandRunId = (scheduleCode: string, requestKey: string): string =>
  nameBased('run-on-demand', scheduleCode, requestKey);

export const payoutId = (runId: string, partnerId: bigint, currency: string): string =>
  nameBased('payout', runId, partnerId, currency);

/** The provider's idempotency key. A new attempt gets a new one, and exists only after proof that the last moved nothing. */
export const providerKey = (payout: string, attemptNo: number): string => nameBased('attempt', payout, attemptNo);

/** The n-th batch of a run by one gateway in one currency, which all have one payer: the run's. */
export const batchId = (runId: string, gateway: string, currency: string, number: number): string =>
  nameBased('batch', runId, gateway, currency, number);
