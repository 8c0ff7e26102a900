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
  /** The signature of the person's passkey (`signature.id`). Absent where they decide with a key of the API. */
  signatureId?: string;
};

/** The person who decides, as the rules of separation of duties see them. */
export type Decider = {
  readonly id: string;
  /** Whether they hold a valid key with the role approver. */
  readonly isApprover: boolean;
  /** Whether one of the run's payouts is theirs. */
  readonly isPayee: boolean;
  /** Whether they had a hand in the run: changed it, added details that it pays to, sent its events, wrote what it pays by, released its partners. */
  readonly isEditor: boolean;
  /** The code of a person who had a hand in the run and proposed or confirmed their role. Null if there is none. */
  readonly giver: string | null;
  readonly hasDecided: boolean;
  /** Whether they would approve without the signature of a passkey. */
  readonly approvesUnsigned: boolean;
};

export type RunUnderReview = {
  readonly status: RunStatus;
  readonly preparerId: string | null;
  /** The hash of the run's content, in hex, computed again in the transaction that decides. Null before it is drafted. */
  readonly contentHash: string | null;
  /** Whether its schedule asks for approvals that people sign with a passkey. */
  readonly signedApprovals: boolean;
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
    return {
      code: 'not_allowed',
      message: 'You do not have the approver role for this run now. Nothing was recorded.',
    };
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
        'You had a hand in this run: you changed it, added payment details that it pays to, sent or decided about its events, wrote the terms, agreements, facts, needs, ladders, parents, minimums or caps by which it pays, or released a partner of it. Somebody else must decide it. Nothing was recorded.',
    };
  if (decider.giver !== null)
    return {
      code: 'role_given_by_editor',
      message: `${decider.giver} gave you your role, and had a hand in this run: the request, a change, payment details, events, terms, agreements, facts, needs, ladders, parents, minimums, caps, or the release of a partner. An approver whose role came from other people must decide it. Nothing was recorded.`,
    };
  if (run.signedApprovals && decider.approvesUnsigned)
    return {
      code: 'approval_not_signed',
      message:
        'This schedule asks for approvals that people sign with a passkey. Nothing was recorded. Sign in to the console and approve the run there.',
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
