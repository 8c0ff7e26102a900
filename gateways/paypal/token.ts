import { z } from 'zod';

import { MINUTE_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import { createHttp, type HttpSettings, json } from '../http.ts';
import { refusedAsAWhole } from '../replies.ts';

/** A token is renewed this long before it expires, so that no call carries one that expires on the way. */
const RENEW_BEFORE_MS = 5 * MINUTE_MS;

const Token = z.object({ access_token: z.string().min(1), expires_in: z.string().regex(/^\d+$/) });

type Held = { header: string; renewAt: number };

type TokenSettings = {
  baseUrl: string;
  clientId: string;
  clientSecret: string;
  now: () => Date;
  fetch: HttpSettings['fetch'];
};

/**
 * Returns the authorization for PayPal's calls. There is one token per process and one renewal at a time, however many payments
 * wait for it, because PayPal answers one token request per payment with 429.
 */
export function createAuthorize({ baseUrl, clientId, clientSecret, now, fetch }: TokenSettings) {
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  const http = createHttp({
    provider: 'PayPal',
    baseUrl,
    authorize: async () => basic,
    traceHeader: 'paypal-debug-id',
    fetch,
  });
  let held: Held | null = null;
  let renewal: Promise<Held> | null = null;

  async function renew(): Promise<Held> {
    const result = await http({
      method: 'POST',
      path: '/v1/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials',
      read: json(Token),
      signal: new AbortController().signal, // all waiting callers share it, so none may abort it; the time limit still applies
    });
    if (result.kind === 'refused') throw refusedAsAWhole('PayPal', `no access token, HTTP ${result.status}`);
    if (result.kind === 'unclear') throw noToken();
    const { access_token, expires_in } = result.value;
    return { header: `Bearer ${access_token}`, renewAt: now().getTime() + usableMs(Number(expires_in) * 1000) };
  }

  return async (refused: string | null): Promise<string> => {
    if (held && held.header !== refused && held.renewAt > now().getTime()) return held.header;
    renewal ??= renew().finally(() => (renewal = null));
    held = await renewal;
    return held.header;
  };
}

/** PayPal may return the same token again shortly before it expires. We use half of a short life, or each payment would request a token. */
const usableMs = (lifeMs: number): number => Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2);

const noToken = (): Failure =>
  new Failure(
    'gateway_not_sent',
    'PayPal did not return a readable access token. The payment was not sent. The same request will be tried again with the same key.',
  );
