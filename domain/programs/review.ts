import type { FailureCode } from '../errors.ts';
import { DECIDED_BY_SYSTEM } from '../people/actor.ts';
import type { ApproverRole, Rule } from '../policy.ts';
import type { Standing } from '../stages.ts';

/** A decision that is asked of a policy. `withdrawn`: the one who asked no longer wants it. */
export const REVIEW_STATUSES = ['waiting', 'approved', 'declined', 'expired', 'withdrawn'] as const;
export type ReviewStatus = (typeof REVIEW_STATUSES)[number];

type Waiting = {
  readonly status: ReviewStatus;
  readonly rule: Rule;
  readonly stage: number;
  readonly isEscalated: boolean;
};

/** The roles that may answer now. None once it is decided. */
export function rolesAsked({ status, rule, stage: no, isEscalated }: Waiting): ApproverRole[] {
  const stage = rule.stages?.[no - 1];
  if (status !== 'waiting' || !stage) return [];
  return isEscalated && stage.escalate ? [stage.role, stage.escalate.role] : [stage.role];
}

/** A person who wants to answer, as they stand to the review. */
export type Answerer = {
  readonly id: string;
  readonly role: string;
  readonly isPerson: boolean;
  /** Whether the partner who asks pays them. */
  readonly isPayee: boolean;
  /** The person who took part and gave them their role. That may be one person with two accounts. */
  readonly giver: string | null;
  readonly hasAnswered: boolean;
};

type Refusal = { readonly code: FailureCode; readonly message: string };

const NOTHING = 'Nothing was recorded.';

/** The reason why a person may not answer, or undefined. */
export function whyNotAnswer(
  standing: Standing,
  askedById: string,
  { id, role, isPerson, isPayee, giver, hasAnswered }: Answerer,
): Refusal | undefined {
  if (standing.status !== 'waiting')
    return { code: 'decision_not_open', message: `The time to answer is over: it is ${standing.status}. ${NOTHING}` };
  if (!isPerson) return DECIDED_BY_SYSTEM;
  if (hasAnswered) return { code: 'approver_decided_already', message: `You have already answered this. ${NOTHING}` };
  if (!standing.roles.includes(role as ApproverRole))
    return {
      code: 'not_allowed',
      message: `Stage ${standing.stage} waits for the role ${standing.roles.join(' or ')}, and not for the role ${role}. ${NOTHING}`,
    };
  if (id === askedById)
    return { code: 'decider_is_proposer', message: `You asked for this, so somebody else must decide it. ${NOTHING}` };
  if (isPayee)
    return {
      code: 'approver_is_payee',
      message: `The partner who asks is one through whom you are paid, so somebody else must decide it. ${NOTHING}`,
    };
  if (giver !== null)
    return {
      code: 'role_given_by_editor',
      message: `${giver} took part in this and gave you your role. A person whose role came from other people must decide it. ${NOTHING}`,
    };
  return undefined;
}
