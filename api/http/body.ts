import type { MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';

import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { wirePath } from './router.ts';
import { sendsLines } from './upload.ts';

const JSON_TYPE = /^application\/json(;|$)/i;
const DEPTH_MAX = 20;
/** Far above a thousand events or five hundred partners. It bounds the time that schemas need to name what is wrong with a body. */
const VALUES_MAX = 100_000;
/** Far above the longest field. It bounds the time that a pattern needs for a text. */
const TEXT_CHARS_MAX = 10_000;

/** Refuses a body that is not acceptable JSON. Routes read their forms themselves. */
export const checkJson = (): MiddlewareHandler => async (c, next) => {
  const contentType = c.req.header('content-type');
  if (contentType?.toLowerCase().startsWith('multipart/form-data') || sendsLines(c)) return next();
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength > 0) {
    if (!contentType || !JSON_TYPE.test(contentType))
      throw new HTTPException(415, { message: 'Send the body as "Content-Type: application/json". Nothing was done.' });
    const body = parseJson(bytes, 'body');
    c.req.json = async () => body as never; // so that the route does not parse the bytes a second time
  }
  return next();
};

/**
 * Reads JSON in UTF-8. Throws Failure `invalid_input` if it is something else, is too large to be checked quickly, or holds text
 * that PostgreSQL cannot store.
 */
export function parseJson(json: ArrayBuffer | string, field: string): unknown {
  const value = parse(json, field);
  const objection = createChecker(field)(value);
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

/** Looks at every value of a body once, and stops at the first that cannot be accepted. */
function createChecker(whole: string) {
  let values = 0;
  /** The way to the value that is looked at. One list serves all values, because nearly every value is accepted. */
  const path: (string | number)[] = [];
  const objection = (reason: string): FailureDetail => ({ field: wirePath(path) || whole, reason });
  const objectionTo = (value: unknown): FailureDetail | undefined => {
    values += 1;
    if (values > VALUES_MAX) return { field: whole, reason: `has more than ${VALUES_MAX} values: send less at once` };
    if (typeof value === 'string') {
      const reason = whyNotText(value);
      return reason === undefined ? undefined : objection(reason);
    }
    if (typeof value !== 'object' || value === null) return undefined;
    if (path.length >= DEPTH_MAX) return objection(`is nested more than ${DEPTH_MAX} levels deep`);
    for (const [key, member] of Object.entries(value)) {
      // A parser that copies this key would drop it or set a prototype, so the body is refused.
      if (key === '__proto__') return objection('has the name __proto__');
      const reason = whyNotText(key);
      if (reason) return objection(`has a name that ${reason}`);
      path.push(Array.isArray(value) ? Number(key) : key);
      const found = objectionTo(member);
      if (found) return found;
      path.pop();
    }
    return undefined;
  };
  return objectionTo;
}

/** The reason why a text is not accepted in any field, or undefined. PostgreSQL stores neither NUL nor half of a surrogate pair. */
function whyNotText(text: string): string | undefined {
  if (text.length > TEXT_CHARS_MAX) return `has more than ${TEXT_CHARS_MAX} characters`;
  return text.isWellFormed() && !text.includes('\0') ? undefined : 'contains NUL or half of a surrogate pair';
}
