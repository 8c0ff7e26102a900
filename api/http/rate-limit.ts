import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

import { MINUTE_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';

const ADDRESSES_MAX = 10_000;

/**
 * Lets each address fail so many times in a minute. Successes do not count. A proxy that hides its callers is one address. The counts are
 * kept in this process alone, and only as many addresses as memory may hold.
 */
export function limitTries(failuresMax: number) {
  let minute = 0;
  let failures = new Map<string, number>();
  return async <T>(c: Context, work: () => Promise<T>): Promise<T> => {
    const now = Math.floor(Date.now() / MINUTE_MS);
    if (now !== minute || failures.size > ADDRESSES_MAX) [minute, failures] = [now, new Map()];
    const address = addressOf(c);
    const before = failures.get(address) ?? 0;
    if (before >= failuresMax)
      throw new Failure(
        'too_many_tries',
        'There were too many wrong tries from your address. Nothing was done. Wait a minute.',
      );
    try {
      return await work();
    } catch (error) {
      failures.set(address, (failures.get(address) ?? 0) + 1);
      throw error;
    }
  };
}

/** The address at the other end of the connection. A request that came over no network has none. */
function addressOf(c: Context): string {
  const env = c.env as { incoming?: unknown } | undefined;
  return env?.incoming ? (getConnInfo(c).remote.address ?? '') : '';
}
