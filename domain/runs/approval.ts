import type { FailureCode } from '../errors.ts';
import type { RunStatus } from './run.ts';

/** A person's decision about the content of a run that they saw. */
export type Decision = {
  /** The person's id (`actor.id`). */
  by: string;
  decision: 'approve' | 'reject';
  /** Hex of the content hash that the person saw. */
  contentHash: string;
  /** The row that keeps the person's note (`decision_note.id`). A note never travels through Temporal. */
  noteId: string | null;
};

/** The person who decides, as the rules of separation of duties see them. */
export type Decider = {
  readonly id: string;
  /** Whether they hold a valid key with the role approver. */
  readonly isApprover: boolean;
  /** Whether one of the run's payouts is theirs. */
  readonly isPayee: boolean;
  /** Whether they excluded payouts from this run, or added an instrument that it pays to. */
  readonly isEditor: boolean;
  readonly hasDecided: boolean;
};

export type RunUnderReview = {
  readonly status: RunStatus;
  readonly preparerId: string | null;
  /** The hash of the run's content now, in hex, computed again in the transaction that decides. */
  readonly contentHash: string;
};

type Refusal = { code: FailureCode; message: string };

/**
 * The reason why a person may not decide a run, or undefined. The hash is the one that the person saw, and the number counts the
 * partners that changed since then, if that is known.
 */
export function whyNotDecide(
  run: RunUnderReview,
  decider: Decider,
  seenHash: string,
  changedPartners: number | null = null,
): Refusal | undefined {
  if (run.status !== 'review')
    return {
      code: 'run_not_in_review',
      message: `The run is ${run.status}. Nothing was recorded. Only a run in review can be decided.`,
    };
  if (!decider.isApprover)
    return { code: 'not_allowed', message: 'You no longer have the approver role. Nothing was recorded.' };
  if (decider.id === run.preparerId)
    return {
      code: 'approver_is_preparer',
      message: 'You asked for this run, so somebody else must decide it. Nothing was recorded.',
    };
  if (decider.isPayee)
    return {
      code: 'approver_is_payee',
      message: 'This run pays you, so somebody else must decide it. Nothing was recorded.',
    };
  if (decider.isEditor)
    return {
      code: 'approver_edited_run',
      message:
        'You changed this run, or added payment details that it pays to, so somebody else must decide it. Nothing was recorded.',
    };
  if (seenHash !== run.contentHash)
    return {
      code: 'run_changed_since_seen',
      message: `The run changed since you saw it${changedPartners ? `, for ${changedPartners} partners` : ''}. Nothing was recorded. Read it again, then decide on its current content.`,
    };
  if (decider.hasDecided)
    return {
      code: 'approver_decided_already',
      message: 'You have already decided this content. Nothing more was recorded.',
    };
  return undefined;
}

/** The status of a run after one more decision. One rejection ends the run, and enough approvals release it. */
export function statusAfter(decision: 'approve' | 'reject', approvals: number, required: number): RunStatus {
  if (decision === 'reject') return 'rejected';
  return approvals >= required ? 'approved' : 'review';
}
