import { createHmac, timingSafeEqual } from 'node:crypto';

import type { z } from 'zod';

import { Failure } from '../domain/errors.ts';
import { readJson } from './json.ts';

/** For a webhook that cannot prove who sent it. It is refused and never reaches the inbox. */
export const notGenuine = (provider: string, reason: string): Failure =>
  new Failure('webhook_not_genuine', `This is not a genuine webhook from ${provider}: ${reason}. It was not stored.`);

/** Reads a header that must be present. */
export function needHeader(provider: string, headers: Headers, name: string): string {
  const value = headers.get(name);
  if (!value) throw notGenuine(provider, `${name} is missing`);
  return value;
}

/** Reads a body whose signature has been verified. */
export function readSigned<T>(provider: string, schema: z.ZodType<T>, rawBody: Uint8Array): T {
  try {
    return schema.parse(readJson(new TextDecoder('utf-8', { fatal: true }).decode(rawBody)));
  } catch {
    throw notGenuine(provider, 'its body is not as documented');
  }
}

/** Whether a hexadecimal signature is the HMAC-SHA256 of the parts. The comparison takes constant time. An empty secret signs nothing. */
export function isHmacOf(secret: string, parts: readonly (string | Uint8Array)[], signature: string): boolean {
  if (!secret) return false;
  const hmac = createHmac('sha256', secret);
  for (const part of parts) hmac.update(part);
  const [expected, given] = [hmac.digest(), Buffer.from(signature, 'hex')];
  return expected.length === given.length && timingSafeEqual(expected, given);
}
