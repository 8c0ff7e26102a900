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

/** What can go wrong at the door alone, before any rule of the domain is asked. */
const DOOR_STATUS = {
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
  internal_error: 500,
} as const;

const FAILURE_STATUS: Record<FailureCode, 400 | 401 | 403 | 404 | 409 | 422 | 500 | 503> = {
  invalid_input: 400,
  invalid_amount: 400,
  not_found: 404,
  already_exists: 409,
  not_authenticated: 401,
  not_allowed: 403,

  run_not_in_review: 409,
  run_changed_since_seen: 409,
  run_not_disbursing: 409,
  run_period_open: 409,
  run_already_exists: 409,
  approver_is_preparer: 403,
  approver_is_payee: 403,
  approver_edited_run: 403,
  approver_decided_already: 409,

  payout_not_draft: 409,
  payout_not_replaceable: 409,

  resolution_not_asked: 409,
  resolution_open: 409,
  resolution_not_open: 409,
  decider_is_proposer: 403,

  check_not_out: 409,
  check_must_be_returned: 409,
  check_exception_over: 409,

  recipient_rejected: 422,
  gateway_refused: 409,
  gateway_not_sent: 503,
  gateway_rate_limited: 503,
  gateway_unavailable: 503,
  webhook_not_genuine: 401,

  idempotency_key_reused: 422,
  idempotency_key_in_progress: 409,
  outcome_not_known_yet: 503,
  vault_cannot_open: 500,
};

const STATUS = { ...FAILURE_STATUS, ...DOOR_STATUS };
export type ProblemCode = keyof typeof STATUS;

/** An answer that is no success, as RFC 9457 has it. */
export const Problem = z
  .object({
    type: fields.text('A URN that names the kind of problem', 'urn:bursar:problem:invalid_input'),
    title: fields.text('The kind of problem in words', 'Invalid input'),
    status: fields.count('The HTTP status', 400),
    detail: fields.text(
      'What happened, what was not done, and what to do',
      'Nothing was done: 1 field cannot be accepted.',
    ),
    instance: fields.text(
      'A URN with the id of the request, by which the log tells more',
      'urn:bursar:request:2f0c8a8e-1d3b-4f7e-9a64-5f0f6f1f2c3d',
    ),
    code: fields.oneOf(
      Object.keys(STATUS) as [ProblemCode, ...ProblemCode[]],
      'The kind of problem: decide by this field',
      'invalid_input',
    ),
    errors: z
      .array(
        z.object({
          field: fields.text('The field as it is on the wire', 'events[0].partner'),
          reason: fields.text('What is wrong with it', 'paul is not known'),
        }),
      )
      .meta({ description: 'The fields that cannot be accepted; empty where the problem is about none' }),
  })
  .openapi('Problem');
export type Problem = z.infer<typeof Problem>;

export const PROBLEM_TYPE = 'application/problem+json';

/** Declares a problem that a route names; every route may answer the common ones too. */
export const problemResponse = (description: string) => ({
  description,
  content: { [PROBLEM_TYPE]: { schema: Problem } },
});

type Trouble = { code: ProblemCode; detail: string; errors?: readonly FailureDetail[] };

/** Makes the answer to a request that failed. `where` is the request's id: with it the log tells more. */
export function problemOf(error: unknown, where: string): Problem {
  const { code, detail, errors = [] } = troubleOf(error, where);
  return {
    type: `urn:bursar:problem:${code}`,
    title: sentenceOf(code),
    status: STATUS[code],
    detail,
    instance: `urn:bursar:request:${where}`,
    code,
    errors: [...errors],
  };
}

/** Whether the same request may succeed later, so that its answer must not be kept. */
export const mayChange = (error: unknown): boolean => {
  const failure = error === undefined ? undefined : failureOf(error);
  return failure !== undefined && FAILURES[failure.code].retryable;
};

const sentenceOf = (code: ProblemCode): string => {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function troubleOf(error: unknown, where: string): Trouble {
  const failure = failureOf(error);
  if (failure && STATUS[failure.code] < 500)
    return { code: failure.code, detail: withAdvice(failure), errors: failure.details };
  if (failure && FAILURES[failure.code].retryable) return { code: failure.code, detail: failure.message };
  if (error instanceof HTTPException) return troubleOfStatus(error, where);
  return databaseTrouble(error) ?? unexpected(where);
}

/** Who repeats a request that was cut off after it was done meets himself. */
const MAY_BE_YOURS =
  'If an earlier request of yours got no answer, it may be yours: read it before you try anything else.';

const withAdvice = ({ code, message }: Failure): string =>
  code === 'already_exists' ? `${message} ${MAY_BE_YOURS}` : message;

const unexpected = (where: string): Trouble => ({
  code: 'internal_error',
  detail: `Something unexpected happened; repeat the request with the same Idempotency-Key, or ask with request id ${where}.`,
});

/** The failure inside an error: thrown here, or by a workflow's update, whose type then is the code. */
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
      'Temporal did not answer in time; whether it was recorded is not known: repeat the request with the same Idempotency-Key.',
    );
  return undefined;
}

/** Temporal wraps what an activity threw once per border that it crossed. */
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

/** What the database refused because of what was asked. The names of its constraints say what; its rows are not shown. */
function databaseTrouble(error: unknown): Trouble | undefined {
  if (error instanceof UniqueIntegrityConstraintViolationError)
    return {
      code: 'already_exists',
      detail: `It exists already (${error.constraint}); nothing was changed. ${MAY_BE_YOURS}`,
    };
  if (error instanceof ForeignKeyIntegrityConstraintViolationError)
    return {
      code: 'invalid_input',
      detail: `It names something that does not exist (${error.constraint}); nothing was changed.`,
    };
  if (error instanceof CheckIntegrityConstraintViolationError)
    return {
      code: 'invalid_input',
      detail: `It breaks a rule (${error.constraint ?? 'checked when written'}); nothing was changed`,
    };
  return undefined;
}
