import type { FailureCode } from '../errors.ts';

/** The events of some days are worked out again by the terms as they stand now, after two people agreed to what that changes. */

/** `preparing`: a worker works out what would change; `done`: everything that was confirmed is booked, or was overtaken. */
export const RE_RATING_STATUSES = ['preparing', 'proposed', 'confirmed', 'declined', 'done'] as const;
export type ReRatingStatus = (typeof RE_RATING_STATUSES)[number];

/** An item is booked as it was confirmed. If its events changed since, it is overtaken, and nothing of it is booked. */
export const RE_RATING_ITEM_STATUSES = ['proposed', 'booked', 'overtaken'] as const;

/** The person who decides, as they stand to the re-rating. */
export type ReRatingDecider = {
  readonly id: string;
  /** Whether they wrote the terms or recorded the agreements by which it works out. */
  readonly isAuthor: boolean;
  readonly isPayee: boolean;
  readonly isProposerPayee: boolean;
  /** Whether the proposer gave them their role. That may be one person with two accounts. */
  readonly hasRoleFromProposer: boolean;
};

type Refusal = { code: FailureCode; message: string };
const refusal = (code: FailureCode, message: string): Refusal => ({ code, message });

/** The reason why a person may not confirm or decline a re-rating, or undefined. */
export function whyNotDecideReRating(
  { status, proposedById, proposedBy }: { status: ReRatingStatus; proposedById: string; proposedBy: string },
  { id, isAuthor, isPayee, isProposerPayee, hasRoleFromProposer }: ReRatingDecider,
  decision: 'confirm' | 'decline',
): Refusal | undefined {
  if (status !== 'proposed')
    return refusal(
      're_rating_not_open',
      status === 'preparing'
        ? 'The preview is not ready yet. Nothing was recorded. Read it when the status is proposed, and decide then.'
        : `The re-rating is ${status}. Nothing was recorded. Only an open proposal can be decided.`,
    );
  if (id === proposedById)
    return refusal('decider_is_proposer', 'You proposed this, so somebody else must decide it. Nothing was recorded.');
  if (hasRoleFromProposer)
    return refusal(
      'role_given_by_editor',
      `${proposedBy} proposed this and gave you your role. An approver whose role came from other people must decide it. Nothing was recorded.`,
    );
  if (decision === 'decline') return undefined;
  if (isAuthor)
    return refusal(
      'decider_is_proposer',
      'You wrote the terms or recorded an agreement by which it works out, so somebody else must confirm it. Nothing was recorded.',
    );
  if (isPayee || isProposerPayee)
    return refusal(
      'approver_is_payee',
      isPayee
        ? 'It is about a partner through whom you are paid, so somebody else must confirm it. Nothing was recorded.'
        : `${proposedBy} proposed this and is paid through a partner whom it is about. Nothing was recorded. Decline it, and let somebody else propose it.`,
    );
  return undefined;
}
