import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../domain/errors.ts';
import type { Database } from './database.ts';
import { openJson, sealJson, type VaultKeys } from './vault.ts';
import { Bytes } from './column-types.ts';

/** One request as its sender names it. The same key on another route, or of another person, is another request. */
export type RequestName = { actorId: string; route: string; key: string };

/** What was answered. It may hold an API key or a name, so it is sealed where it is kept. */
export type StoredAnswer = { status: number; contentType: string; body: string };

/** `claim` says that we are the one to do it, and proves it when the answer is kept; or the answer is there already. */
export type Claim = { claim: string } | { answer: StoredAnswer };

/** A request that is still running after this long was cut off, and may be claimed again. */
const CLAIM_SECONDS = 60;

const ClaimRow = z.object({ claimedAt: z.string() });

const KeptRow = z.object({ requestHash: Bytes, state: z.enum(['running', 'finished']), body: z.string().nullable() });

const Answer = z.object({ status: z.int(), contentType: z.string(), body: z.string() });

const sealedFor = ({ actorId, route, key }: RequestName): string => `idempotency/${actorId}/${route}/${key}`;

/**
 * Claims a request or finds its answer. Throws Failure `idempotency_key_reused` where the key named another request, and
 * `idempotency_key_in_progress` where the same one is still running.
 */
export async function claimRequest(
  db: Database,
  vault: VaultKeys,
  name: RequestName,
  hash: Uint8Array,
): Promise<Claim> {
  const claimed = await tryClaim(db, name, hash);
  if (claimed) return { claim: claimed.claimedAt };
  const kept = await findKept(db, name);
  if (kept && !Buffer.from(kept.requestHash).equals(hash))
    throw new Failure('idempotency_key_reused', 'This Idempotency-Key was used for another request; nothing was done.');
  if (!kept?.body)
    throw new Failure('idempotency_key_in_progress', 'The same request is still running; repeat it in a moment.');
  const answer = openJson(vault, sealedFor(name), Buffer.from(kept.body, 'base64'));
  return { answer: Answer.parse(answer) };
}

const tryClaim = (db: Database, { actorId, route, key }: RequestName, hash: Uint8Array) =>
  db.maybeOne(sql.type(ClaimRow)`
    insert into idempotency_key as kept (actor_id, route, key, request_hash, state)
    values (${actorId}, ${route}, ${key}, ${sql.binary(Buffer.from(hash))}, 'running')
    on conflict (actor_id, route, key) do update
      set request_hash = excluded.request_hash, state = 'running', status = null, body = null,
        claimed_at = now(), expires_at = excluded.expires_at
      where kept.expires_at < now()
        or (kept.state = 'running' and kept.request_hash = excluded.request_hash
            and kept.claimed_at < now() - make_interval(secs => ${CLAIM_SECONDS}))
    returning claimed_at::text as "claimedAt"`);

const findKept = (db: Database, { actorId, route, key }: RequestName) =>
  db.maybeOne(sql.type(KeptRow)`
    select request_hash as "requestHash", state, body from idempotency_key
    where actor_id = ${actorId} and route = ${route} and key = ${key}`);

/** Keeps a definite answer for whoever repeats the request; only the holder of the claim may. */
export async function keepAnswer(
  db: Database,
  vault: VaultKeys,
  name: RequestName,
  claim: string,
  answer: StoredAnswer,
): Promise<void> {
  const body = sealJson(vault, sealedFor(name), answer).toString('base64');
  await db.query(sql.unsafe`
    update idempotency_key set state = 'finished', status = ${answer.status}, body = ${body}
    where ${ours(name, claim)}`);
}

/** Gives a claim back, so that a repetition is done anew. */
export async function freeClaim(db: Database, name: RequestName, claim: string): Promise<void> {
  await db.query(sql.unsafe`delete from idempotency_key where ${ours(name, claim)}`);
}

const ours = ({ actorId, route, key }: RequestName, claim: string) => sql.fragment`
  actor_id = ${actorId} and route = ${route} and key = ${key} and state = 'running' and claimed_at = ${claim}::timestamptz`;

/** Forgets the answers that nobody may ask for any more. */
export const deleteExpiredKeys = (db: Database) =>
  db.query(sql.unsafe`delete from idempotency_key where expires_at < now()`);
