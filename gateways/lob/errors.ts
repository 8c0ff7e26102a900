import { z } from 'zod';

import { entryOf } from '../replies.ts';

/** The meaning of a refusal by Lob: it is about this check, about all checks, or the check may exist after all. */
export type LobErrorClass = 'rejected' | 'as_a_whole' | 'unclear';

/**
 * Every code in Lob's specification (https://docs.lob.com/#tag/Errors). Errors that only our own account, key or request format can
 * cause are about all checks, and so is a missing bank account of ours. A code that is not listed rejects the check.
 */
export const LOB_ERROR_CODES: Readonly<Record<string, LobErrorClass>> = {
  address_length_exceeds_limit: 'rejected',
  bad_request: 'rejected',
  bank_account_already_verified: 'as_a_whole',
  bank_account_not_verified: 'as_a_whole',
  bank_error: 'as_a_whole',
  billing_address_required: 'as_a_whole',
  conflict: 'unclear',
  custom_envelope_inventory_depleted: 'as_a_whole',
  deleted_bank_account: 'as_a_whole',
  email_required: 'as_a_whole',
  failed_deliverability_strictness: 'rejected',
  feature_limit_reached: 'as_a_whole',
  file_pages_below_min: 'as_a_whole',
  file_pages_exceed_max: 'as_a_whole',
  file_size_exceeds_limit: 'as_a_whole',
  foreign_return_address: 'as_a_whole',
  inconsistent_page_dimensions: 'as_a_whole',
  internal_server_error: 'unclear',
  invalid: 'rejected',
  invalid_api_key: 'as_a_whole',
  invalid_bank_account: 'as_a_whole',
  invalid_bank_account_verification: 'as_a_whole',
  invalid_check_international: 'rejected',
  invalid_country_covid: 'rejected',
  invalid_file: 'as_a_whole',
  invalid_file_dimensions: 'as_a_whole',
  invalid_file_download_time: 'as_a_whole',
  invalid_file_url: 'as_a_whole',
  invalid_image_dpi: 'as_a_whole',
  invalid_international_feature: 'rejected',
  invalid_perforation_return_envelope: 'as_a_whole',
  invalid_template_html: 'as_a_whole',
  mail_use_type_can_not_be_null: 'as_a_whole',
  merge_variable_required: 'as_a_whole',
  merge_variable_whitespace: 'as_a_whole',
  // Returned when a check is deleted too late. Its payment must then be stopped at the bank.
  not_deletable: 'unclear',
  // A request contains the payee's full address but only the id of our bank account, so it is our account that was not found.
  not_found: 'as_a_whole',
  payment_method_unverified: 'as_a_whole',
  pdf_encrypted: 'as_a_whole',
  publishable_key_not_allowed: 'as_a_whole',
  rate_limit_exceeded: 'unclear',
  request_timeout: 'unclear',
  service_unavailable: 'unclear',
  special_characters_restricted: 'as_a_whole',
  unauthorized: 'as_a_whole',
  unauthorized_token: 'as_a_whole',
  unembedded_fonts: 'as_a_whole',
  unrecognized_endpoint: 'as_a_whole',
  unsupported_lob_version: 'as_a_whole',
};

const ErrorBody = z.object({ error: z.object({ code: z.string() }) });

/** Reads an error body without its message, which may quote the payee's address. */
export function readLobError(status: number, body: unknown): { code: string; errorClass: LobErrorClass } {
  const code = ErrorBody.safeParse(body).data?.error.code;
  if (!code) return { code: `HTTP ${status}`, errorClass: 'unclear' };
  return { code, errorClass: entryOf(LOB_ERROR_CODES, code) ?? (status === 403 ? 'as_a_whole' : 'rejected') };
}
