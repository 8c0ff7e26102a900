import { Temporal } from 'temporal-polyfill';

/** Everything about a payment that finance is told, in the digest of its run and day. */
export const INCIDENT_KINDS = [
  'payout_failed',
  'payout_returned',
  'payout_unclaimed',
  /** Taken out of its run after the run was approved. */
  'payout_cut',
  'break',
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** An amount that we may have paid twice cannot wait for a digest, whatever it is. */
const AT_ONCE_BREAK = 'paid_twice';

/** Whether finance is told at once. `fromMinor` is the payer's amount for that, or null if it has none in this currency. */
export const isToldAtOnce = (
  { breakKind, minor }: { readonly breakKind: string | null; readonly minor: bigint },
  fromMinor: bigint | null,
): boolean => breakKind === AT_ONCE_BREAK || (fromMinor !== null && minor >= fromMinor);

/** The local hour at which digests are sent. */
const DIGEST_HOUR = 8;

/** The next digest after an instant in epoch milliseconds: its local date, and when it is sent. */
export function nextDigest(nowMs: number, zone: string): { day: string; atMs: number } {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone);
  const today = now.toPlainDate().toZonedDateTime({ timeZone: zone, plainTime: { hour: DIGEST_HOUR } });
  const next = Temporal.ZonedDateTime.compare(today, now) > 0 ? today : today.add({ days: 1 });
  return { day: next.toPlainDate().toString(), atMs: next.epochMilliseconds };
}
