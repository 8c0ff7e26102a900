import type { z } from 'zod';

import { Failure } from '../domain/errors.ts';
import { refusedAsAWhole } from './answers.ts';
import { readJson } from './json.ts';

/** How long one call may take from connecting to its last byte. Node's own limit is five minutes. */
export const CALL_TIMEOUT_MS = 30_000;

/** Waited after a 429 that does not say how long. */
const RETRY_AFTER_DEFAULT_MS = 5_000;
const RETRY_AFTER_MAX_MS = 60 * 60_000;

export type Evidence = Readonly<Record<string, string | number | null>>;

/** What came of a call that may have been processed. What certainly was not is thrown as a Failure. */
export type Reply<T> =
  | { kind: 'done'; value: T; evidence: Evidence }
  | { kind: 'refused'; status: number; headers: Headers; error: unknown; evidence: Evidence }
  | { kind: 'unclear'; evidence: Evidence };

export type Call<T> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Turns the whole answer into a value, and throws where it cannot. */
  read: (text: string) => T;
  signal: AbortSignal;
};

/** Gives the `Authorization` header: another one than the refused one, where there can be another. */
export type Authorize = (refused: string | null, signal: AbortSignal) => Promise<string>;

export type HttpSettings = {
  provider: string;
  baseUrl: string;
  authorize: Authorize;
  /** The answer's header that the provider's support asks for. */
  traceHeader: string;
  fetch?: typeof fetch | undefined;
};

export type Http = <T>(call: Call<T>) => Promise<Reply<T>>;

/** Reads a JSON answer by its schema; numbers come as strings. */
export const json =
  <T>(schema: z.ZodType<T>) =>
  (text: string): T =>
    schema.parse(readJson(text));

type StatusClass = 'done' | 'refused' | 'unclear' | 'rate_limited' | 'unauthorized';

/** What a status says about the payment. One that is not here is judged by its hundred; the rest is unclear. */
const CLASS_OF_STATUS: Readonly<Record<number, StatusClass>> = {
  401: 'unauthorized',
  408: 'unclear',
  409: 'unclear',
  425: 'unclear',
  429: 'rate_limited',
};
const CLASS_OF_HUNDRED: Readonly<Record<number, StatusClass>> = { 2: 'done', 4: 'refused' };

const classOf = (status: number): StatusClass =>
  CLASS_OF_STATUS[status] ?? CLASS_OF_HUNDRED[Math.floor(status / 100)] ?? 'unclear';

/** Errors before the first byte of a request has left. Every other error is unclear: the request may have arrived. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** The innermost name of what went wrong: fetch wraps the socket's error in a TypeError. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause instanceof Error ? errorCode(error.cause) : error.name;
}

const notSent = (provider: string, code: string): Failure =>
  new Failure(
    'gateway_not_sent',
    `${provider} could not be reached (${code}). Nothing was sent. The same request is tried again with the same key.`,
    { details: [{ field: 'code', reason: code }] },
  );

/** Reads `Retry-After` in its two forms, seconds and a date. */
function retryAfter(header: string | null, now: number): number {
  const seconds = Number(header ?? Number.NaN);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header ?? '') - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), RETRY_AFTER_MAX_MS) : RETRY_AFTER_DEFAULT_MS;
}

const RETRY_AFTER_FIELD = 'retry_after_ms';

const rateLimited = (provider: string, headers: Headers): Failure => {
  const waitMs = retryAfter(headers.get('retry-after'), Date.now());
  return new Failure(
    'gateway_rate_limited',
    `${provider} asks us to slow down. The call was not processed. It is made again with the same key in ${waitMs} ms.`,
    { details: [{ field: RETRY_AFTER_FIELD, reason: String(waitMs) }] },
  );
};

/** How long a provider asked us to wait, in milliseconds; undefined where it did not. */
export function retryAfterMs(failure: Failure): number | undefined {
  const wait = failure.details.find(({ field }) => field === RETRY_AFTER_FIELD);
  return wait && Number(wait.reason);
}

/** The value of a look-up. Where the provider is unclear nothing is lost by asking again later. */
export function lookedUp<T>(provider: string, reply: Reply<T>): T {
  if (reply.kind === 'done') return reply.value;
  throw new Failure(
    'gateway_unavailable',
    `${provider} did not answer a look-up (${reply.evidence['why'] ?? reply.evidence['status']}). Nothing was changed. It is asked again later.`,
  );
}

const parsedOrNull = (text: string): unknown => {
  try {
    return readJson(text);
  } catch {
    return null;
  }
};

function readDone<T>(call: Call<T>, text: string, evidence: Evidence): Reply<T> | null {
  try {
    return { kind: 'done', value: call.read(text), evidence };
  } catch {
    return null;
  }
}

const isHtml = (text: string): boolean => text.trimStart().startsWith('<');

type Received = { status: number; headers: Headers; text: string };

/**
 * The one way out to a provider. Every call has a time limit, follows no redirect, reads its answer once as bytes and
 * never as floats, and names no personal detail or secret in what it throws or keeps as evidence.
 */
export function createHttp({
  provider,
  baseUrl,
  authorize,
  traceHeader,
  fetch = globalThis.fetch,
}: HttpSettings): Http {
  async function exchange<T>(call: Call<T>, authorization: string): Promise<Received | { unclear: string }> {
    const { method, path, headers, body } = call;
    try {
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: { accept: 'application/json', ...headers, authorization },
        ...(body === undefined ? {} : { body }),
        redirect: 'error',
        signal: AbortSignal.any([call.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
      });
      const text = new TextDecoder().decode(await response.arrayBuffer());
      return { status: response.status, headers: response.headers, text };
    } catch (error) {
      const code = errorCode(error);
      if (NOT_SENT.has(code)) throw notSent(provider, code);
      return { unclear: code };
    }
  }

  function judge<T>(call: Call<T>, { status, headers, text }: Received): Reply<T> {
    const evidence = { status, trace: headers.get(traceHeader) };
    const unclear = (why: string): Reply<T> => ({ kind: 'unclear', evidence: { ...evidence, why } });
    const verdicts: Record<StatusClass, () => Reply<T>> = {
      done: () => readDone(call, text, evidence) ?? unclear('the answer is cut off or not as documented'),
      refused: () =>
        isHtml(text)
          ? unclear('a proxy answered, not the provider')
          : { kind: 'refused', status, headers, error: parsedOrNull(text), evidence },
      unclear: () => unclear('the answer says nothing about the payment'),
      rate_limited: () => {
        throw rateLimited(provider, headers);
      },
      unauthorized: () => {
        throw refusedAsAWhole(provider, 'HTTP 401');
      },
    };
    return verdicts[classOf(status)]();
  }

  return async (call) => {
    const authorization = await authorize(null, call.signal);
    let received = await exchange(call, authorization);
    if ('status' in received && received.status === 401) {
      const renewed = await authorize(authorization, call.signal);
      if (renewed !== authorization) received = await exchange(call, renewed);
    }
    return 'status' in received
      ? judge(call, received)
      : { kind: 'unclear', evidence: { status: null, trace: null, why: received.unclear } };
  };
}
