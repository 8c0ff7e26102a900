import type { FailureCode } from '../errors.ts';

/** Money that one person proposes to book and another person confirms: corrections, conversions of points, re-ratings. */

export type Refusal = { readonly code: FailureCode; readonly message: string };

/** The person who decides, as they stand to a proposal. */
export type ProposalDecider = {
  readonly id: string;
  readonly isPayee: boolean;
  /** Whether the proposer is paid through one of the partners by now. */
  readonly isProposerPayee: boolean;
  /** Whether the proposer gave them their role. That may be one person with two accounts. */
  readonly hasRoleFromProposer: boolean;
};

/** The reason why a person may not decide an open proposal, or undefined. */
export function whyNotDecideProposal(
  { proposedById, proposedBy }: { proposedById: string; proposedBy: string },
  { id, isPayee, isProposerPayee, hasRoleFromProposer }: ProposalDecider,
  isConfirmed: boolean,
): Refusal | undefined {
  if (id === proposedById)
    return {
      code: 'decider_is_proposer',
      message: 'You proposed this, so somebody else must decide it. Nothing was recorded.',
    };
  if (hasRoleFromProposer)
    return {
      code: 'role_given_by_editor',
      message: `${proposedBy} proposed this and gave you your role. An approver whose role came from other people must decide it. Nothing was recorded.`,
    };
  if (isPayee)
    return {
      code: 'approver_is_payee',
      message:
        'This is about a partner through whom you are paid, so somebody else must decide it. Nothing was recorded.',
    };
  if (isProposerPayee && isConfirmed)
    return {
      code: 'approver_is_payee',
      message: `${proposedBy} proposed this and is paid through a partner whom it is about. Nothing was recorded. Refuse it, and let somebody else propose it.`,
    };
  return undefined;
}
