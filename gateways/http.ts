import { randomUUID } from 'node:crypto';

import type { z } from 'zod';

import { HOUR_MS } from '../domain/durations.ts';
import { Failure } from '../domain/errors.ts';
import { readJson } from './json.ts';
import { refusedAsAWhole } from './replies.ts';

/** How long one call may take, from connecting to its last byte. Node's own limit is five minutes. */
export const CALL_TIMEOUT_MS = 30_000;

/** How long to wait after a 429 that does not say how long. */
const RETRY_AFTER_DEFAULT_MS = 5_000;
const RETRY_AFTER_MIN_MS = 1_000;
const RETRY_AFTER_MAX_MS = HOUR_MS;

export type Evidence = Readonly<Record<string, string | number | null>>;

/** The result of a call that may have been processed. A call that was certainly not processed throws a Failure. */
export type Result<T> =
  | { kind: 'done'; value: T; evidence: Evidence }
  | { kind: 'refused'; status: number; headers: Headers; error: unknown; evidence: Evidence }
  | { kind: 'unclear'; evidence: Evidence };

export type Call<T> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Turns the whole response body into a value. Throws if it cannot. */
  read: (text: string) => T;
  signal: AbortSignal;
};

/** Returns the `Authorization` header. If one was refused, it returns a different one where there can be another. */
export type Authorize = (refused: string | null, signal: AbortSignal) => Promise<string>;

export type HttpSettings = {
  provider: string;
  baseUrl: string;
  authorize: Authorize;
  /** The response header that the provider's support asks for. */
  traceHeader: string;
  /** The request header in which the provider takes an id of ours for each call, if it has one. */
  correlationHeader?: string | undefined;
  fetch?: typeof fetch | undefined;
};

export type Http = <T>(call: Call<T>) => Promise<Result<T>>;

/** Reads a JSON body with its schema. Numbers arrive as strings. */
export const json =
  <T>(schema: z.ZodType<T>) =>
  (text: string): T =>
    schema.parse(readJson(text));

type StatusClass = 'done' | 'refused' | 'unclear' | 'rate_limited' | 'unauthorized';

/** The meaning of an HTTP status for the payment. A status that is not listed is judged by its hundred; anything else is unclear. */
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

/** Errors that happen before the first byte of a request leaves. Every other error is unclear, because the request may have arrived. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  // The certificate is not accepted (the names are OpenSSL's), or the two sides have no TLS version in common.
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_HANDSHAKE_TIMEOUT',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
]);

/** System calls that come before any byte of a request. `ETIMEDOUT` while connecting proves that nothing was sent; while reading it does not. */
const BEFORE_SENDING: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo']);

/** Finds the error that has a code of its own, because fetch wraps the socket's error in a TypeError. */
const innermost = (error: Error): Error =>
  'code' in error || !(error.cause instanceof Error) ? error : innermost(error.cause);

/** If several addresses were tried, none of them may have got further than connecting. */
const failedToConnect = (error: Error): boolean =>
  error instanceof AggregateError
    ? error.errors.length > 0 && error.errors.every((one) => one instanceof Error && failedToConnect(one))
    : 'syscall' in error && BEFORE_SENDING.has(error.syscall);

/** The error's code, and whether it proves that nothing left this machine. */
function readError(thrown: unknown): { code: string; isNotSent: boolean } {
  if (!(thrown instanceof Error)) return { code: 'unknown error', isNotSent: false };
  const error = innermost(thrown);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { code, isNotSent: NOT_SENT.has(code) || failedToConnect(error) };
}

const notSent = (provider: string, code: string): Failure =>
  new Failure(
    'gateway_not_sent',
    `${provider} could not be reached (${code}). Nothing was sent. The same request will be tried again with the same key.`,
    { details: [{ field: 'code', reason: code }] },
  );

/** Reads `Retry-After` as seconds or as a date; without it, the time at which the window ends (Lob: seconds since 1970). */
function retryAfter(headers: Headers, now: number): number {
  const header = headers.get('retry-after');
  const windowEnds = Number(headers.get('x-rate-limit-reset') ?? Number.NaN) * 1000 - now;
  const seconds = Number(header ?? Number.NaN);
  const asked = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header ?? '') - now;
  const wait = Number.isFinite(asked) ? asked : windowEnds;
  return Number.isFinite(wait)
    ? Math.min(Math.max(wait, RETRY_AFTER_MIN_MS), RETRY_AFTER_MAX_MS)
    : RETRY_AFTER_DEFAULT_MS;
}

const RETRY_AFTER_FIELD = 'retry_after_ms';

const rateLimited = (provider: string, headers: Headers): Failure => {
  const waitMs = retryAfter(headers, Date.now());
  const limitedBy = headers.get('x-rate-limited-by'); // Wise names the limit that was reached
  return new Failure(
    'gateway_rate_limited',
    `${provider} asks us to slow down${limitedBy ? ` (${limitedBy})` : ''}. The call was not processed. It will be made again with the same key in ${waitMs} ms.`,
    {
      details: [
        { field: RETRY_AFTER_FIELD, reason: String(waitMs) },
        ...(limitedBy ? [{ field: 'limited_by', reason: limitedBy }] : []),
      ],
    },
  );
};

/** How long a provider asked us to wait, in milliseconds. Undefined if it did not ask. */
export function retryAfterMs(failure: Failure): number | undefined {
  const wait = failure.details.find(({ field }) => field === RETRY_AFTER_FIELD);
  return wait && Number(wait.reason);
}

/** The value of a look-up. If the result is unclear, nothing is lost by asking again later. */
export function lookedUp<T>(provider: string, result: Result<T>): T {
  if (result.kind === 'done') return result.value;
  throw new Failure(
    'gateway_unavailable',
    `${provider} did not answer a look-up (${result.evidence['why'] ?? result.evidence['status']}). Nothing was changed. We will ask again later.`,
  );
}

const parsedOrNull = (text: string): unknown => {
  try {
    return readJson(text);
  } catch {
    return null;
  }
};

function readDone<T>(call: Call<T>, text: string, evidence: Evidence): Result<T> | null {
  try {
    return { kind: 'done', value: call.read(text), evidence };
  } catch {
    return null;
  }
}

const isHtml = (text: string): boolean => text.trimStart().startsWith('<');

type Received = { status: number; headers: Headers; text: string };

/**
 * The only way out to a provider. Every call has a time limit and follows no redirect. The response is read once, as bytes, and its
 * numbers never become floats. Its errors and its evidence contain no personal detail and no secret.
 */
export function createHttp({
  provider,
  baseUrl,
  authorize,
  traceHeader,
  correlationHeader,
  fetch = globalThis.fetch,
}: HttpSettings): Http {
  async function exchange<T>(
    call: Call<T>,
    authorization: string,
    correlation: string,
  ): Promise<Received | { unclear: string }> {
    const { method, path, headers, body } = call;
    const correlated = correlationHeader ? { [correlationHeader]: correlation } : {};
    try {
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: { accept: 'application/json', ...headers, ...correlated, authorization },
        ...(body === undefined ? {} : { body }),
        redirect: 'error',
        signal: AbortSignal.any([call.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
      });
      const text = new TextDecoder().decode(await response.arrayBuffer());
      return { status: response.status, headers: response.headers, text };
    } catch (error) {
      const { code, isNotSent } = readError(error);
      if (isNotSent) throw notSent(provider, code);
      return { unclear: code };
    }
  }

  function judge<T>(call: Call<T>, { status, headers, text }: Received, sent: Evidence): Result<T> {
    const evidence = { status, trace: headers.get(traceHeader), ...sent };
    const unclear = (why: string): Result<T> => ({ kind: 'unclear', evidence: { ...evidence, why } });
    const verdicts: Record<StatusClass, () => Result<T>> = {
      done: () => readDone(call, text, evidence) ?? unclear('the response is cut off or not as documented'),
      refused: () =>
        isHtml(text)
          ? unclear('a proxy answered, not the provider')
          : { kind: 'refused', status, headers, error: parsedOrNull(text), evidence },
      unclear: () => unclear('the response says nothing about the payment'),
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
    const correlation = randomUUID();
    const sent: Evidence = correlationHeader ? { correlation } : {}; // support can look for it even if no response came
    let received = await exchange(call, authorization, correlation);
    if ('status' in received && received.status === 401) {
      const renewed = await authorize(authorization, call.signal);
      if (renewed !== authorization) received = await exchange(call, renewed, correlation);
    }
    return 'status' in received
      ? judge(call, received, sent)
      : { kind: 'unclear', evidence: { status: null, trace: null, ...sent, why: received.unclear } };
  };
}
