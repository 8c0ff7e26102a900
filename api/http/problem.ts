import {
  isGrpcDeadlineError,
  ServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HTTPException } from 'hono/http-exception';
import {
  CheckIntegrityConstraintViolationError,
  ForeignKeyIntegrityConstraintViolationError,
  UniqueIntegrityConstraintViolationError,
} from 'slonik';
import { z } from '@hono/zod-openapi';

import { Failure, type FailureCode, type FailureDetail, FAILURES } from '../../domain/errors.ts';
import * as fields from './fields.ts';

/** Problems of HTTP alone, which arise before any rule of the domain is applied. */
const DOOR_PROBLEMS = {
  method_not_allowed: { status: 405, title: 'The path does not accept this method' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  internal_error: { status: 500, title: 'Something unexpected happened' },
} as const;

type Kind = { status: 400 | 401 | 403 | 404 | 409 | 422 | 429 | 500 | 503; title: string };

const FAILURE_PROBLEMS: Record<FailureCode, Kind> = {
  invalid_input: { status: 400, title: 'The request cannot be accepted' },
  invalid_amount: { status: 400, title: 'The amount cannot be accepted' },
  not_found: { status: 404, title: 'Not found' },
  already_exists: { status: 409, title: 'It already exists' },
  not_authenticated: { status: 401, title: 'The key is missing or not valid' },
  not_allowed: { status: 403, title: 'This key may not do that' },
  identity_not_known: { status: 403, title: 'We do not know this account' },
  identity_provider_unavailable: { status: 503, title: 'The provider of identities does not answer' },

  grant_not_open: { status: 409, title: 'No role is waiting for a decision' },
  decider_is_system: { status: 403, title: 'Only people decide' },
  decider_is_grantee: { status: 403, title: 'The role is for you' },
  claim_not_valid: { status: 404, title: 'The token does not give a key' },
  changed_since_seen: { status: 409, title: 'It changed since you saw it' },
  too_many_tries: { status: 429, title: 'Too many tries' },

  run_not_in_review: { status: 409, title: 'The run is not waiting for a decision' },
  run_changed_since_seen: { status: 409, title: 'The run changed since you saw it' },
  run_not_disbursing: { status: 409, title: "The run's current status does not allow this" },
  zone_not_known: { status: 409, title: 'The time zone of a schedule is not known' },
  run_period_open: { status: 409, title: 'The period is not over' },
  run_already_exists: { status: 409, title: 'Another run is open' },
  approver_is_preparer: { status: 403, title: 'You asked for this run' },
  approval_not_signed: { status: 403, title: 'The approval must be signed with a passkey' },
  approver_is_payee: { status: 403, title: 'You are paid by it' },
  approver_edited_run: { status: 403, title: 'You had a hand in this run' },
  role_given_by_editor: { status: 403, title: 'A person who gave you your role had a hand in it' },
  approver_decided_already: { status: 409, title: 'You have already decided this' },

  plan_version_effective: { status: 409, title: 'The version is effective already' },
  unit_in_use: { status: 409, title: 'A plan lets partners earn this unit' },
  budget_closed: { status: 409, title: 'The budget is closed' },

  partner_on_hold: { status: 409, title: 'The partner is on hold' },
  points_not_available: { status: 409, title: 'There are not enough points' },
  redemption_not_cancellable: { status: 409, title: 'The redemption can no longer be cancelled' },
  conversion_not_offered: { status: 409, title: 'These points cannot be converted in this way' },
  conversion_not_open: { status: 409, title: 'No conversion is waiting for a decision' },

  payout_cannot_leave: { status: 409, title: 'The payout can no longer leave its run' },
  payout_cannot_be_held: { status: 409, title: 'The payout can no longer be held' },
  payout_not_replaceable: { status: 409, title: 'The payout cannot be replaced' },

  resolution_not_asked: { status: 409, title: 'No task asks for this outcome' },
  resolution_open: { status: 409, title: 'Another proposal is waiting for a decision' },
  resolution_not_open: { status: 409, title: 'No proposal is waiting for a decision' },
  decider_is_proposer: { status: 403, title: 'You proposed it' },

  correction_not_open: { status: 409, title: 'No correction is waiting for a decision' },
  re_rating_not_open: { status: 409, title: 'The re-rating is not waiting for a decision' },
  re_rating_open: { status: 409, title: 'The program has an open re-rating' },
  correction_overtaken: { status: 409, title: 'The facts no longer allow this correction' },

  decision_not_open: { status: 409, title: 'Nothing is waiting for a decision' },
  status_does_not_allow: { status: 409, title: 'Its current status does not allow this' },

  parked_event_not_open: { status: 409, title: 'The parked event cannot be decided like this now' },
  quarantine_not_open: { status: 409, title: 'The quarantined event is decided already' },
  quarantine_overtaken: { status: 409, title: 'Another revision arrived at the same moment' },

  check_not_out: { status: 409, title: 'The check cannot be stopped now' },
  check_must_be_returned: { status: 409, title: 'The bank must not pay this check' },
  check_exception_over: { status: 409, title: 'The check has already been decided' },

  recipient_rejected: { status: 422, title: 'The payout details cannot be used' },
  gateway_refused: { status: 409, title: 'The provider refuses our account' },
  gateway_not_sent: { status: 503, title: 'The provider was not reached' },
  gateway_rate_limited: { status: 503, title: 'The provider asks us to slow down' },
  gateway_unavailable: { status: 503, title: 'The provider does not answer' },
  webhook_not_genuine: { status: 401, title: 'The signature does not match' },

  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key belongs to another request' },
  idempotency_key_in_progress: { status: 409, title: 'The same request is still running' },
  outcome_not_known_yet: { status: 503, title: 'The outcome is not known yet' },
  vault_cannot_open: { status: 500, title: 'A sealed detail cannot be read' },
};

const PROBLEMS = { ...FAILURE_PROBLEMS, ...DOOR_PROBLEMS };
export type ProblemCode = keyof typeof PROBLEMS;

/** The answer to a request that failed, in the form of RFC 9457. */
export const Problem = z
  .object({
    type: fields.text('A URN that names the kind of problem', 'urn:bursar:problem:invalid_input'),
    title: fields.text('The kind of problem in words', 'The request cannot be accepted'),
    status: fields.count('The HTTP status', 400),
    detail: fields.text(
      'An explanation of what happened, what was not done, and what to do',
      'Nothing was done: 1 field cannot be accepted.',
    ),
    instance: fields.text(
      'A URN with the id of the request, under which the log has more details',
      'urn:bursar:request:2f0c8a8e-1d3b-4f7e-9a64-5f0f6f1f2c3d',
    ),
    code: fields.oneOf(
      Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]],
      'The kind of problem; programs should decide by this field',
      'invalid_input',
    ),
    errors: z
      .array(
        z.object({
          field: fields.text('The name of the field in the request', 'events[0].partner'),
          reason: fields.text('The reason why it cannot be accepted', 'paul is not known'),
        }),
      )
      .meta({ description: 'The fields that cannot be accepted; empty if the problem is not about a field' }),
  })
  .openapi('Problem');
export type Problem = z.infer<typeof Problem>;

export const PROBLEM_TYPE = 'application/problem+json';

/** Declares a problem that one route describes. The common problems are declared for every route. */
export const problemResponse = (description: string) => ({
  description,
  content: { [PROBLEM_TYPE]: { schema: Problem } },
});

/** The answer of a read that works out days in a schedule's time zone, where this system does not know that zone. */
export const UNKNOWN_ZONE = { 409: problemResponse('This system does not know the time zone of a pay schedule.') };

type Trouble = { code: ProblemCode; detail: string; errors?: readonly FailureDetail[] };

/** Makes the answer to a request that failed. `where` is the request's id, under which the log has more details. */
export function problemOf(error: unknown, where: string): Problem {
  const { code, detail, errors = [] } = troubleOf(error, where);
  return {
    type: `urn:bursar:problem:${code}`,
    ...PROBLEMS[code],
    detail,
    instance: `urn:bursar:request:${where}`,
    code,
    errors: errors.map(({ field, reason }) => ({ field: cut(field), reason: cut(reason) })),
  };
}

/** A field may be named by a text that somebody sent. */
const TEXT_CHARS_MAX = 300;
const cut = (text: string): string => (text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX)}…` : text);

/** Whether the same request may succeed later, so that its answer must not be stored. */
export const mayChange = (error: unknown): boolean => {
  const failure = error === undefined ? undefined : failureOf(error);
  return failure !== undefined && FAILURES[failure.code].retryable;
};

function troubleOf(error: unknown, where: string): Trouble {
  const failure = failureOf(error);
  if (failure && PROBLEMS[failure.code].status < 500)
    return { code: failure.code, detail: withAdvice(failure), errors: failure.details };
  if (failure && FAILURES[failure.code].retryable) return { code: failure.code, detail: failure.message };
  if (error instanceof HTTPException) return troubleOfStatus(error, where);
  return databaseTrouble(error) ?? unexpected(where);
}

/** People who repeat a request that was done but never answered find their own work. */
const MAY_BE_YOURS =
  'If an earlier request of yours got no answer, that request may have created it: read it before you try anything else.';

const withAdvice = ({ code, message }: Failure): string =>
  code === 'already_exists' ? `${message} ${MAY_BE_YOURS}` : message;

const unexpected = (where: string): Trouble => ({
  code: 'internal_error',
  detail: `Something unexpected happened; repeat the request with the same Idempotency-Key, or ask for help and give the request id ${where}.`,
});

/** The failure inside an error: one thrown in this process, or one from a workflow's update, whose type is the code. */
function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (error instanceof WorkflowUpdateFailedError) return failureOf(innermost(error));
  if (error instanceof ApplicationFailure && isFailureCode(error.type)) return new Failure(error.type, error.message);
  if (
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    isGrpcDeadlineError(error) ||
    error instanceof ServiceError
  )
    return new Failure(
      'outcome_not_known_yet',
      'Temporal did not answer in time, so it is not known whether this was recorded. Repeat the request with the same Idempotency-Key.',
    );
  return undefined;
}

/** Temporal wraps an activity's error once for each boundary that it crosses. */
const innermost = (error: Error): unknown => (error.cause instanceof Error ? innermost(error.cause) : error);

const isFailureCode = (text: unknown): text is FailureCode => typeof text === 'string' && Object.hasOwn(FAILURES, text);

const CODE_OF_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid_input',
  401: 'not_authenticated',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

function troubleOfStatus({ status, message }: HTTPException, where: string): Trouble {
  const code = CODE_OF_STATUS[status];
  return code ? { code, detail: message } : unexpected(where);
}

/** Explains why the database refused a request. Constraints are named; rows are not shown. */
function databaseTrouble(error: unknown): Trouble | undefined {
  if (error instanceof UniqueIntegrityConstraintViolationError)
    return {
      code: 'already_exists',
      detail: `It already exists (${error.constraint}). Nothing was changed. ${MAY_BE_YOURS}`,
    };
  if (error instanceof ForeignKeyIntegrityConstraintViolationError)
    return {
      code: 'invalid_input',
      detail: `The request names something that does not exist (${error.constraint}). Nothing was changed.`,
    };
  if (error instanceof CheckIntegrityConstraintViolationError)
    return {
      code: 'invalid_input',
      detail: `The request breaks a rule (${error.constraint ?? 'checked when written'}). Nothing was changed.`,
    };
  return undefined;
}
