import type { FailureCode } from '../errors.ts';
import type { RunStatus } from './run.ts';

/** A person's decision about a run, of the content that the person saw. */
export type Decision = {
  /** The person's id (`actor.id`). */
  by: string;
  decision: 'approve' | 'reject';
  /** Hex of the content hash that the person saw. */
  contentHash: string;
  /** Where the person's words are kept (`decision_note.id`): they never travel through Temporal. */
  noteId: string | null;
};

/** Who decides, as the rules of separation of duties see them. */
export type Decider = {
  readonly id: string;
  /** Whether they hold a key of the role approver that is good now. */
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
  /** Hex; what the run is now, computed again in the transaction that decides. */
  readonly contentHash: string;
};

type Refusal = { code: FailureCode; message: string };

/** Why a person may not decide a run, or undefined. The hash is the one that the person saw. */
export function whyNotDecide(run: RunUnderReview, decider: Decider, seenHash: string): Refusal | undefined {
  if (run.status !== 'review')
    return {
      code: 'run_not_in_review',
      message: `The run is ${run.status}; nothing was recorded. Only a run in review is decided.`,
    };
  if (!decider.isApprover)
    return { code: 'not_allowed', message: 'You are no approver any more; nothing was recorded.' };
  if (decider.id === run.preparerId)
    return {
      code: 'approver_is_preparer',
      message: 'You asked for this run, so somebody else has to decide it; nothing was recorded.',
    };
  if (decider.isPayee)
    return {
      code: 'approver_is_payee',
      message: 'This run pays you, so somebody else has to decide it; nothing was recorded.',
    };
  if (decider.isEditor)
    return {
      code: 'approver_edited_run',
      message:
        'You changed this run, or added details that it pays to, so somebody else has to decide it; nothing was recorded.',
    };
  if (seenHash !== run.contentHash)
    return {
      code: 'run_changed_since_seen',
      message: 'The run changed since you saw it; nothing was recorded. Read it again and decide on what it is now.',
    };
  if (decider.hasDecided)
    return { code: 'approver_decided_already', message: 'You decided this content before; nothing was recorded.' };
  return undefined;
}

/** What a run becomes with one more decision: one rejection ends it, enough approvals release it. */
export function statusAfter(decision: 'approve' | 'reject', approvals: number, required: number): RunStatus {
  if (decision === 'reject') return 'rejected';
  return approvals >= required ? 'approved' : 'review';
}
