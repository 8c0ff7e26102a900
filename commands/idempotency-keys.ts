import { z } from 'zod';

import type { Database } from '../db/database.ts';
import { deleteClaim, findRequest, insertClaim, type RequestName, updateAnswer } from '../db/idempotency-keys.ts';
import { sealJson, unsealJson, type VaultKeys } from '../db/vault.ts';
import { Failure } from '../domain/errors.ts';

const Answer = z.object({ status: z.int(), contentType: z.string(), body: z.string() });
/** The answer to a request. It may hold an API key or a name, so it is sealed where it is kept. */
export type StoredAnswer = z.infer<typeof Answer>;

/** `claim` says that the caller is the one to do it, and proves that when the answer is kept; `answer` says that it is done. */
export type Claim = { claim: string } | { answer: StoredAnswer };

const sealedFor = ({ actorId, route, key }: RequestName): string => `idempotency/${actorId}/${route}/${key}`;

/**
 * Claims a request, or finds its answer. Throws Failure `idempotency_key_reused` where the key named another request, and
 * `idempotency_key_in_progress` where the same one is still running.
 */
export async function claimRequest(
  db: Database,
  vault: VaultKeys,
  name: RequestName,
  hash: Uint8Array,
): Promise<Claim> {
  const claim = await insertClaim(db, name, hash);
  if (claim !== null) return { claim };
  const known = await findRequest(db, name);
  if (known && !Buffer.from(known.requestHash).equals(hash))
    throw new Failure(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request. Nothing was done. Use a new key for a new request.',
    );
  if (!known?.sealedAnswer)
    throw new Failure(
      'idempotency_key_in_progress',
      'The same request is still running. Nothing was done twice. Repeat it in a moment.',
    );
  return { answer: Answer.parse(unsealJson(vault, sealedFor(name), Buffer.from(known.sealedAnswer, 'base64'))) };
}

/** Keeps a definite answer for a repetition of the request; only the holder of the claim may. */
export async function keepAnswer(
  db: Database,
  vault: VaultKeys,
  name: RequestName,
  claim: string,
  answer: StoredAnswer,
): Promise<void> {
  const sealed = sealJson(vault, sealedFor(name), answer).toString('base64');
  await updateAnswer(db, name, claim, { status: answer.status, sealed });
}

/** Gives a claim back, so that a repetition is done anew. */
export async function freeClaim(db: Database, name: RequestName, claim: string): Promise<void> {
  await deleteClaim(db, name, claim);
}
