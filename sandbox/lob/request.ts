import { divideHalfUp, toDecimal } from '../decimals.ts';
import { isObject, type Json, objectOf, textOf, writtenOf } from '../json.ts';

const AMOUNT_MAX_CENTS = 99_999_999n;
const NUMBER_MAX = 500_000_000;
const SEND_DATE_MAX_MS = 180 * 86_400_000;
const ZIP = /^\d{5}(-\d{4})?$/;

type Refusal = { status: 422; code: string; message: string };
export const isRefusal = (request: object): request is Refusal => 'code' in request && 'message' in request;

const invalid = (message: string, code = 'invalid'): Refusal => ({ status: 422, code, message });

/** Reads an amount as Lob does: more than two decimals are silently rounded, a half up. */
function centsOf(text: string): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d{1,9})(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const exact = BigInt(`${whole}${fraction.padEnd(2, '0')}`);
  return divideHalfUp(exact, 10n ** BigInt(Math.max(2, fraction.length) - 2));
}

/** Says what is wrong with an address, if anything. The id of a stored address is accepted as it is. */
function whyNotAddress(value: unknown, name: string): Refusal | undefined {
  if (textOf(value)?.startsWith('adr_')) return undefined;
  if (!isObject(value)) return invalid(`${name} is required`);
  const field = (key: string) => textOf(value[key]) ?? '';
  const recipient = field('name') || field('company');
  if (!recipient) return invalid(`${name}.name or ${name}.company is required`);
  if (recipient.length > 40) return invalid(`${name}.name length must be less than or equal to 40 characters long`);
  if (!field('address_line1')) return invalid(`${name}.address_line1 is required`);
  if (field('address_line1').length + field('address_line2').length > 50)
    return invalid(`${name}: address lines are longer than 50 characters`, 'address_length_exceeds_limit');
  if (!['', 'US'].includes(field('address_country')))
    return invalid('checks are sent only within the US', 'invalid_check_international');
  if (!field('address_city') || !field('address_state')) return invalid(`${name}.address_city and state are required`);
  return ZIP.test(field('address_zip')) ? undefined : invalid(`${name}.address_zip must be in a valid zip format`);
}

function whyNotMetadata(metadata: Json): Refusal | undefined {
  const pairs = Object.entries(metadata);
  if (pairs.length > 20) return invalid('metadata has more than 20 pairs');
  const isBad = ([key, value]: [string, unknown]) => key.length > 40 || !/^[^"\\]{0,500}$/.test(writtenOf(value) ?? '');
  return pairs.some(isBad)
    ? invalid('metadata keys have at most 40 and values at most 500 characters, without " and \\')
    : undefined;
}

export type CheckRequest = {
  bankAccount: string;
  amount: string;
  number: string | null;
  to: Json;
  from: Json;
  memo: string | null;
  message: string | null;
  description: string | null;
  metadata: Record<string, string>;
  sendAt: number | null;
};

function whyNotText(body: Json): Refusal | undefined {
  const [memo, message, bottom] = [textOf(body['memo']), textOf(body['message']), textOf(body['check_bottom'])];
  if (memo && memo.length > 40) return invalid('memo length must be less than or equal to 40 characters long');
  if (!message === !bottom) return invalid('one of message and check_bottom is required');
  if (message && message.length > 400)
    return invalid('message length must be less than or equal to 400 characters long');
  return body['use_type'] === 'operational' ? undefined : invalid('use_type is required and must be operational');
}

/** Reads a request for a check, or says why Lob would refuse it. */
export function readCheck(body: Json, now: number): CheckRequest | Refusal {
  const metadata = objectOf(body['metadata']);
  const refusal =
    whyNotAddress(body['to'], 'to') ??
    whyNotAddress(body['from'], 'from') ??
    whyNotText(body) ??
    whyNotMetadata(metadata);
  if (refusal) return refusal;
  const cents = centsOf(writtenOf(body['amount']) ?? '');
  if (cents === undefined || cents <= 0n || cents > AMOUNT_MAX_CENTS)
    return invalid('amount must be at most 999999.99');
  const number = writtenOf(body['check_number']) ?? null;
  if (number && !(/^\d+$/.test(number) && Number(number) >= 1 && Number(number) <= NUMBER_MAX))
    return invalid('check_number must be from 1 to 500000000');
  const sendAt = textOf(body['send_date']) ? Date.parse(textOf(body['send_date']) ?? '') : null;
  if (sendAt !== null && !(sendAt >= now && sendAt <= now + SEND_DATE_MAX_MS))
    return invalid('send_date must be within 180 days');
  return {
    bankAccount: textOf(body['bank_account']) ?? '',
    amount: toDecimal(cents, 2),
    number,
    to: objectOf(body['to']),
    from: objectOf(body['from']),
    memo: textOf(body['memo']) ?? null,
    message: textOf(body['message']) ?? null,
    description: textOf(body['description']) ?? null,
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, writtenOf(value) ?? ''])),
    sendAt,
  };
}

/** Says what is wrong with a bank account, if anything. */
export function whyNotAccount(body: Json): Refusal | undefined {
  if (!/^\d{9}$/.test(writtenOf(body['routing_number']) ?? '')) return invalid('routing_number must have 9 digits');
  if (!/^\d{1,17}$/.test(writtenOf(body['account_number']) ?? ''))
    return invalid('account_number must have up to 17 digits');
  if (!['company', 'individual'].includes(textOf(body['account_type']) ?? ''))
    return invalid('account_type must be company or individual');
  const signatory = textOf(body['signatory']) ?? '';
  return signatory && signatory.length <= 30 ? undefined : invalid('signatory must have 1 to 30 characters');
}
