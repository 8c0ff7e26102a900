/**
 * Every failure that the product can name. Retryable means that the same call may succeed later although nobody changes
 * anything. `activities/failures.ts` turns a code into a Temporal failure, and `api/http/problem.ts` turns it into an HTTP status.
 */
export const FAILURES = {
  invalid_input: { retryable: false },
  invalid_amount: { retryable: false },
  not_found: { retryable: false },
  already_exists: { retryable: false },
  not_authenticated: { retryable: false },
  not_allowed: { retryable: false },
  identity_not_known: { retryable: false },
  identity_provider_unavailable: { retryable: true },

  grant_not_open: { retryable: false },
  decider_is_grantee: { retryable: false },
  decider_is_system: { retryable: false },
  claim_not_valid: { retryable: false },
  changed_since_seen: { retryable: false },
  too_many_tries: { retryable: true },

  zone_not_known: { retryable: false },

  run_not_in_review: { retryable: false },
  run_changed_since_seen: { retryable: false },
  run_not_disbursing: { retryable: false },
  run_period_open: { retryable: false },
  run_already_exists: { retryable: false },
  approver_is_preparer: { retryable: false },
  approval_not_signed: { retryable: false },
  approver_is_payee: { retryable: false },
  approver_edited_run: { retryable: false },
  role_given_by_editor: { retryable: false },
  approver_decided_already: { retryable: false },

  plan_version_effective: { retryable: false },
  unit_in_use: { retryable: false },
  budget_closed: { retryable: false },

  points_not_available: { retryable: false },
  partner_on_hold: { retryable: false },
  redemption_not_cancellable: { retryable: false },
  conversion_not_offered: { retryable: false },
  conversion_not_open: { retryable: false },

  payout_cannot_leave: { retryable: false },
  payout_cannot_be_held: { retryable: false },
  payout_not_replaceable: { retryable: false },

  resolution_not_asked: { retryable: false },
  resolution_open: { retryable: false },
  resolution_not_open: { retryable: false },
  decider_is_proposer: { retryable: false },

  correction_not_open: { retryable: false },
  re_rating_not_open: { retryable: false },
  re_rating_open: { retryable: false },
  correction_overtaken: { retryable: false },

  decision_not_open: { retryable: false },
  status_does_not_allow: { retryable: false },

  quarantine_not_open: { retryable: false },
  parked_event_not_open: { retryable: false },
  quarantine_overtaken: { retryable: false },

  check_not_out: { retryable: false },
  check_must_be_returned: { retryable: false },
  check_exception_over: { retryable: false },

  recipient_rejected: { retryable: false },
  gateway_refused: { retryable: false },
  gateway_not_sent: { retryable: true },
  gateway_rate_limited: { retryable: true },
  gateway_unavailable: { retryable: true },
  webhook_not_genuine: { retryable: false },

  idempotency_key_reused: { retryable: false },
  idempotency_key_in_progress: { retryable: true },
  outcome_not_known_yet: { retryable: true },
  vault_cannot_open: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>;

export type FailureCode = keyof typeof FAILURES;

/** The field that caused a failure, by its name on the wire, such as `events[3].amount`. */
export type FailureDetail = { field: string; reason: string };

/** The only error class that is thrown on purpose. Anything else is a bug. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly details: readonly FailureDetail[];

  constructor(
    code: FailureCode,
    message: string,
    options: { cause?: unknown; details?: readonly FailureDetail[] } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
  }
}

/** A refusal of one field of what was sent: which one, and why, such as `file` and `is empty`. */
export const refused = (field: string, reason: string): Failure =>
  new Failure('invalid_input', `Nothing was done: ${field} ${reason}.`, { details: [{ field, reason }] });
