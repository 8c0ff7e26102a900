import { lookup as resolve, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

import { signatureOf } from '../../domain/earnings/webhook.ts';
import { hostOf, mayReach, whyNotUrl } from '../../domain/runs/webhook.ts';

export type Webhook = { url: string; id: string; atMs: number; body: string; secrets: readonly Uint8Array[] };

/** Sends one webhook, and returns the HTTP status of the answer. Throws where there was no answer, with a reason that people can read. */
export type WebhookSender = (webhook: Webhook) => Promise<number>;

const TIMEOUT_MS = 10_000;
/** The answer's body is not read beyond this. Only its status counts. */
const ANSWER_BYTES_MAX = 16 * 1024;

/**
 * Sends webhooks as Standard Webhooks says, one connection for each. The name is resolved for that very connection, and every address that
 * it resolves to must be one that the Internet routes: no second look-up can lead elsewhere. Redirects are not followed, and no proxy of
 * the environment is used.
 */
export function createWebhookSender({
  mayBeLocal = false,
  timeoutMs = TIMEOUT_MS,
  find = resolve,
}: { mayBeLocal?: boolean; timeoutMs?: number; find?: Resolve } = {}): WebhookSender {
  const lookup = guarded(mayBeLocal, find);
  return ({ url: text, id, atMs, body, secrets }) => {
    const reason = whyNotUrl(text, mayBeLocal);
    if (reason !== undefined) return Promise.reject(new Error(`The address ${reason}.`));
    const url = new URL(text);
    if (isIP(hostOf(url)) !== 0 && !mayReach(hostOf(url), mayBeLocal)) return Promise.reject(new Error(FORBIDDEN));
    const timestamp = String(Math.floor(atMs / 1000));
    const bytes = Buffer.from(body);
    const headers = {
      'content-type': 'application/json',
      'content-length': String(bytes.length),
      'user-agent': 'Bursar-Webhooks',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': secrets.map((secret) => signatureOf(secret, id, timestamp, bytes)).join(' '),
    };
    const isPlain = url.protocol === 'http:';
    const options = { method: 'POST', headers, lookup, signal: AbortSignal.timeout(timeoutMs) };
    return new Promise<number>((answered, failed) => {
      const sent = isPlain
        ? requestHttp(url, { ...options, agent: new HttpAgent({ keepAlive: false }) })
        : requestHttps(url, { ...options, agent: new HttpsAgent({ keepAlive: false }) });
      sent.on('error', (error) =>
        failed(
          error.name === 'AbortError' ? new Error(`There was no answer within ${timeoutMs / 1000} seconds.`) : error,
        ),
      );
      sent.on('response', (response) => {
        let read = 0;
        response.on('data', (chunk: Buffer) => {
          read += chunk.length;
          if (read > ANSWER_BYTES_MAX) response.destroy();
        });
        response.on('error', () => {}); // the status is known, and nothing else counts
        response.on('close', () => answered(response.statusCode ?? 0));
      });
      sent.end(bytes);
    });
  };
}

const FORBIDDEN = 'The name leads to an address of a private or special network. Nothing was sent.';

type Resolve = (
  host: string,
  options: { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Resolves a name for a connection. A name with one forbidden address is refused as a whole. */
function guarded(mayBeLocal: boolean, find: Resolve): LookupFunction {
  return (host, { all }, done) =>
    find(host, { all: true }, (error, addresses) => {
      if (error) return done(error, '');
      const [first] = addresses;
      if (!first || addresses.some(({ address }) => !mayReach(address, mayBeLocal)))
        return done(new Error(FORBIDDEN), '');
      return all ? done(null, addresses) : done(null, first.address, first.family);
    });
}
