import type { Context, MiddlewareHandler } from 'hono';

import { type Caller, findCaller } from '../../db/people/keys.ts';
import type { Database } from '../../db/database.ts';
import { Failure } from '../../domain/errors.ts';
import type { ApiEnv } from './deps.ts';
import { isOpen, rolesFor } from './permissions.ts';
import { routeOf } from './router.ts';

/** Identifies the caller. The partner of a partner's key comes from the key alone, never from the request. */
export const authenticate =
  (db: Database): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    if (isOpen(routeOf(c))) return next();
    const [, key] = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(c.req.header('authorization') ?? '') ?? [];
    const caller = key ? await findCaller(db, key) : null;
    if (!caller)
      throw new Failure(
        'not_authenticated',
        'Send a valid key as "Authorization: Bearer bsk_…". Yours may have expired or been revoked.',
      );
    c.set('caller', caller);
    c.env?.admit?.();
    return next();
  };

/** Lets a request pass if `permissions.ts` allows it. A path that is not a route passes too, and gets its 404 or 405 later. */
export const authorize = (): MiddlewareHandler<ApiEnv> => async (c, next) => {
  const route = routeOf(c);
  if (isOpen(route)) return next();
  const { role, access } = c.get('caller');
  if (access === 'viewer' && c.req.method !== 'GET')
    throw new Failure('not_allowed', 'Your access to this partner only reads. Nothing was done. Ask an owner.');
  if (route && !rolesFor(route)?.includes(role))
    throw new Failure('not_allowed', `A key with the role ${role} may not call ${route}. Nothing was done.`);
  return next();
};

/** Refuses a partner who asks for another partner's things, as if they did not exist. Those of a partner merged into theirs are their own. */
export function onlyOwn(c: Context<ApiEnv>, partner: string, what: string): void {
  const { role, partnerCode, mergedCodes } = c.get('caller');
  if (role === 'partner' && partner !== partnerCode && !mergedCodes.includes(partner))
    throw new Failure('not_found', `There is no ${what}.`);
}

/** The partner whose key was sent. Only routes of the role `partner` ask for it. */
export function partnerOf({ partnerId, partnerCode }: Caller): { id: bigint; code: string } {
  if (partnerId === null || partnerCode === null)
    throw new Failure('not_allowed', 'This is for partners: use a key with the role partner.');
  return { id: partnerId, code: partnerCode };
}
