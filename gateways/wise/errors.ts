import { z } from 'zod';

import { ENGLISH } from '../../domain/voice.ts';
import { rejectedDetail } from '../../domain/payouts/advice.ts';
import type { Objection } from '../../domain/partners/form-field.ts';
import { entryOf } from '../replies.ts';
import { quotable } from './quotable.ts';

/**
 * The meaning of a refusal by Wise for the requested part of the payment. `unclear` tells nothing about the payment. `read_first` means
 * that there is one already, which must be read before anything else is done.
 */
export type WiseErrorClass = 'rejected' | 'as_a_whole' | 'read_first' | 'unclear';

/** Used when a body contains no code, because it may come from a proxy. */
const UNNAMED = 'unnamed';

/** Codes that are not about the payee (docs.wise.com). The set is open: a code that is not listed rejects that part of the payment. */
export const WISE_ERROR_CODES: Readonly<Record<string, WiseErrorClass>> = {
  'transfer.insufficient_funds': 'as_a_whole',
  'balance.insufficient_funds': 'as_a_whole',
  'balance.payment-option-unavailable': 'as_a_whole',
  'transfer.not-accessible-for-user': 'as_a_whole',
  invalid_token: 'as_a_whole',
  unauthorized: 'as_a_whole',
  'transfer.invalid-state': 'read_first',
  'transfer.cancellation.not.allowed': 'read_first',
  // Our key is already in another batch group, whose transfer may still pay.
  'validation.failure.group.incompatible.state': 'read_first',
  'transfer.not-found': 'unclear',
  [UNNAMED]: 'unclear',
};

export const wiseErrorClass = (status: number, code: string): WiseErrorClass =>
  status === 403 ? 'as_a_whole' : (entryOf(WISE_ERROR_CODES, code) ?? 'rejected');

const FieldError = z.object({
  code: z.string().optional(),
  path: z.string().nullish(),
  message: z.string().nullish().catch(null),
});
const ErrorBody = z.object({
  errors: z.array(FieldError).optional(),
  errorCode: z.string().optional(),
  error: z.string().optional(),
});

const CODE_LENGTH_MAX = 120;

/** The code of the first error with the field it names, since codes alone repeat. Messages are left out because they may quote the payee. */
export function wiseErrorCode(body: unknown): { code: string; path: string | null; reason: string } {
  const read = ErrorBody.safeParse(body);
  const first = read.data?.errors?.[0];
  const code = first?.code ?? read.data?.errorCode ?? read.data?.error ?? UNNAMED;
  const reason = first?.path ? `${code} at ${first.path}` : code;
  return { code, path: first?.path ?? null, reason: reason.slice(0, CODE_LENGTH_MAX) };
}

/** Wise's names for what our forms name otherwise. Every other path is that of a detail, with or without `details.` before it. */
const OUR_NAMES: Readonly<Record<string, string>> = {
  accountHolderName: 'holder',
  'name.fullName': 'holder',
  currency: 'currency',
  country: 'country',
};
const fieldOf = (path: string): string => entryOf(OUR_NAMES, path) ?? `details.${path.replace(/^details\./, '')}`;

const ERRORS_MAX = 20;

/**
 * The objections of Wise to the fields of a recipient (docs.wise.com, recipient errors): a refusal may name several, each with its path and
 * a message for the customer. `arguments` repeat the values, so they are not read, and a message that repeats one is left out.
 */
export function recipientObjections(body: unknown, recipient: string): Objection[] {
  const errors = ErrorBody.safeParse(body).data?.errors ?? [];
  return errors.slice(0, ERRORS_MAX).flatMap(({ code = UNNAMED, path, message }) => {
    if (!path) return [];
    const words = message ? quotable(message, recipient) : null;
    const reason = words === null ? ENGLISH.say('fault.code', { code }) : ENGLISH.say('fault.quoted', { words });
    return [{ field: fieldOf(path), reason }];
  });
}

/** The reason for a refused recipient, which is about the details that the partner gave. */
export function recipientReason(body: unknown): string {
  const { code, path } = wiseErrorCode(body);
  return rejectedDetail(path === null ? 'account' : fieldOf(path), `is refused by Wise (${code})`);
}

/** Strong customer authentication: a person must approve it at Wise. A worker cannot. */
export const wantsPerson = (status: number, headers: Headers): boolean =>
  status === 403 && headers.has('x-2fa-approval-result');
