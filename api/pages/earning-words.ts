import type { RowResult } from '../../commands/earnings/import-page.ts';
import type { BackTest } from '../../db/earnings/back-tests.ts';
import type { ParkedStatus } from '../../db/earnings/parked.ts';
import type { QuarantineStatus } from '../../db/earnings/quarantine.ts';
import type { ReRatingItem } from '../../db/earnings/re-ratings.ts';
import type { ReRatingStatus } from '../../domain/earnings/re-rating.ts';
import type { EventState } from '../../db/earnings/event-pages.ts';
import type { CorrectionKind, CorrectionStatus } from '../../domain/earnings/correction.ts';
import type { WaitsOn } from '../../domain/earnings/waiting-events.ts';
import type { Tone } from './words.ts';

/** The words of the pages about events, corrections and plans. Each is a record, so a new member needs its words. */

export const EVENT_STATE: Record<EventState, { label: string; tone: Tone }> = {
  earned: { label: 'earned', tone: 'good' },
  nothing: { label: 'earned nothing', tone: 'plain' },
  due: { label: 'not worked out yet', tone: 'watch' },
};

/** The outcomes of a row of an import. */
export const ROW_STATUS: Record<RowResult['status'], { label: string; tone: Tone }> = {
  accepted: { label: 'new', tone: 'good' },
  replayed: { label: 'known already', tone: 'plain' },
  quarantined: { label: 'known with other content', tone: 'alert' },
  parked: { label: 'waits for its partner', tone: 'watch' },
  rejected: { label: 'refused', tone: 'alert' },
  skipped: { label: 'left out', tone: 'plain' },
};

export const QUARANTINE_STATUS: Record<QuarantineStatus, { label: string; tone: Tone }> = {
  open: { label: 'waits', tone: 'watch' },
  accepted: { label: 'accepted', tone: 'good' },
  dismissed: { label: 'dismissed', tone: 'plain' },
};

export const PARKED_STATUS: Record<ParkedStatus, string> = { parked: 'they wait', dismissed: 'dismissed' };

export const CORRECTION_KIND: Record<CorrectionKind, string> = {
  credit: 'Credit',
  deduction: 'Deduction',
  transfer: 'Transfer',
  write_off: 'Write-off',
  batch: 'Adjustments of a file',
  merge: 'Merge',
};

export const RE_RATING_STATUS: Record<ReRatingStatus, { label: string; tone: Tone }> = {
  preparing: { label: 'is worked out', tone: 'plain' },
  refused: { label: 'cannot be worked out', tone: 'alert' },
  proposed: { label: 'waits for another person', tone: 'watch' },
  confirmed: { label: 'is booked', tone: 'good' },
  declined: { label: 'declined', tone: 'plain' },
  done: { label: 'booked', tone: 'good' },
};

export const RE_RATING_ITEM_STATUS: Record<ReRatingItem['status'], { label: string; tone: Tone }> = {
  proposed: { label: 'proposed', tone: 'plain' },
  booked: { label: 'booked', tone: 'good' },
  overtaken: { label: 'overtaken, not booked', tone: 'alert' },
};

/** The states of a correction and of a conversion of points, which two people decide. */
export const PROPOSAL_STATUS: Record<CorrectionStatus, { label: string; tone: Tone }> = {
  proposed: { label: 'waits for another person', tone: 'watch' },
  confirmed: { label: 'confirmed', tone: 'good' },
  refused: { label: 'refused', tone: 'plain' },
};

export const BACK_TEST_STATE: Record<BackTest['state'], { label: string; tone: Tone }> = {
  running: { label: 'is worked out', tone: 'watch' },
  done: { label: 'done', tone: 'good' },
  failed: { label: 'failed', tone: 'alert' },
};

export const PLAN_VERSION_STATE = {
  in_force: { label: 'in force', tone: 'good' },
  future: { label: 'not in force yet', tone: 'watch' },
  over: { label: 'over', tone: 'plain' },
  withdrawn: { label: 'withdrawn', tone: 'plain' },
} as const satisfies Record<string, { label: string; tone: Tone }>;

export const IMPORT_STATUS: Record<'running' | 'finished' | 'broken_off', { label: string; tone: Tone }> = {
  running: { label: 'is being read', tone: 'watch' },
  finished: { label: 'finished', tone: 'good' },
  broken_off: { label: 'broken off', tone: 'alert' },
};

/** The reasons why an event is not worked out yet, each as the end of a sentence about it. */
export const WAITS_ON: Record<WaitsOn, string> = {
  sale: 'waits for its sale',
  rate: 'waits for an exchange rate',
  ladder: 'waits for the rung of its partner',
  eligibility: 'waits for a decision, because its partner was not eligible',
};
