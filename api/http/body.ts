import type { MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';

import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { wirePath } from './router.ts';

const JSON_TYPE = /^application\/json(;|$)/i;
const DEPTH_MAX = 20;

/** Refuses a body that is not acceptable JSON. Routes read their forms themselves. */
export const checkJson = (): MiddlewareHandler => async (c, next) => {
  const contentType = c.req.header('content-type');
  if (contentType?.toLowerCase().startsWith('multipart/form-data')) return next();
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength > 0) {
    if (!contentType || !JSON_TYPE.test(contentType))
      throw new HTTPException(415, { message: 'Send the body as "Content-Type: application/json". Nothing was done.' });
    parseJson(bytes, 'body');
  }
  return next();
};

/** Reads JSON in UTF-8; throws Failure `invalid_input` if it is something else, is nested too deeply, or holds text that PostgreSQL cannot store. */
export function parseJson(json: ArrayBuffer | string, field: string): unknown {
  const value = parse(json, field);
  const objection = objectionTo(value, [], 0);
  if (!objection) return value;
  throw new Failure('invalid_input', `Nothing was done: the ${field} cannot be accepted.`, { details: [objection] });
}

function parse(json: ArrayBuffer | string, field: string): unknown {
  try {
    return JSON.parse(typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw new Failure('invalid_input', `Nothing was done: the ${field} is not JSON in UTF-8.`, { cause });
  }
}

type Path = readonly (string | number)[];

/** PostgreSQL can store neither NUL nor half of a surrogate pair, so they are refused anywhere in the body. */
function objectionTo(value: unknown, path: Path, depth: number): FailureDetail | undefined {
  if (typeof value === 'string')
    return isStorable(value) ? undefined : { field: wirePath(path) || 'body', reason: UNSTORABLE };
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= DEPTH_MAX) return { field: wirePath(path), reason: `is nested more than ${DEPTH_MAX} levels deep` };
  for (const [key, member] of Object.entries(value)) {
    // A parser that copies this key would drop it or set a prototype, so the body is refused.
    if (key === '__proto__') return { field: wirePath(path) || 'body', reason: 'has the name __proto__' };
    if (!isStorable(key)) return { field: wirePath(path) || 'body', reason: `has a name that ${UNSTORABLE}` };
    const objection = objectionTo(member, [...path, Array.isArray(value) ? Number(key) : key], depth + 1);
    if (objection) return objection;
  }
  return undefined;
}

const UNSTORABLE = 'contains NUL or half of a surrogate pair';

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
