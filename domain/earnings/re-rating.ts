import { type ProposalDecider, type Refusal, whyNotDecideProposal } from './proposal.ts';
import type { WaitsOn } from './waiting-events.ts';

/** The events of some days are worked out again by the terms as they stand now, after two people agreed to what that changes. */

/**
 * `preparing`: a worker works out what would change; `refused`: nobody knows yet what would change; `done`: everything that was confirmed is
 * booked, or was overtaken.
 */
export const RE_RATING_STATUSES = ['preparing', 'refused', 'proposed', 'confirmed', 'declined', 'done'] as const;
export type ReRatingStatus = (typeof RE_RATING_STATUSES)[number];

/** An item is booked as it was confirmed. If its events changed since, it is overtaken, and nothing of it is booked. */
export const RE_RATING_ITEM_STATUSES = ['proposed', 'booked', 'overtaken'] as const;

/** An event that cannot be worked out again yet. */
type WaitsAgain = {
  readonly event: { readonly source: string; readonly id: string; readonly partner: string };
  readonly waitsOn: WaitsOn;
  readonly waitsFor: string;
  readonly until?: string;
};

const EVENTS_NAMED = 5;
const THING: Record<WaitsOn, string> = {
  sale: 'the sale',
  rate: 'the rate',
  ladder: 'the rung',
  eligibility: 'a person',
};

/** The reason why a re-rating is not previewed: events of a partner wait, so nobody can say what they earn. */
export function whyNotPreview(waiting: readonly WaitsAgain[]): string {
  const named = waiting.slice(0, EVENTS_NAMED).map(({ event, waitsOn, waitsFor, until }) => {
    const when = until === undefined ? '' : `, which is decided on ${until}`;
    return `${event.source}/${event.id} of ${event.partner} waits for ${THING[waitsOn]} ${waitsFor}${when}`;
  });
  const more = waiting.length - named.length;
  return `Nothing changes: some events cannot be worked out again yet. ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}. Propose it again when they no longer wait, or for the days before theirs.`;
}

/** The person who decides, as they stand to the re-rating. */
export type ReRatingDecider = ProposalDecider & {
  /** Whether they wrote the terms or recorded the agreements by which it works out. */
  readonly isAuthor: boolean;
};

/** The reason why a person may not confirm or decline a re-rating, or undefined. */
export function whyNotDecideReRating(
  reRating: { status: ReRatingStatus; proposedById: string; proposedBy: string },
  decider: ReRatingDecider,
  decision: 'confirm' | 'decline',
): Refusal | undefined {
  const { status } = reRating;
  if (status !== 'proposed')
    return {
      code: 're_rating_not_open',
      message:
        status === 'preparing'
          ? 'The preview is not ready yet. Nothing was recorded. Read it when the status is proposed, and decide then.'
          : `The re-rating is ${status}. Nothing was recorded. Only an open proposal can be decided.`,
    };
  const refusal = whyNotDecideProposal(reRating, decider, decision === 'confirm');
  if (refusal || decision === 'decline' || !decider.isAuthor) return refusal;
  return {
    code: 'decider_is_proposer',
    message:
      'You wrote the terms or recorded an agreement by which it works out, so somebody else must confirm it. Nothing was recorded.',
  };
}
