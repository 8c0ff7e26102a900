import { type ProposalDecider, type Refusal, whyNotDecideProposal } from './proposal.ts';

/** The events of some days are worked out again by the terms as they stand now, after two people agreed to what that changes. */

/** `preparing`: a worker works out what would change; `done`: everything that was confirmed is booked, or was overtaken. */
export const RE_RATING_STATUSES = ['preparing', 'proposed', 'confirmed', 'declined', 'done'] as const;
export type ReRatingStatus = (typeof RE_RATING_STATUSES)[number];

/** An item is booked as it was confirmed. If its events changed since, it is overtaken, and nothing of it is booked. */
export const RE_RATING_ITEM_STATUSES = ['proposed', 'booked', 'overtaken'] as const;

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
