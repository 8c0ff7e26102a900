import { z } from 'zod';

import { createHttp, type HttpSettings, json, type Result } from '../http.ts';
import { Decimal, Id, rowsOf } from '../json.ts';

export type LobSettings = { baseUrl: string; apiKey: string; webhookSecret: string };

/** Why a check failed. The specification has `failure_reason`, and older documents have `code`. Anything else explains nothing. */
const FailureReason = z
  .object({ failure_reason: z.string().nullish(), code: z.string().nullish() })
  .transform(({ failure_reason, code }) => failure_reason ?? code ?? null)
  .nullish()
  .catch(null);

const Check = z.object({
  id: Id,
  amount: Decimal,
  check_number: z.string().regex(/^\d+$/).nullish(),
  status: z.string().nullish(),
  deleted: z.boolean().nullish(),
  failure_reason: FailureReason,
  tracking_events: z.array(z.object({ name: z.string(), time: z.string().nullish() })).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});
export type LobCheck = z.infer<typeof Check>;

const CheckPage = z.object({ data: rowsOf(Check, 'id'), next_url: z.string().nullish() });
export type LobCheckPage = z.infer<typeof CheckPage>;

const Deleted = z.object({ id: Id, deleted: z.boolean() });

const CHECKS_PER_PAGE = 100;

/** The calls to Lob that we use (Print & Mail, checks). */
export function createLobClient({ baseUrl, apiKey }: LobSettings, fetch: HttpSettings['fetch']) {
  const basic = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;
  const http = createHttp({
    provider: 'Lob',
    baseUrl,
    authorize: async () => basic,
    traceHeader: 'x-request-id',
    fetch,
  });
  const list = (query: URLSearchParams, signal: AbortSignal): Promise<Result<LobCheckPage>> =>
    http({ method: 'GET', path: `/v1/checks?${query}`, read: json(CheckPage), signal });

  return {
    /** Lob remembers the key for 24 hours. It answers a repeat with the first check. */
    createCheck: (key: string, body: string, signal: AbortSignal) =>
      http({
        method: 'POST',
        path: '/v1/checks',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body,
        read: json(Check),
        signal,
      }),

    check: (id: string, signal: AbortSignal) =>
      http({ method: 'GET', path: `/v1/checks/${id}`, read: json(Check), signal }),

    /** Lob refuses (`not_deletable`) once the check is past its cancellation window. */
    deleteCheck: (id: string, signal: AbortSignal) =>
      http({ method: 'DELETE', path: `/v1/checks/${id}`, read: json(Deleted), signal }),

    findChecks: (attempt: string, signal: AbortSignal) =>
      list(new URLSearchParams({ 'metadata[attempt]': attempt, limit: '10' }), signal),

    /** The first page of the checks created since a day, newest first. */
    checksSince: (since: Date, signal: AbortSignal) =>
      list(
        new URLSearchParams({
          'date_created[gte]': since.toISOString(),
          limit: String(CHECKS_PER_PAGE),
        }),
        signal,
      ),

    /** The page that follows another one. Only the query of its address is used; the host stays ours. */
    nextPage: (nextUrl: string, signal: AbortSignal) => list(new URL(nextUrl, baseUrl).searchParams, signal),
  };
}

export type LobClient = ReturnType<typeof createLobClient>;
