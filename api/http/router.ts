import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { ZodError } from 'zod';

import { Failure, type FailureDetail } from '../../domain/errors.ts';
import type { ApiEnv } from './deps.ts';

/** A body of two megabytes can break a hundred thousand rules. The answer names the first of them, and says how many there are. */
const NAMED_MAX = 20;

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

const invalidInput = (error: ZodError): Failure =>
  refuseFields(error, (count) => `Nothing was done: ${count} cannot be accepted.`);

/** A refusal that names the first fields that are wrong, under the name of what holds them. `say` gets their number in words. */
export function refuseFields({ issues }: ZodError, say: (count: string) => string, within?: string): Failure {
  const total = issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  const details = issues
    .slice(0, NAMED_MAX)
    .flatMap(fieldsOf)
    .slice(0, NAMED_MAX)
    .map(({ field, reason }) => ({ field: within ? `${within}.${field}` : field, reason }));
  const message = say(`${total} field${total === 1 ? '' : 's'}`);
  return new Failure(
    'invalid_input',
    total > details.length ? `${message} The first ${NAMED_MAX} are named.` : message,
    { details },
  );
}

function fieldsOf(issue: ZodError['issues'][number]): FailureDetail[] {
  const path = wirePath(issue.path);
  if (issue.code === 'invalid_key')
    return [{ field: path, reason: issue.issues.map(({ message }) => message).join(', ') }];
  if (issue.code !== 'unrecognized_keys') return [{ field: path || 'body', reason: reasonOf(issue) }];
  return issue.keys
    .slice(0, NAMED_MAX)
    .map((key) => ({ field: wirePath([...issue.path, key]), reason: 'is not known here' }));
}

/** The reason of an issue. One about a size gets plain words; other messages are those of our schemas, or about a type. */
function reasonOf(issue: ZodError['issues'][number]): string {
  if (!issue.message.startsWith('Too ')) return issue.message;
  if (issue.code === 'too_small') {
    const things = SIZES[issue.origin];
    if (!things) return `is below ${issue.minimum}`;
    return issue.minimum === 1 ? 'is empty' : `has fewer than ${issue.minimum} ${things}`;
  }
  if (issue.code !== 'too_big') return issue.message;
  const things = SIZES[issue.origin];
  return things ? `has more than ${issue.maximum} ${things}` : `is above ${issue.maximum}`;
}

/** The things whose number is the size of a value. Other values are numbers themselves. */
const SIZES: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' };

/** Prints `['events', 3, 'amount']` as `events[3].amount`. */
export const wirePath = (path: readonly PropertyKey[]): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
