import { sql } from 'slonik';
import { z } from 'zod';

import { Bytes } from './column-types.ts';
import type { Database } from './database.ts';

/** One request as its sender names it. The same key on another route, or from another person, is another request. */
export type RequestName = { actorId: string; route: string; key: string };

/** A request that is still running after this long was cut off, and may be claimed again. */
const CLAIM_SECONDS = 60;

const ClaimRow = z.object({ claimedAt: z.string() });

/** Claims a request. Null if somebody else holds it or it is finished. The returned text proves the claim. */
export const insertClaim = (
  db: Database,
  { actorId, route, key }: RequestName,
  hash: Uint8Array,
): Promise<string | null> =>
  db.maybeOneFirst(sql.type(ClaimRow)`
    insert into idempotency_key as kept (actor_id, route, key, request_hash, state)
    values (${actorId}, ${route}, ${key}, ${sql.binary(Buffer.from(hash))}, 'running')
    on conflict (actor_id, route, key) do update
      set request_hash = excluded.request_hash, state = 'running', status = null, body = null,
        claimed_at = now(), expires_at = excluded.expires_at
      where kept.expires_at < now()
        or (kept.state = 'running' and kept.request_hash = excluded.request_hash
            and kept.claimed_at < now() - make_interval(secs => ${CLAIM_SECONDS}))
    returning claimed_at::text as "claimedAt"`);

const RequestRow = z.strictObject({ requestHash: Bytes, sealedAnswer: z.string().nullable() });
/** A known request: the hash of its content, and its sealed answer once it is finished. */
export type KnownRequest = z.infer<typeof RequestRow>;

export const findRequest = (db: Database, { actorId, route, key }: RequestName): Promise<KnownRequest | null> =>
  db.maybeOne(sql.type(RequestRow)`
    select request_hash as "requestHash", body as "sealedAnswer" from idempotency_key
    where actor_id = ${actorId} and route = ${route} and key = ${key}`);

/** Keeps the sealed answer to a request, if its claim still holds. */
export const updateAnswer = (
  db: Database,
  name: RequestName,
  claim: string,
  { status, sealed }: { status: number; sealed: string },
) =>
  db.query(sql.unsafe`
    update idempotency_key set state = 'finished', status = ${status}, body = ${sealed}
    where ${holds(name, claim)}`);

/** Gives a claim back, so that the request may be claimed anew. */
export const deleteClaim = (db: Database, name: RequestName, claim: string) =>
  db.query(sql.unsafe`delete from idempotency_key where ${holds(name, claim)}`);

const holds = ({ actorId, route, key }: RequestName, claim: string) => sql.fragment`
  actor_id = ${actorId} and route = ${route} and key = ${key} and state = 'running' and claimed_at = ${claim}::timestamptz`;

/** Forgets the answers that have expired. */
export const deleteExpiredKeys = (db: Database) =>
  db.query(sql.unsafe`delete from idempotency_key where expires_at < now()`);
