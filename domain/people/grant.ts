import type { FailureCode } from '../errors.ts';
import { DECIDED_BY_SYSTEM } from './actor.ts';
import type { Role } from './role.ts';

/** `proposed` gives nothing yet. `confirmed` is the only status in which a role can be used. */
export const GRANT_STATUSES = ['proposed', 'confirmed', 'refused', 'revoked'] as const;
export type GrantStatus = (typeof GRANT_STATUSES)[number];

/** A link that was sent ends unused when a later one replaces it, or when its role is taken away. */
export const INVITATION_STATES = ['open', 'used', 'expired', 'replaced'] as const;
export type InvitationState = (typeof INVITATION_STATES)[number];

/** A viewer reads the data of one partner. An owner also changes its payout details and contacts, and gives and ends access. */
export const ACCESSES = ['owner', 'viewer'] as const;
export type Access = (typeof ACCESSES)[number];

/** How long a person may take their key with the link that they were sent. */
export const CLAIM_HOURS = 72;
/** How long before the end of a link that nobody used a person is reminded of it, once. */
export const CLAIM_REMINDER_HOURS = 24;

/**
 * Whether a role needs a second person. The access of a partner does not: it shows that partner's data alone, which every operator
 * sees, and it decides nothing about payments.
 */
export const needsTwo = (role: Role): boolean => role !== 'partner';

type Refusal = { code: FailureCode; message: string };

export type ProposedGrant = {
  readonly status: GrantStatus;
  readonly actorId: string;
  readonly proposedById: string | null;
};

/** The people behind a decision about a grant, as they are when it is decided. */
export type GrantDecider = {
  readonly id: string;
  readonly isPerson: boolean;
  readonly isOperator: boolean;
  readonly isProposerOperator: boolean;
};

/** The reason why a person may not confirm or refuse a grant, or undefined. */
export function whyNotDecideGrant(
  grant: ProposedGrant,
  decider: GrantDecider,
  decision: 'confirm' | 'refuse',
): Refusal | undefined {
  if (grant.status !== 'proposed')
    return { code: 'grant_not_open', message: `The grant is ${grant.status}. Nothing was changed. Propose a new one.` };
  if (!decider.isPerson) return DECIDED_BY_SYSTEM;
  if (!decider.isOperator)
    return { code: 'not_allowed', message: 'You no longer have the operator role. Nothing was changed.' };
  if (decision === 'refuse') return undefined;
  if (decider.id === grant.proposedById)
    return {
      code: 'decider_is_proposer',
      message: 'You proposed this role, so another operator must confirm it. Nothing was changed.',
    };
  if (decider.id === grant.actorId)
    return {
      code: 'decider_is_grantee',
      message: 'This role is for you, so another operator must confirm it. Nothing was changed.',
    };
  if (!decider.isProposerOperator)
    return {
      code: 'grant_not_open',
      message: 'The person who proposed this role is no longer an operator. Nothing was changed. Propose it again.',
    };
  return undefined;
}
