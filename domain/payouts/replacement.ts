import type { AttemptState } from './attempt.ts';
import { type PayoutStatus, releasesLines } from './payout.ts';

/** The reason why a payout cannot be replaced now, or undefined. It says what is still open. */
export function whyNotReplace(status: PayoutStatus, attempt: AttemptState | null): string | undefined {
  if (status === 'failed' || status === 'returned') return undefined;
  if (releasesLines(status)) return 'it was cancelled before any provider was asked. The next run pays its lines.';
  if (status === 'settled')
    return 'it is settled, so the partner has the money. You can replace it if the money comes back.';
  if (status === 'draft' || status === 'approved')
    return 'it has not been sent. Let its run pay it, or take it out of the run.';
  return STILL_OPEN[attempt ?? 'prepared'];
}

/** The proof that must come first, by the state of the attempt that can still pay. */
const STILL_OPEN: Record<AttemptState, string> = {
  prepared: 'its provider is about to be asked.',
  submitted: 'its provider was asked and has not replied yet.',
  unknown:
    'nobody knows whether its provider paid. A look-up or two people must settle that before anything is paid again.',
  needs_person: 'its provider waits for a person. See the open task.',
  accepted: 'its provider accepted it and will pay.',
  on_hold: 'its provider holds it, and can still pay or return it.',
  unclaimed: 'the partner can still claim it from its provider. It comes back on its own if they do not.',
  sent: 'it is on its way. If it is a check, the bank must confirm a stop first.',
  stale: 'the check can still be cashed. The bank must confirm a stop first.',
  settled: 'it is settled.',
  returned: 'it came back, but that is not recorded completely yet.',
  failed: 'it failed, but that is not recorded completely yet.',
};
