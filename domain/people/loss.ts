import type { FailureCode } from '../errors.ts';
import type { Role } from './role.ts';

/** A person lost their passkey. An operator says so, and a new link goes out: at once, or when a second operator confirms. */
export const LOSS_STATUSES = ['proposed', 'confirmed', 'refused'] as const;
export type LossStatus = (typeof LOSS_STATUSES)[number];

/** The roles whose new way in needs two people: the people who let money leave, and those who give roles. */
const GUARDED: readonly Role[] = ['approver', 'operator'];
export const lossNeedsTwo = (roles: readonly Role[]): boolean => roles.some((role) => GUARDED.includes(role));

type Refusal = { code: FailureCode; message: string };

/** The people behind a decision about a lost passkey. Two accounts with one name are perhaps one person. */
export type LossDecider = {
  readonly id: string;
  readonly isOperator: boolean;
  readonly isProposerOperator: boolean;
  readonly isNamesake: boolean;
};

/** The reason why a person may not confirm or refuse that another one lost their passkey, or undefined. */
export function whyNotDecideLoss(
  loss: { readonly status: LossStatus; readonly actorId: string; readonly proposedById: string },
  decider: LossDecider,
  decision: 'confirm' | 'refuse',
): Refusal | undefined {
  if (loss.status !== 'proposed')
    return { code: 'grant_not_open', message: `This was ${loss.status} already. Nothing was changed.` };
  if (!decider.isOperator)
    return { code: 'not_allowed', message: 'You no longer have the operator role. Nothing was changed.' };
  if (decision === 'refuse') return undefined;
  if (decider.id === loss.proposedById)
    return {
      code: 'decider_is_proposer',
      message: 'You reported the loss, so another operator must confirm it. Nothing was changed.',
    };
  if (decider.id === loss.actorId)
    return {
      code: 'decider_is_grantee',
      message: 'The new link is for you, so another operator must confirm it. Nothing was changed.',
    };
  if (decider.isNamesake)
    return {
      code: 'not_allowed',
      message:
        'You have the same name as the person, or as the one who reported the loss. Nothing was changed. Ask an operator with another name to confirm it.',
    };
  if (!decider.isProposerOperator)
    return {
      code: 'grant_not_open',
      message: 'The person who reported the loss is no longer an operator. Nothing was changed. Report it again.',
    };
  return undefined;
}
