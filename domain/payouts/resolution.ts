import type { AttemptState } from './attempt.ts';
import type { FailureCode } from '../errors.ts';
import type { TaskKind } from '../tasks/task.ts';

/**
 * The outcomes that two people may state for a payment. They say `paid`, `not_paid` or `returned` where the provider cannot tell. They say
 * something else about a part that came back: the partner is owed it again (`credit_partner`), we keep it (`keep`), or no more
 * will come and it counts as a full return (`returned`).
 */
export const RESOLUTION_OUTCOMES = ['paid', 'not_paid', 'returned', 'credit_partner', 'keep'] as const;
export type ResolutionOutcome = (typeof RESOLUTION_OUTCOMES)[number];

/** `overtaken` means that the provider's own reply came before this was applied. The reply counts. */
export const RESOLUTION_STATUSES = ['proposed', 'confirmed', 'refused', 'applied', 'overtaken'] as const;
export type ResolutionStatus = (typeof RESOLUTION_STATUSES)[number];

/** The outcomes that answer a task of each kind. No resolution answers a kind without outcomes. */
const OUTCOMES_FOR: Record<TaskKind, readonly ResolutionOutcome[]> = {
  outcome_unknown: ['paid', 'not_paid', 'returned'],
  partial_return: ['credit_partner', 'keep', 'returned'],
  provider_approval: [],
  check_exception: [],
  check_stop_expiring: [],
  check_stale: [],
  check_returned_mail: [],
  checks_to_mail: [],
  correction_proposed: [],
  decision_waiting: [],
  conversion_proposed: [],
  re_rating_proposed: [],
  policy_proposed: [],
  role_proposed: [],
  passkey_lost: [],
  events_quarantined: [],
  partner_question: [],
};

/** Whether an outcome decides about a part that came back. Such a resolution has an amount of its own. */
export const isOfPart = (outcome: ResolutionOutcome): boolean => outcome === 'credit_partner' || outcome === 'keep';

/** A payout as the proposer finds it, read in the transaction that records the proposal. */
export type Undecided = {
  /** Null where no provider was asked, or where it is proved that nothing moved. */
  readonly state: AttemptState | null;
  readonly openTasks: readonly { readonly id: string; readonly kind: TaskKind }[];
  /** The provider said that it took the money, or two people said so. */
  readonly isTaken: boolean;
  /** A part that came back was credited to the partner, or kept, so the rest can no longer be a full return. */
  readonly isPartDecided: boolean;
  /** The bank has acknowledged its check, which can be cashed until the bank itself says otherwise. */
  readonly isCheckAtBank: boolean;
  readonly hasOpenResolution: boolean;
  readonly isPayee: boolean;
  /** The latest time at which the provider is asked again. */
  readonly nextLookAt: Date;
};

type Refusal = { code: FailureCode; message: string };

/** The open task that an outcome would answer, if there is one. */
export const taskFor = ({ openTasks }: Pick<Undecided, 'openTasks'>, outcome: ResolutionOutcome): string | undefined =>
  openTasks.find(({ kind }) => OUTCOMES_FOR[kind].includes(outcome))?.id;

/** The reason why a person may not propose an outcome now, or undefined. */
export function whyNotPropose(payout: Undecided, outcome: ResolutionOutcome): Refusal | undefined {
  if (payout.isPayee)
    return {
      code: 'approver_is_payee',
      message: 'This payout pays you. Nothing was recorded. Somebody else must decide it.',
    };
  if (payout.hasOpenResolution)
    return {
      code: 'resolution_open',
      message: 'Another proposal waits for a decision. Nothing was recorded. Have that proposal decided first.',
    };
  if (!taskFor(payout, outcome)) return { code: 'resolution_not_asked', message: notAsked(payout, outcome) };
  if (outcome === 'not_paid' && payout.isTaken)
    return {
      code: 'resolution_not_asked',
      message:
        'The provider said that it took this money, so it was paid. Nothing was recorded. Say "paid", or "returned" if the money came back.',
    };
  if (outcome === 'returned' && payout.isPartDecided)
    return {
      code: 'resolution_not_asked',
      message:
        'A part of this payment was decided before, so the rest cannot count as a full return. Nothing was recorded. Say "credit_partner" or "keep".',
    };
  return whyNotApply(payout, outcome);
}

const CHECK_AT_BANK: Refusal = {
  code: 'resolution_not_asked',
  message:
    'The bank acknowledged this check, so its holder can cash it, whatever people say. Nothing was recorded. Stop the check, or have the bank void it. The payout then fails on its own as soon as the bank confirms.',
};

function notAsked({ state, openTasks, nextLookAt }: Undecided, outcome: ResolutionOutcome): string {
  const isUnclear = state === 'submitted' || state === 'unknown' || state === 'needs_person';
  const possible = openTasks.flatMap(({ kind }) => OUTCOMES_FOR[kind]);
  if (possible.length > 0)
    return `The open task asks for ${possible.join(', ')}, not ${outcome}. Nothing was recorded.`;
  if (isUnclear)
    return `The provider can still tell what happened, and is asked again by ${nextLookAt.toISOString()}. Nothing was recorded. A task asks you once neither a look-up nor a repeat can tell.`;
  return `The payment is ${state ?? 'with no provider'}, and no open task asks what happened to it. Nothing was recorded.`;
}

/**
 * The reason why an outcome can no longer be applied, no matter who proposed it: the bank has acknowledged the check since then.
 * Only money that the bank took for a check can have come back.
 */
export const whyNotApply = (
  { isCheckAtBank, isTaken }: Pick<Undecided, 'isCheckAtBank' | 'isTaken'>,
  outcome: ResolutionOutcome,
): Refusal | undefined =>
  isCheckAtBank && (outcome === 'not_paid' || (outcome === 'returned' && !isTaken)) ? CHECK_AT_BANK : undefined;

/** The reason why a person may not decide a proposal, or undefined. */
export function whyNotDecideResolution(
  resolution: { readonly status: ResolutionStatus; readonly proposedById: string },
  decider: { readonly id: string; readonly isPayee: boolean; readonly giver: string | null },
): Refusal | undefined {
  if (resolution.status !== 'proposed')
    return {
      code: 'resolution_not_open',
      message: `The proposal is ${resolution.status}. Nothing was recorded. Only an open proposal can be decided.`,
    };
  if (decider.id === resolution.proposedById)
    return {
      code: 'decider_is_proposer',
      message: 'You proposed this, so somebody else must decide it. Nothing was recorded.',
    };
  if (decider.giver !== null)
    return {
      code: 'role_given_by_editor',
      message: `${decider.giver} proposed this and gave you your role. An approver whose role came from other people must decide it. Nothing was recorded.`,
    };
  if (decider.isPayee)
    return {
      code: 'approver_is_payee',
      message: 'This payout pays you, so somebody else must decide it. Nothing was recorded.',
    };
  return undefined;
}
