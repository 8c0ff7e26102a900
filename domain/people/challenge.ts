import { timingSafeEqual } from 'node:crypto';

import { CHALLENGE_MS } from './session.ts';

const NONCE_BYTES = 16;
const TIME_BYTES = 8;

/** Makes a keyed hash of a text. `fingerprint` of the vault is one. */
export type Seal = (text: string) => Uint8Array;

/**
 * Makes a challenge that proves itself: random bytes, the time at which it ends, and a seal over both and the purpose. So a page can show
 * one to anybody without a row in the database. `random` has 16 bytes.
 */
export function makeChallenge(seal: Seal, purpose: string, random: Uint8Array, nowMs: number): Buffer {
  const head = Buffer.alloc(NONCE_BYTES + TIME_BYTES);
  head.set(random.subarray(0, NONCE_BYTES));
  head.writeBigUInt64BE(BigInt(nowMs + CHALLENGE_MS), NONCE_BYTES);
  return Buffer.concat([head, sealOf(seal, purpose, head)]);
}

/** The time at which a challenge of ours ends, in milliseconds. Null if we did not make it for this purpose, or it has ended. */
export function readChallenge(seal: Seal, purpose: string, challenge: Uint8Array, nowMs: number): number | null {
  const bytes = Buffer.from(challenge);
  if (bytes.length <= NONCE_BYTES + TIME_BYTES) return null;
  const head = bytes.subarray(0, NONCE_BYTES + TIME_BYTES);
  const ours = sealOf(seal, purpose, head);
  const theirs = bytes.subarray(head.length);
  if (theirs.length !== ours.length || !timingSafeEqual(theirs, ours)) return null;
  const endsMs = Number(head.readBigUInt64BE(NONCE_BYTES));
  return endsMs > nowMs ? endsMs : null;
}

const sealOf = (seal: Seal, purpose: string, head: Uint8Array): Uint8Array =>
  seal(`challenge/${purpose}/${Buffer.from(head).toString('hex')}`);
