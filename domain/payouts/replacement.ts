import type { AttemptState } from './attempt.ts';
import { type PayoutStatus, releasesLines } from './payout.ts';

/** Why a payout cannot be replaced now, in one sentence that says what is still open; undefined where it can. */
export function whyNotReplace(status: PayoutStatus, attempt: AttemptState | null): string | undefined {
  if (status === 'failed' || status === 'returned') return undefined;
  if (releasesLines(status)) return 'it was cancelled before anybody was asked: the next run pays its lines.';
  if (status === 'settled') return 'it is settled: the partner has the money. If it comes back, it can be replaced.';
  if (status === 'draft' || status === 'approved')
    return 'it has not been sent: let its run pay it, or take it out of the run.';
  return STILL_OPEN[attempt ?? 'prepared'];
}

/** What must be proved first, by the state of the attempt that may still pay. */
const STILL_OPEN: Record<AttemptState, string> = {
  prepared: 'its provider is about to be asked.',
  submitted: 'its provider was asked, and has not answered.',
  unknown:
    'whether its provider paid is not known: that is looked up, or decided by two people, before anything is paid again.',
  needs_person: 'its provider waits for a person: see the open task.',
  accepted: 'its provider has accepted it and will pay.',
  on_hold: 'its provider holds it, and may still pay or return it.',
  unclaimed: 'its provider keeps it for the partner, who can still claim it; it comes back by itself if nobody does.',
  sent: 'it is on its way; of a check the bank has to confirm a stop first.',
  stale: 'the check can still be cashed: have the bank confirm a stop first.',
  settled: 'it is settled.',
  returned: 'it came back, and its books are not closed yet.',
  failed: 'its failure is not closed yet.',
};
