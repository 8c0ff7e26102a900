import { z } from 'zod';

import { entryOf } from '../replies.ts';

/** The meaning of an error from a create call: this payment is refused, all payments are refused, or perhaps none is refused at all. */
export type PayPalErrorClass = 'rejected' | 'as_a_whole' | 'unclear';

/**
 * By `name` (https://developer.paypal.com/docs/payouts/standard/integrate-api/error-messages/, and the specification of Payouts v1).
 * The set is open. A name that is not listed is classified by its HTTP status.
 */
export const PAYPAL_ERROR_NAMES: Readonly<Record<string, PayPalErrorClass>> = {
  AUTHENTICATION_FAILURE: 'as_a_whole',
  AUTHORIZATION_ERROR: 'as_a_whole',
  CIP_NOT_VERIFIED: 'as_a_whole',
  INSUFFICIENT_FUNDS: 'as_a_whole',
  INTERNAL_ERROR: 'unclear',
  INTERNAL_SERVER_ERROR: 'unclear',
  INVALID_REQUEST: 'rejected',
  // Returned by a look-up. It does not prove that nothing was paid.
  INVALID_RESOURCE_ID: 'unclear',
  // Returned when an item is cancelled. The item is then read again.
  ITEM_ALREADY_CANCELLED: 'unclear',
  ITEM_CANCELLATION_FAILED: 'unclear',
  ITEM_INCORRECT_STATUS: 'unclear',
  NON_HOLDING_CURRENCY: 'rejected',
  NOT_AUTHORIZED: 'as_a_whole',
  PREVIOUS_REQUEST_IN_PROGRESS: 'unclear',
  // Whatever the HTTP status, these were not processed. The same request is made again.
  RATE_LIMIT_REACHED: 'unclear',
  RATE_LIMIT_VALIDATION: 'unclear',
  REQUEST_TIMEOUT_EXCEEDED: 'unclear',
  REQUIRED_SCOPE_MISSING: 'as_a_whole',
  RESOURCE_CONFLICT: 'unclear',
  RESOURCE_NOT_FOUND: 'unclear',
  SENDER_ACCOUNT_UNVERIFIED: 'as_a_whole',
  SENDER_EMAIL_UNCONFIRMED: 'as_a_whole',
  SENDER_LOCKED: 'as_a_whole',
  SENDER_RESTRICTED: 'as_a_whole',
  SERVICE_UNAVAILABLE: 'unclear',
  UNPROCESSABLE_ENTITY: 'rejected',
  // Our request format is wrong, so every payment would fail.
  UNSUPPORTED_MEDIA_TYPE: 'as_a_whole',
  VALIDATION_ERROR: 'rejected',
};

const ErrorBody = z.object({
  name: z.string(),
  debug_id: z.string().nullish(),
  details: z
    .array(
      z.object({
        field: z.string().nullish(),
        issue: z.string().nullish(),
        link: z.array(z.object({ href: z.string() })).nullish(),
      }),
    )
    .nullish(),
});

export type PayPalError = {
  name: string;
  debugId: string | null;
  errorClass: PayPalErrorClass;
  /** The batch that already has our id. The error is then really the result of the first try. */
  firstBatchId: string | null;
  /** The fields that PayPal objects to. */
  details: readonly { field?: string | null | undefined; issue?: string | null | undefined }[];
};

const lastSegment = (href: string): string | null => /\/([A-Za-z0-9-]+)\/?(?:\?.*)?$/.exec(href)?.[1] ?? null;

/** Reads an error body. The link to the first batch is in `details[].link`; `links` is empty. */
export function readPayPalError(status: number, body: unknown): PayPalError {
  const read = ErrorBody.safeParse(body);
  if (!read.success)
    return { name: `HTTP ${status}`, debugId: null, errorClass: 'unclear', firstBatchId: null, details: [] };
  const { name, debug_id, details } = read.data;
  const duplicate = details?.find(({ field }) => field?.toUpperCase().includes('SENDER_BATCH_ID'));
  const href = name === 'USER_BUSINESS_ERROR' ? duplicate?.link?.[0]?.href : undefined;
  // A duplicate without its link is not a rejection, because the first batch may be paying.
  const unnamed = duplicate && name === 'USER_BUSINESS_ERROR' ? 'unclear' : status === 403 ? 'as_a_whole' : 'rejected';
  return {
    name,
    debugId: debug_id ?? null,
    errorClass: entryOf(PAYPAL_ERROR_NAMES, name) ?? unnamed,
    firstBatchId: href ? lastSegment(href) : null,
    details: details ?? [],
  };
}
