import { z } from 'zod';

/** What a refusal by Wise means for the part of the payment that was asked for. */
export type WiseErrorClass = 'rejected' | 'as_a_whole' | 'read_first';

/** Codes that are not about the payee. A code that is not here is a rejection of that part. */
const CLASS_OF_CODE: Readonly<Record<string, WiseErrorClass>> = {
  'transfer.insufficient_funds': 'as_a_whole',
  'balance.insufficient_funds': 'as_a_whole',
  'balance.payment-option-unavailable': 'as_a_whole',
  'transfer.not-accessible-for-user': 'as_a_whole',
  'transfer.invalid-state': 'read_first',
  'validation.failure.group.incompatible.state': 'read_first',
};

export const wiseErrorClass = (status: number, code: string): WiseErrorClass => {
  const known = Object.hasOwn(CLASS_OF_CODE, code) ? CLASS_OF_CODE[code] : undefined;
  return known ?? (status === 403 ? 'as_a_whole' : 'rejected');
};

const ErrorBody = z.object({
  errors: z.array(z.object({ code: z.string().optional(), path: z.string().nullish() })).optional(),
  errorCode: z.string().optional(),
  error: z.string().optional(),
});

const CODE_LENGTH_MAX = 120;

/** The code of the first error, with the field it points at: codes alone repeat. Messages are left out, they may quote the payee. */
export function wiseErrorCode(body: unknown): { code: string; reason: string } {
  const read = ErrorBody.safeParse(body);
  const first = read.data?.errors?.[0];
  const code = first?.code ?? read.data?.errorCode ?? read.data?.error ?? 'unnamed';
  const reason = first?.path ? `${code} at ${first.path}` : code;
  return { code, reason: reason.slice(0, CODE_LENGTH_MAX) };
}

/** Strong customer authentication: a person must approve it at Wise, no worker can. */
export const wantsPerson = (status: number, headers: Headers): boolean =>
  status === 403 && headers.has('x-2fa-approval-result');
