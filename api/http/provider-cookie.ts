import { deflateRawSync, inflateRawSync } from 'node:zlib';

import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';

import { seal, unseal, type VaultKeys } from '../../db/vault.ts';
import { SECOND_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import type { ProviderQuestion } from './identity-provider.ts';

/** The purpose of a question to the provider. */
export type Errand =
  | { does: 'sign-in'; next: string }
  | { does: 'accept'; token: string }
  | { does: 'sign'; request: SignatureRequest };

/** A form of ours that waits for a signature: who signs what, and where the form goes with it. */
export type SignatureRequest = {
  actorId: string;
  statement: string;
  action: string;
  button: string;
  fields: Readonly<Record<string, string>>;
};

type Kept = { question: ProviderQuestion; errand: Errand };

/**
 * The browser keeps the question to the provider, sealed, for as long as the person may take. So another browser can never use the
 * answer, and a stranger who asks leaves no row.
 */
const RECORD = 'provider-question';
/** A browser drops a cookie of more than 4096 bytes, with its name and its attributes. So a long form is kept in several. */
const NAMES = ['question-1', 'question-2', 'question-3'];
const CHARS_MAX = 3800;
const COOKIE = { prefix: 'host', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' } as const;

export function keepQuestion(c: Context, vault: VaultKeys, kept: Kept): void {
  const value = sealText(vault, RECORD, kept);
  if (value.length > CHARS_MAX * NAMES.length)
    throw new Failure(
      'invalid_input',
      'This form is too long to be signed in this way. Nothing was done. Shorten its texts.',
    );
  const maxAge = Math.ceil((kept.question.endsMs - Date.now()) / SECOND_MS);
  for (const [index, name] of NAMES.entries())
    setCookie(c, name, value.slice(index * CHARS_MAX, (index + 1) * CHARS_MAX), { ...COOKIE, maxAge });
}

/** Takes the question that this browser asked. Undefined if it asked none, or the answer comes too late. */
export function takeQuestion(c: Context, vault: VaultKeys): Kept | undefined {
  const value = NAMES.map((name) => getCookie(c, name, 'host') ?? '').join('');
  for (const name of NAMES) deleteCookie(c, name, COOKIE);
  const kept = unsealText(vault, RECORD, value) as Kept | undefined;
  return kept && kept.question.endsMs > Date.now() ? kept : undefined;
}

/** A value that only we can read and write, for a cookie or a hidden field. */
export const sealText = (vault: VaultKeys, record: string, value: unknown): string =>
  seal(vault, record, deflateRawSync(JSON.stringify(value))).toString('base64url');

/** The value of `sealText`. Undefined if we did not seal it. */
export function unsealText(vault: VaultKeys, record: string, text: string): unknown {
  try {
    return JSON.parse(inflateRawSync(unseal(vault, record, Buffer.from(text, 'base64url'))).toString());
  } catch {
    return undefined;
  }
}
