import { DAY_MS, HOUR_MS, MINUTE_MS } from '../durations.ts';
import type { GatewayName } from '../rails.ts';
import type { PayoutStatus } from './payout.ts';

export const ATTEMPT_STATES = [
  'prepared',
  'submitted',
  'unknown',
  'needs_person',
  'accepted',
  'on_hold',
  'unclaimed',
  'sent',
  'stale',
  'settled',
  'returned',
  'failed',
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

const IN_FLIGHT = [
  'accepted',
  'sent',
  'settled',
  'unclaimed',
  'on_hold',
  'needs_person',
  'failed',
  'returned',
] as const;

/**
 * What may follow what. Providers do go backwards (Wise redelivers what bounced), so most states in flight may follow each
 * other; `unknown` is left only by what a provider or a person says, and `failed` and `returned` never.
 */
export const ATTEMPT_NEXT: Record<AttemptState, readonly AttemptState[]> = {
  prepared: ['submitted', 'failed'],
  submitted: ['unknown', ...IN_FLIGHT],
  unknown: ['submitted', ...IN_FLIGHT],
  needs_person: ['unknown', ...IN_FLIGHT],
  accepted: ['unknown', ...IN_FLIGHT],
  on_hold: ['accepted', 'sent', 'settled', 'unclaimed', 'needs_person', 'failed', 'returned'],
  unclaimed: ['accepted', 'sent', 'settled', 'on_hold', 'needs_person', 'failed', 'returned'],
  sent: ['accepted', 'settled', 'on_hold', 'unclaimed', 'needs_person', 'stale', 'failed', 'returned'],
  stale: ['settled', 'needs_person', 'failed', 'returned'],
  settled: ['returned', 'on_hold', 'needs_person'],
  returned: [],
  failed: [],
};

export const canAttemptBecome = (from: AttemptState, to: AttemptState): boolean => ATTEMPT_NEXT[from].includes(to);

/** Nothing more is expected of it. Only `failed` proves that no money moved. */
export const isAttemptFinal = (state: AttemptState): boolean =>
  state === 'settled' || state === 'returned' || state === 'failed';

/** What a payout is while its live attempt is in a state. A provisional `sent` is never shown as final. */
export const PAYOUT_STATUS_OF: Record<AttemptState, PayoutStatus> = {
  prepared: 'executing',
  submitted: 'executing',
  unknown: 'executing',
  needs_person: 'executing',
  accepted: 'executing',
  on_hold: 'executing',
  unclaimed: 'sent',
  sent: 'sent',
  stale: 'sent',
  settled: 'settled',
  returned: 'returned',
  failed: 'failed',
};

/** How long money may come home after it was sent, per gateway, in milliseconds; after it a sent attempt is settled. */
export type ReturnWindows = Record<GatewayName, number | null>;

/**
 * Wise may bounce "up to several weeks" after `outgoing_payment_sent`. PayPal says SUCCESS itself; a check is settled only by
 * the bank statement: neither is ever settled by time.
 */
export const RETURN_WINDOWS_DEFAULT: ReturnWindows = {
  wise: 21 * DAY_MS,
  paypal: null,
  lob: null,
  'printed-check': null,
};

/** A check that nobody cashed for this long is stale; it stays a liability. */
export const CHECK_STALE_AFTER_MS = 180 * DAY_MS;

/** An outcome that nobody knows is looked into at least this often. */
const UNKNOWN_WAIT_MAX_MS = 30 * MINUTE_MS;

/**
 * How long to wait before looking again, in milliseconds: a quarter of the time since the last change, but at least
 * `firstMs`, and at most a day. So a payout is looked at often at first and daily later; webhooks wake it earlier.
 */
export function pollAfter(state: AttemptState, ageMs: number, firstMs: number): number {
  const isOpen = state === 'prepared' || state === 'submitted' || state === 'unknown';
  return Math.min(Math.max(Math.floor(ageMs / 4), firstMs), isOpen ? UNKNOWN_WAIT_MAX_MS : DAY_MS);
}

/** So long after it was to be asked again, a provider that has told nothing is silent. */
const SILENT_AFTER_MS = 4 * HOUR_MS;

/** An attempt and when its provider answered last, null where that is when it came into its state; `readAt` is now. */
type Heard = { state: AttemptState; stateAt: Date; answeredAt: Date | null; readAt: Date };

export const lastReplyAt = ({ stateAt, answeredAt }: Pick<Heard, 'stateAt' | 'answeredAt'>): Date =>
  answeredAt ?? stateAt;

/** Whether a provider that is being asked tells nothing. What is looked at daily is not silent because one look failed. */
export function isProviderSilent(heard: Heard, firstMs: number): boolean {
  const lastMs = lastReplyAt(heard).getTime();
  const pollMs = pollAfter(heard.state, lastMs - heard.stateAt.getTime(), firstMs);
  return heard.readAt.getTime() - lastMs > pollMs + SILENT_AFTER_MS;
}

/** How long a provider keeps what nobody claims before it comes back, in days; null where it does not say. */
const UNCLAIMED_DAYS: Record<GatewayName, number | null> = { wise: null, paypal: 30, lob: null, 'printed-check': null };

/** The days after which a partner is reminded of money that waits for him. */
const UNCLAIMED_REMINDERS = [21, 7, 1] as const;

/** The reminder that is due for money that has been unclaimed for so long, as its day; 0 is the first notice. */
export const unclaimedReminder = (ageMs: number): number =>
  UNCLAIMED_REMINDERS.find((day) => ageMs >= day * DAY_MS) ?? 0;

/** The last day (UTC, `2026-12-24`) on which money that has been unclaimed since then can be claimed; null where nobody says. */
export function unclaimedUntil(gateway: GatewayName, since: Date): string | null {
  const days = UNCLAIMED_DAYS[gateway];
  return days === null ? null : new Date(since.getTime() + days * DAY_MS).toISOString().slice(0, 10);
}
