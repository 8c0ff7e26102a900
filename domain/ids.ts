import { v5 } from 'uuid';

/**
 * Ids that are computed from what they name (UUIDv5, RFC 9562). The same thing therefore gets the same id after a crash, a
 * restore or a second try. The namespace is Bursar's own and never changes. PostgreSQL computes the id of a payout, in the function
 * `payout_id`.
 */
const NAMESPACE = '6c1d3e0a-4a53-5d0e-9f0b-6a1f5f5e0b11';

const nameBased = (kind: string, ...parts: readonly (string | number | bigint)[]): string =>
  v5([kind, ...parts].join('/'), NAMESPACE);

/** The id of a scheduled run. A schedule has one run for each period end (`2026-12-01`) and redo. */
export const scheduledRunId = (scheduleCode: string, periodEnd: string, redo: number): string =>
  nameBased('run', scheduleCode, periodEnd, redo);

/** The id of an on-demand run. A schedule has one run for each request. */
export const onDemandRunId = (scheduleCode: string, requestKey: string): string =>
  nameBased('run-on-demand', scheduleCode, requestKey);

/**
 * The idempotency key that the provider gets. A new attempt gets a new key, and exists only after proof that the attempt before it
 * moved nothing.
 */
export const providerKey = (payout: string, attemptNo: number): string => nameBased('attempt', payout, attemptNo);

/** The id of the n-th batch of a run by one gateway in one currency. All of them have the run's payer. */
export const batchId = (runId: string, gateway: string, currency: string, number: number): string =>
  nameBased('batch', runId, gateway, currency, number);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text has the form of an id, so that PostgreSQL can read it as one. */
export const isUuid = (text: string): boolean => UUID.test(text);
