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
 * The states that may follow each state. Providers do go backwards (Wise redelivers what bounced), so most states in flight may
 * follow each other. An attempt leaves `unknown` only when a provider or people say what happened, and never leaves `failed` or
 * `returned`.
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

/** Whether nothing more is expected. Only `failed` proves that no money moved. */
export const isAttemptFinal = (state: AttemptState): boolean =>
  state === 'settled' || state === 'returned' || state === 'failed';

/** The status of a payout, by the state of its live attempt. A provisional `sent` is never shown as final. */
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

/** How long money may come back after it was sent, by gateway, in milliseconds. After that time a sent attempt is settled. */
export type ReturnWindows = Record<GatewayName, number | null>;

/**
 * Wise may bounce "up to several weeks" after `outgoing_payment_sent`. Time alone settles no PayPal payment and no check: PayPal
 * itself says SUCCESS, and the bank statement settles a check.
 */
export const RETURN_WINDOWS_DEFAULT: ReturnWindows = {
  wise: 21 * DAY_MS,
  paypal: null,
  lob: null,
  'printed-check': null,
};

/** When a payment that was sent can no longer come back. Null where time alone settles nothing. */
export function settlesAt(gateway: GatewayName, sentAt: Date, windows: ReturnWindows): Date | null {
  const windowMs = windows[gateway];
  return windowMs === null ? null : new Date(sentAt.getTime() + windowMs);
}

/** A check that nobody cashed for this long is stale. It stays a liability. */
export const CHECK_STALE_AFTER_MS = 180 * DAY_MS;

/** An unknown outcome is looked up at least this often. */
const UNKNOWN_WAIT_MAX_MS = 30 * MINUTE_MS;

/**
 * How long to wait before the next poll, in milliseconds: a quarter of the time since the last change, but at least `firstMs`
 * and at most a day. A payout is therefore polled often at first and daily later. A webhook wakes it earlier.
 */
export function pollAfter(state: AttemptState, ageMs: number, firstMs: number): number {
  const isOpen = state === 'prepared' || state === 'submitted' || state === 'unknown';
  return Math.min(Math.max(Math.floor(ageMs / 4), firstMs), isOpen ? UNKNOWN_WAIT_MAX_MS : DAY_MS);
}

/** A provider is silent when it has not replied for this long after a poll was due. */
const SILENT_AFTER_MS = 4 * HOUR_MS;

/** An attempt, and when its provider replied last. Null means the time of its state. `readAt` is now. */
type Heard = { state: AttemptState; stateAt: Date; answeredAt: Date | null; readAt: Date };

export const lastReplyAt = ({ stateAt, answeredAt }: Pick<Heard, 'stateAt' | 'answeredAt'>): Date =>
  answeredAt ?? stateAt;

/** Whether a provider that is being polled is silent. One failed poll does not make a provider silent that is polled once a day. */
export function isProviderSilent(heard: Heard, firstMs: number): boolean {
  const lastMs = lastReplyAt(heard).getTime();
  const pollMs = pollAfter(heard.state, lastMs - heard.stateAt.getTime(), firstMs);
  return heard.readAt.getTime() - lastMs > pollMs + SILENT_AFTER_MS;
}

/** The days for which a provider keeps money that nobody claims, before the money comes back. Null where the provider does not say. */
const UNCLAIMED_DAYS: Record<GatewayName, number | null> = { wise: null, paypal: 30, lob: null, 'printed-check': null };

/** The days after which a partner is reminded of money that waits for them. */
const UNCLAIMED_REMINDERS = [21, 7, 1] as const;

/** The reminder that is due for money that has been unclaimed for this long, as its day. 0 is the first notice. */
export const unclaimedReminder = (ageMs: number): number =>
  UNCLAIMED_REMINDERS.find((day) => ageMs >= day * DAY_MS) ?? 0;

/** The last day (UTC, `2026-12-24`) on which unclaimed money can be claimed. Null where the provider does not say. */
export function unclaimedUntil(gateway: GatewayName, since: Date): string | null {
  const days = UNCLAIMED_DAYS[gateway];
  return days === null ? null : new Date(since.getTime() + days * DAY_MS).toISOString().slice(0, 10);
}
