import type { Context, MiddlewareHandler } from 'hono';
import type { StatusCode } from 'hono/utils/http-status';

import { claimRequest, freeClaim, keepAnswer, type StoredAnswer } from '../../commands/idempotency-keys.ts';
import type { RequestName } from '../../db/idempotency-keys.ts';
import { canonicalJson, sha256 } from '../../domain/canonical.ts';
import { Failure } from '../../domain/errors.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import { isOpen } from './permissions.ts';
import { mayChange } from './problem.ts';
import { routeOf } from './router.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;

/** Makes every POST safe to repeat: the same request with the same key gets the first answer again. */
export const idempotent =
  ({ db, vault, log }: Pick<ApiDeps, 'db' | 'vault' | 'log'>): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const route = routeOf(c);
    if (c.req.method !== 'POST' || !route || isOpen(route)) return next();
    const name: RequestName = { actorId: c.get('caller').actorId, route, key: idempotencyKeyOf(c) };
    const claimed = await claimRequest(db, vault, name, await requestHash(c));
    if ('answer' in claimed) return replay(c, claimed.answer);
    await next();
    try {
      if (isDefinite(c)) await keepAnswer(db, vault, name, claimed.claim, await answerOf(c.res));
      else await freeClaim(db, name, claimed.claim);
    } catch (error) {
      // The work is done and the caller gets the answer. The claim on the key expires by itself.
      log.error({ requestId: c.get('requestId'), route, reason: String(error) }, 'the answer was not stored');
    }
    return undefined;
  };

/** The key that names this request; throws Failure `invalid_input` where it is missing or malformed. */
export function idempotencyKeyOf(c: Context): string {
  const key = c.req.header('idempotency-key');
  if (key && KEY.test(key)) return key;
  const reason = key ? 'is not 1 to 200 printable ASCII characters' : 'is required with every POST';
  throw new Failure('invalid_input', `Nothing was done: the header Idempotency-Key ${reason}.`, {
    details: [{ field: 'Idempotency-Key', reason }],
  });
}

/** The hash of a request's address and body. Files are hashed as they arrive, and their hash replaces the body's. */
async function requestHash(c: Context<ApiEnv>): Promise<Uint8Array> {
  const body = c.get('requestHash') ?? sha256(await c.req.text());
  const { pathname, search } = new URL(c.req.url);
  return sha256(canonicalJson({ target: pathname + search, body: Buffer.from(body).toString('hex') }));
}

/** Whether the same request would get the same answer again. */
const isDefinite = ({ res, error }: Context): boolean =>
  res.status < 500 && ![401, 403, 429].includes(res.status) && !mayChange(error);

const answerOf = async (response: Response): Promise<StoredAnswer> => ({
  status: response.status,
  contentType: response.headers.get('content-type') ?? 'application/json',
  body: await response.clone().text(),
});

const replay = (c: Context<ApiEnv>, { status, contentType, body }: StoredAnswer): Response =>
  c.newResponse(body || null, status as StatusCode, { 'content-type': contentType, 'idempotency-replayed': 'true' });
