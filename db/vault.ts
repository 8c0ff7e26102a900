import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

import { Failure } from '../domain/errors.ts';

/**
 * The vault's keys: `kek` wraps the key of each record, `fingerprintKey` makes equal details recognisable without showing
 * them. Both are 32 bytes and come from configuration.
 */
export type VaultKeys = { keyId: string; kek: Uint8Array; fingerprintKey: Uint8Array };

/** The names of records in the vault. A record is unsealed by the name that it was sealed with. */
export const instrumentRecord = (instrumentVersionId: string): string => `instrument/${instrumentVersionId}`;
export const payerGatewayRecord = (payerId: number, method: string): string => `payer-gateway/${payerId}/${method}`;
export const attemptRecord = (attemptId: string): string => `attempt/${attemptId}`;
export const sourceSecretRecord = (secretId: string): string => `source-secret/${secretId}`;
export const webhookSecretRecord = (secretId: string): string => `webhook-secret/${secretId}`;
export const callRecord = (callId: string): string => `details-call/${callId}`;
export const batchRecord = (batchId: string): string => `batch/${batchId}`;

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const WRAPPED_KEY_BYTES = IV_BYTES + TAG_BYTES + KEY_BYTES;

/**
 * Seals a record under a key of its own, which the vault's key wraps. `belongsTo`, such as `instrument/<id>`, is authenticated
 * with it, so that a record that is copied to another row cannot be unsealed. Layout: wrapped key, then `iv | tag | ciphertext`.
 */
export function seal(keys: VaultKeys, belongsTo: string, clear: Uint8Array): Buffer {
  const recordKey = randomBytes(KEY_BYTES);
  return Buffer.concat([encrypt(keys.kek, belongsTo, recordKey), encrypt(recordKey, belongsTo, clear)]);
}

/** Unseals a record. Throws Failure `vault_cannot_open` if it was sealed with another key or for another row, or was altered. */
export function unseal(keys: VaultKeys, belongsTo: string, sealed: Uint8Array): Buffer {
  try {
    const recordKey = decrypt(keys.kek, belongsTo, sealed.subarray(0, WRAPPED_KEY_BYTES));
    return decrypt(recordKey, belongsTo, sealed.subarray(WRAPPED_KEY_BYTES));
  } catch (cause) {
    const reason = `${belongsTo} was sealed with another key, or altered`;
    throw new Failure(
      'vault_cannot_open',
      `The vault cannot open a record: ${reason}. Check the keys that this process was given.`,
      { cause },
    );
  }
}

export const sealJson = (keys: VaultKeys, belongsTo: string, value: unknown): Buffer =>
  seal(keys, belongsTo, Buffer.from(JSON.stringify(value)));

export const unsealJson = (keys: VaultKeys, belongsTo: string, sealed: Uint8Array): unknown =>
  JSON.parse(unseal(keys, belongsTo, sealed).toString());

/** The same details always give the same fingerprint. It reveals nothing without its key. */
export const fingerprint = (keys: VaultKeys, details: string): Buffer =>
  createHmac('sha256', keys.fingerprintKey).update(details).digest();

function encrypt(key: Uint8Array, belongsTo: string, clear: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(belongsTo));
  const body = Buffer.concat([cipher.update(clear), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

function decrypt(key: Uint8Array, belongsTo: string, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, IV_BYTES))
    .setAAD(Buffer.from(belongsTo))
    .setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}
