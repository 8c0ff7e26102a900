import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the API refused, in its own words (RFC 9457). It is the `cause` of the Error that a call throws. */
export type Problem = {
  status: number;
  code: string;
  title: string;
  detail: string;
  errors?: { field: string; reason: string }[];
};

export type ApiClient = ReturnType<typeof createApiClient>;

type Json = Record<string, unknown>;
type Page<T> = { items: T[]; nextCursor: string | null };

const TIMEOUT_MS = 60_000;
const UPLOAD_TIMEOUT_MS = 600_000;
const PAGE_SIZE = '200';
const FIELDS_SHOWN = 5;
const TRIES_MAX = 30;
const TRY_AGAIN_MS = 500;
const JSON_HEADERS = { 'content-type': 'application/json' };

/**
 * A client of our own API for scripts and tests. Every POST carries an Idempotency-Key, a new one unless given. Whatever is not
 * 2xx is thrown as an Error whose cause is the Problem. When the API cannot be reached, as while it restarts, a call is repeated
 * for a while: its key makes that harmless.
 */
export function createApiClient(baseUrl: string, key: string) {
  const send = async <T>(method: string, path: string, init: RequestInit, timeoutMs = TIMEOUT_MS): Promise<T> => {
    const headers = { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string> | undefined) };
    const response = await reach(`${baseUrl}${path}`, { ...init, method, headers }, timeoutMs);
    const text = await response.text();
    if (!response.ok) throw refused(`${method} ${path}`, readProblem(response.status, text));
    return (response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as T;
  };
  const sendJson = <T>(method: string, path: string, body: unknown, headers = {}): Promise<T> =>
    send<T>(method, path, { body: JSON.stringify(body), headers: { ...JSON_HEADERS, ...headers } });
  const get = <T = Json>(path: string): Promise<T> => send<T>('GET', path, {});
  return {
    url: baseUrl,
    get,
    post: <T = Json>(path: string, body: unknown, idempotencyKey: string = randomUUID()): Promise<T> =>
      sendJson<T>('POST', path, body, { 'idempotency-key': idempotencyKey }),
    postForm: <T = Json>(path: string, form: FormData, idempotencyKey: string = randomUUID()): Promise<T> =>
      send<T>('POST', path, { body: form, headers: { 'idempotency-key': idempotencyKey } }, UPLOAD_TIMEOUT_MS),
    put: <T = Json>(path: string, body: unknown): Promise<T> => sendJson<T>('PUT', path, body),
    patch: <T = Json>(path: string, body: unknown): Promise<T> => sendJson<T>('PATCH', path, body),
    /** Every item of a list, page by page. */
    async all<T = Json>(path: string): Promise<T[]> {
      const items: T[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: Page<T> = await get(withQuery(path, { limit: PAGE_SIZE, ...(cursor && { cursor }) }));
        items.push(...page.items);
        cursor = page.nextCursor;
      }
      return items;
    },
  };
}

async function reach(url: string, init: RequestInit, timeoutMs: number): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      // Node throws a TypeError for whatever came of the connection itself
      if (!(error instanceof TypeError)) throw error;
      if (tries === TRIES_MAX)
        throw new Error(`The API at ${new URL(url).origin} cannot be reached.`, { cause: error });
      await sleep(TRY_AGAIN_MS);
    }
  }
}

const withQuery = (path: string, query: Record<string, string>): string =>
  `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(query)}`;

function refused(request: string, problem: Problem): Error {
  const fields = (problem.errors ?? []).slice(0, FIELDS_SHOWN).map(({ field, reason }) => `${field} ${reason}`);
  const message = [`${request}: ${problem.status} ${problem.detail || problem.title}`, ...fields].join('; ');
  return new Error(message, { cause: problem });
}

function readProblem(status: number, text: string): Problem {
  try {
    return { code: 'unknown', title: '', detail: '', ...JSON.parse(text), status };
  } catch {
    const start = text.slice(0, 200);
    return { status, code: 'unknown', title: start, detail: start };
  }
}

/** Why the API refused a call, or undefined when it was something else that went wrong. */
export const problemIn = (error: unknown): Problem | undefined =>
  error instanceof Error && isProblem(error.cause) ? error.cause : undefined;

const isProblem = (cause: unknown): cause is Problem =>
  typeof cause === 'object' && cause !== null && 'status' in cause;
