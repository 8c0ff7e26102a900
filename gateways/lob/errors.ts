import { z } from 'zod';

/** What a refusal by Lob means: for this check, for all of them, or perhaps for a check that exists. */
export type LobErrorClass = 'rejected' | 'as_a_whole' | 'unclear';

/** Codes that are not about this check's contents (https://docs.lob.com/#tag/Errors). A code that is not here rejects the check. */
const CLASS_OF_CODE: Readonly<Record<string, LobErrorClass>> = {
  bank_account_not_verified: 'as_a_whole',
  billing_address_required: 'as_a_whole',
  conflict: 'unclear',
  deleted_bank_account: 'as_a_whole',
  feature_limit_reached: 'as_a_whole',
  invalid_api_key: 'as_a_whole',
  payment_method_unverified: 'as_a_whole',
  unauthorized: 'as_a_whole',
};

const ErrorBody = z.object({ error: z.object({ code: z.string() }) });

/** Reads an error body. Its message is left out: it may quote the payee's address. */
export function readLobError(status: number, body: unknown): { code: string; errorClass: LobErrorClass } {
  const code = ErrorBody.safeParse(body).data?.error.code;
  if (!code) return { code: `HTTP ${status}`, errorClass: 'unclear' };
  const known = Object.hasOwn(CLASS_OF_CODE, code) ? CLASS_OF_CODE[code] : undefined;
  return { code, errorClass: known ?? (status === 403 ? 'as_a_whole' : 'rejected') };
}
