import type { DealStatus } from '../../domain/earnings/deal.ts';
import type { MovementKind } from '../../domain/earnings/points.ts';
import type { RequestKind, RequestStatus } from '../../domain/earnings/request.ts';
import type { Ask, PolicySubject } from '../../domain/programs/policies.ts';
import type { ReviewStatus } from '../../domain/programs/review.ts';
import type { Tone } from './words.ts';

/** The words for what partners register, ask for and claim, and for the decisions about it. Both audiences read the same ones. */

type Word = { label: string; tone: Tone };

export const DEAL_STATUS: Record<DealStatus, Word> = {
  review: { label: 'being decided', tone: 'watch' },
  protected: { label: 'protected', tone: 'good' },
  declined: { label: 'declined', tone: 'alert' },
  expired: { label: 'expired', tone: 'plain' },
  withdrawn: { label: 'withdrawn', tone: 'plain' },
  won: { label: 'won', tone: 'good' },
  lost: { label: 'lost', tone: 'plain' },
};

/** Requests, and claims as well. */
export const REQUEST_STATUS: Record<RequestStatus, Word> = {
  review: { label: 'being decided', tone: 'watch' },
  granted: { label: 'granted', tone: 'good' },
  declined: { label: 'declined', tone: 'alert' },
  expired: { label: 'expired', tone: 'plain' },
  withdrawn: { label: 'withdrawn', tone: 'plain' },
};

export const REQUEST_KIND: Record<RequestKind, string> = {
  special_price: 'Special price',
  special_incentive: 'Special incentive',
  development_funds: 'Development fund',
};

export const ASK: Record<Ask, string> = {
  registration: 'Registration',
  extension: 'Longer protection',
  ...REQUEST_KIND,
  claim: 'Claim',
};

export const SUBJECT: Record<PolicySubject, { one: string; place: '/deals' | '/requests' | '/claims' }> = {
  deal: { one: 'deal', place: '/deals' },
  request: { one: 'request', place: '/requests' },
  claim: { one: 'claim', place: '/claims' },
};

/** A decision as a step of a history. */
export const REVIEW_STEP: Record<ReviewStatus, string> = {
  waiting: 'being decided',
  approved: 'approved',
  declined: 'declined',
  expired: 'ended, because nobody answered in time',
  withdrawn: 'withdrawn',
};

export const POINTS_MOVEMENT: Record<MovementKind, string> = {
  earned: 'Earned',
  corrected: 'Corrected',
  reversed: 'Taken back after a refund',
  redeemed: 'Used',
  returned: 'Given back, because a use was cancelled',
  expired: 'Expired',
  expiry_undone: 'Expired points of a sale that was refunded',
  converted: 'Turned into money',
  transferred: 'Moved between partners',
};
