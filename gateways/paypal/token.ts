import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { refusedAsAWhole } from '../answers.ts';
import { createHttp, type HttpSettings, json } from '../http.ts';

/** A token is renewed this long before it ends, so that no call carries one that ends on its way. */
const RENEW_BEFORE_MS = 5 * 60_000;

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
 * Gives the authorization for PayPal's calls. There is one token per process and one renewal at a time, however many payments
 * wait for it: PayPal answers a token per payment with 429.
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
    const reply = await http({
      method: 'POST',
      path: '/v1/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials',
      read: json(Token),
      signal: new AbortController().signal, // shared by all who wait, so none of them may abort it; the time limit still holds
    });
    if (reply.kind === 'refused') throw refusedAsAWhole('PayPal', `no token, HTTP ${reply.status}`);
    if (reply.kind === 'unclear') throw noToken();
    const { access_token, expires_in } = reply.value;
    return { header: `Bearer ${access_token}`, renewAt: now().getTime() + usableMs(Number(expires_in) * 1000) };
  }

  return async (refused: string | null): Promise<string> => {
    if (held && held.header !== refused && held.renewAt > now().getTime()) return held.header;
    renewal ??= renew().finally(() => (renewal = null));
    held = await renewal;
    return held.header;
  };
}

/** PayPal may hand out a token again that ends soon; half of a short life is used, or each payment would ask for a token. */
const usableMs = (lifeMs: number): number => Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2);

const noToken = (): Failure =>
  new Failure(
    'gateway_not_sent',
    'PayPal gave no access token that can be read. The payment was not sent. The same request is tried again with the same key.',
  );
