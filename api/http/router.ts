import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { ZodError } from 'zod';

import { Failure, type FailureDetail } from '../../domain/errors.ts';
import type { ApiEnv } from './deps.ts';

const ISSUES_MAX = 100;

/** A router that turns a refused input into one problem, which names each offending field as the request does. */
export const createRouter = () =>
  new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.error);
    },
  });

/** The route that a request matched, written as in the OpenAPI document and the permissions: `GET /v1/payers/{code}`. */
export function routeOf(c: Context): string | undefined {
  const match = matchedRoutes(c).findLast(({ method }) => method !== 'ALL');
  return match && `${match.method} ${match.path.replaceAll(/:(\w+)/g, '{$1}')}`;
}

function invalidInput(error: ZodError): Failure {
  return new Failure('invalid_input', `Nothing was done: ${count(error.issues.length, 'field')} cannot be accepted.`, {
    details: detailsOf(error),
  });
}

/** Names what is wrong with an input, field by field. */
export const detailsOf = (error: ZodError): FailureDetail[] => error.issues.slice(0, ISSUES_MAX).flatMap(fieldsOf);

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

function fieldsOf(issue: ZodError['issues'][number]): FailureDetail[] {
  const path = wirePath(issue.path);
  if (issue.code === 'invalid_key')
    return [{ field: path, reason: issue.issues.map(({ message }) => message).join(', ') }];
  if (issue.code !== 'unrecognized_keys') return [{ field: path || 'body', reason: issue.message }];
  return issue.keys.map((key) => ({ field: wirePath([...issue.path, key]), reason: 'is not known here' }));
}

/** Prints `['events', 3, 'amount']` as `events[3].amount`. */
export const wirePath = (path: readonly PropertyKey[]): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
