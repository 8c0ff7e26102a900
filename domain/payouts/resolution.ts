import type { AttemptState } from './attempt.ts';
import type { FailureCode } from '../errors.ts';
import type { TaskKind } from '../tasks/task.ts';

/**
 * What two people may say of a payment that its provider cannot tell of (`paid`, `not_paid`, `returned`), or of a part of one that
 * came back: the partner gets it again (`credit_partner`), we keep it (`keep`), or it was all that will come and counts as a full
 * return (`returned`).
 */
export const RESOLUTION_OUTCOMES = ['paid', 'not_paid', 'returned', 'credit_partner', 'keep'] as const;
export type ResolutionOutcome = (typeof RESOLUTION_OUTCOMES)[number];

/** Overtaken: the provider said what became of it before this was applied, and its word stands. */
export const RESOLUTION_STATUSES = ['proposed', 'confirmed', 'refused', 'applied', 'overtaken'] as const;
export type ResolutionStatus = (typeof RESOLUTION_STATUSES)[number];

/** Which outcomes answer a task; a kind without any is not decided by people's word on a payment. */
const OUTCOMES_FOR: Record<TaskKind, readonly ResolutionOutcome[]> = {
  outcome_unknown: ['paid', 'not_paid', 'returned'],
  partial_return: ['credit_partner', 'keep', 'returned'],
  provider_approval: [],
  check_exception: [],
  check_stop_expiring: [],
  check_stale: [],
  check_returned_mail: [],
};

/** Whether an outcome decides about a part that came back, with an amount of its own. */
export const isOfPart = (outcome: ResolutionOutcome): boolean => outcome === 'credit_partner' || outcome === 'keep';

/** A payout as whoever proposes finds it, in the transaction that records the proposal. */
export type Undecided = {
  /** Null where nobody was asked, or where it is proved that nothing moved. */
  readonly state: AttemptState | null;
  readonly openTasks: readonly { readonly id: string; readonly kind: TaskKind }[];
  /** The provider, or two people, said that the money was taken. */
  readonly isTaken: boolean;
  /** A part that came back was given to the partner, or kept: the rest cannot be a full return any more. */
  readonly isPartDecided: boolean;
  /** The bank has acknowledged its check: it can be cashed until the bank itself says otherwise. */
  readonly isCheckAtBank: boolean;
  readonly hasOpenResolution: boolean;
  readonly isPayee: boolean;
  /** When the provider is asked again at the latest. */
  readonly nextLookAt: Date;
};

type Refusal = { code: FailureCode; message: string };

/** The open task that an outcome would answer, if there is one. */
export const taskFor = ({ openTasks }: Pick<Undecided, 'openTasks'>, outcome: ResolutionOutcome): string | undefined =>
  openTasks.find(({ kind }) => OUTCOMES_FOR[kind].includes(outcome))?.id;

/** Why a person may not propose an outcome now, or undefined. */
export function whyNotPropose(payout: Undecided, outcome: ResolutionOutcome): Refusal | undefined {
  if (payout.isPayee)
    return { code: 'approver_is_payee', message: 'This payout pays you: nothing was recorded. Others decide it.' };
  if (payout.hasOpenResolution)
    return {
      code: 'resolution_open',
      message: 'Another proposal waits for its decision; nothing was recorded. Have that one decided first.',
    };
  if (!taskFor(payout, outcome)) return { code: 'resolution_not_asked', message: notAsked(payout, outcome) };
  if (outcome === 'not_paid' && payout.isTaken)
    return {
      code: 'resolution_not_asked',
      message:
        'Nothing was recorded: the provider said that it took this money, so it was paid. Say "paid", or "returned" if it came back.',
    };
  if (outcome === 'returned' && payout.isPartDecided)
    return {
      code: 'resolution_not_asked',
      message:
        'Nothing was recorded: a part of this payment was decided before, so the rest cannot count as a full return. Say "credit_partner" or "keep".',
    };
  return whyNotApply(payout, outcome);
}

const CHECK_AT_BANK: Refusal = {
  code: 'resolution_not_asked',
  message:
    'Nothing was recorded: the bank knows this check, so whoever holds it can cash it, whatever people say. Stop it by POST /v1/payouts/{id}/check/stop, or have the bank void it; the payout fails by itself as soon as the bank confirms that.',
};

function notAsked({ state, openTasks, nextLookAt }: Undecided, outcome: ResolutionOutcome): string {
  const isUnclear = state === 'submitted' || state === 'unknown' || state === 'needs_person';
  const possible = openTasks.flatMap(({ kind }) => OUTCOMES_FOR[kind]);
  if (possible.length > 0)
    return `Nothing was recorded: the open task asks for ${possible.join(', ')}, not ${outcome}.`;
  if (isUnclear)
    return `Nothing was recorded: its provider can still tell, and is asked again by ${nextLookAt.toISOString()}. When neither look-up nor repeat can tell any more, a task opens and asks you.`;
  return `Nothing was recorded: the payment is ${state ?? 'with no provider'}, and no open task asks what became of it.`;
}

/**
 * Why two people's word cannot be applied any more, whoever gives it: a check went to the bank since it was proposed. Only money that
 * the bank has taken for a check can have come back.
 */
export const whyNotApply = (
  { isCheckAtBank, isTaken }: Pick<Undecided, 'isCheckAtBank' | 'isTaken'>,
  outcome: ResolutionOutcome,
): Refusal | undefined =>
  isCheckAtBank && (outcome === 'not_paid' || (outcome === 'returned' && !isTaken)) ? CHECK_AT_BANK : undefined;

/** Why a person may not decide a proposal, or undefined. */
export function whyNotDecideResolution(
  resolution: { readonly status: ResolutionStatus; readonly proposedById: string },
  decider: { readonly id: string; readonly isPayee: boolean },
): Refusal | undefined {
  if (resolution.status !== 'proposed')
    return {
      code: 'resolution_not_open',
      message: `The proposal is ${resolution.status}; nothing was recorded.`,
    };
  if (decider.id === resolution.proposedById)
    return {
      code: 'decider_is_proposer',
      message: 'You proposed this, so somebody else has to decide it; nothing was recorded.',
    };
  if (decider.isPayee)
    return {
      code: 'approver_is_payee',
      message: 'This payout pays you, so somebody else has to decide it; nothing was recorded.',
    };
  return undefined;
}
