import type { DealStatus } from '../../domain/earnings/deal.ts';
import type { RequestStatus } from '../../domain/earnings/request.ts';
import type { Ask, PolicySubject } from '../../domain/programs/policies.ts';
import type { ReviewStatus } from '../../domain/programs/review.ts';
import { say } from './say.ts';
import type { Tone } from './words.ts';

/** The words for what partners register, ask for and claim, and for the decisions about it. Both audiences read the same ones. */

const DEAL: Record<DealStatus, Tone> = {
  review: 'watch',
  protected: 'good',
  declined: 'alert',
  expired: 'plain',
  withdrawn: 'plain',
  won: 'good',
  lost: 'plain',
};
export const dealStatus = (status: DealStatus) => ({ label: say(`deal.${status}`), tone: DEAL[status] });

const REQUEST: Record<RequestStatus, Tone> = {
  review: 'watch',
  granted: 'good',
  declined: 'alert',
  expired: 'plain',
  withdrawn: 'plain',
};
/** The states of requests, and of claims as well. */
export const requestStatus = (status: RequestStatus) => ({ label: say(`request.${status}`), tone: REQUEST[status] });

/** The name of a thing that somebody asks a policy for: a kind of request, a registration, a claim. */
export const nameOfAsk = (ask: Ask): string => say(`ask.${ask}`);

export const SUBJECT: Record<PolicySubject, { one: string; place: '/deals' | '/requests' | '/claims' }> = {
  deal: { one: 'deal', place: '/deals' },
  request: { one: 'request', place: '/requests' },
  claim: { one: 'claim', place: '/claims' },
};

/** A decision as a step of a history: `Registration approved`. */
export const reviewStep = (ask: Ask, status: ReviewStatus): string =>
  say('review.step', { ask: nameOfAsk(ask), step: say(`review.${status}`) });
