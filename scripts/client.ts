import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import createClient, { type FetchResponse, type ParamsOption, type RequestBodyOption } from 'openapi-fetch';

import type { paths, Problem as ProblemBody } from './api-types/api.d.ts';

/** A refusal in the API's own words (RFC 9457). It is the `cause` of the Error that a call throws. */
export type Problem = Pick<ProblemBody, 'title' | 'detail' | 'errors'> & { status: number; code: string };

type Method = 'get' | 'post' | 'put' | 'patch';
type PathOf<M extends Method> = { [P in keyof paths]: paths[P][M] extends object ? P : never }[keyof paths];

/** The parts of a request, named as in openapi-fetch: `params.path`, `params.query` and `body`. The client sets the headers. */
type Init<Op> = ParamsOption<WithoutHeaders<Op>> & RequestBodyOption<Op> & { idempotencyKey?: string };
type WithoutHeaders<Op> = Op extends { parameters: infer Parameters } ? { parameters: Omit<Parameters, 'header'> } : Op;
/** The second argument of a call. It is optional where the route requires nothing. */
type Inits<Given> = Partial<Given> extends Given ? [init?: Given] : [init: Given];

type Operation<M extends Method, P extends keyof paths> = paths[P][M] & object;
/** The body of a successful answer. */
export type Answer<M extends Method, P extends PathOf<M>> = NonNullable<
  FetchResponse<Operation<M, P>, object, 'application/json'>['data']
>;
/** The body that a request sends. */
export type Body<M extends Method, P extends PathOf<M>> = NonNullable<RequestBodyOption<Operation<M, P>>['body']>;
type Item<P extends PathOf<'get'>> = Answer<'get', P> extends { items: (infer One)[] } ? One : never;

export type ApiClient = ReturnType<typeof createApiClient>;

const TIMEOUT_MS = 60_000;
const UPLOAD_TIMEOUT_MS = 600_000;
const PAGE_SIZE = '200';
const FIELDS_SHOWN = 5;
const TRIES_MAX = 30;
const TRY_AGAIN_MS = 500;

/**
 * A client of our own API, with the paths and bodies of docs/openapi.json. Every POST carries an Idempotency-Key: the caller's, or a
 * new one. Every status but 2xx throws an Error whose cause is the Problem.
 */
export function createApiClient(baseUrl: string, key: string, triesMax = TRIES_MAX) {
  const ask = connect(baseUrl, key, triesMax);
  const asking =
    <M extends Method>(method: M) =>
    <P extends PathOf<M>>(path: P, ...[init]: Inits<Init<Operation<M, P>>>): Promise<Answer<M, P>> =>
      ask<Answer<M, P>>(method, path, init);
  return {
    url: baseUrl,
    get: asking('get'),
    post: asking('post'),
    put: asking('put'),
    patch: asking('patch'),
    /** Uploads files. The document cannot type a form. */
    postForm: <P extends PathOf<'post'>>(path: P, form: FormData): Promise<Answer<'post', P>> =>
      ask<Answer<'post', P>>('post', path, { body: form }),
    /** Every item of a list, page by page. */
    all: <P extends PathOf<'get'>>(path: P, ...[init]: Inits<Init<Operation<'get', P>>>): Promise<Item<P>[]> =>
      readPages<Item<P>>((page) => ask('get', path, withQuery(init, page))),
  };
}

type Query = Record<string, string>;
type AnyParams = { path?: Record<string, unknown>; query?: Record<string, unknown> };
type AnyInit = { params?: AnyParams; body?: unknown; idempotencyKey?: string };
type AnyOperation = {
  parameters: AnyParams;
  requestBody?: { content: { 'application/json': unknown } };
  responses: { 200: { content: { 'application/json': unknown } } };
};

/**
 * Calls the API by any path, with any body. While the API cannot be reached, such as during a restart, the call is repeated for some
 * seconds. The Idempotency-Key makes the repetition harmless.
 */
export function connect(baseUrl: string, key: string, triesMax = TRIES_MAX) {
  const client = createClient<Record<string, Record<Method, AnyOperation>>>({
    baseUrl,
    headers: { authorization: `Bearer ${key}` },
  });
  return async <T>(
    method: Method,
    path: string,
    { params = {}, body, idempotencyKey = randomUUID() }: AnyInit = {},
  ): Promise<T> => {
    const timeoutMs = body instanceof FormData ? UPLOAD_TIMEOUT_MS : TIMEOUT_MS;
    const headers = method === 'post' ? { 'idempotency-key': idempotencyKey } : {};
    const init = { params: { ...params }, headers, parseAs: 'text' as const, ...(body !== undefined && { body }) };
    const { data, error, response } = await reach(baseUrl, triesMax, () =>
      client.request(method, path, { ...init, signal: AbortSignal.timeout(timeoutMs) }),
    );
    if (!response.ok) throw refused(`${method.toUpperCase()} ${path}`, readProblem(response.status, error));
    return (response.headers.get('content-type')?.includes('json') ? JSON.parse(String(data)) : data) as T;
  };
}

async function reach<T>(url: string, triesMax: number, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      // Node throws a TypeError for whatever came of the connection itself
      if (!(error instanceof TypeError)) throw error;
      if (tries === triesMax) throw new Error(`The API at ${new URL(url).origin} cannot be reached.`, { cause: error });
      await sleep(TRY_AGAIN_MS);
    }
  }
}

/** Every item of a list. `read` fetches one page; its argument is added to the query. */
export async function readPages<T>(
  read: (page: Query) => Promise<{ items: T[]; nextCursor: string | null }>,
): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: T[]; nextCursor: string | null } = await read({ limit: PAGE_SIZE, ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

const withQuery = (init: AnyInit | undefined, query: Query): AnyInit => ({
  params: { ...init?.params, query: { ...init?.params?.query, ...query } },
});

function refused(request: string, problem: Problem): Error {
  const fields = problem.errors.slice(0, FIELDS_SHOWN).map(({ field, reason }) => `${field} ${reason}`);
  const message = [`${request}: ${problem.status} ${problem.detail || problem.title}`, ...fields].join('; ');
  return new Error(message, { cause: problem });
}

/** openapi-fetch returns a refusal as an object if its body is JSON, otherwise as text. */
function readProblem(status: number, said: unknown): Problem {
  const start = typeof said === 'string' ? said.slice(0, 200) : '';
  const unknown = { code: 'unknown', title: start, detail: start, errors: [] };
  return { ...unknown, ...(typeof said === 'object' ? said : {}), status };
}

/** Why the API refused a call, or undefined when it was something else that went wrong. */
export const problemIn = (error: unknown): Problem | undefined =>
  error instanceof Error && isProblem(error.cause) ? error.cause : undefined;

const isProblem = (cause: unknown): cause is Problem =>
  typeof cause === 'object' && cause !== null && 'status' in cause;
