import { z } from 'zod';

import { formatDecimal, type Money, parseDecimal } from '../../domain/money.ts';
import { isRoutingNumber } from '../../domain/payers/routing-number.ts';
import type { CheckOnFile } from '../check-bank/issuing.ts';
import type { PayerAccount, PaymentOrder, PostalAddress } from '../gateway.ts';
import { Decimal, exactNumber, freezeJson, thawJson, writeJson } from '../json.ts';
import { readAccount, rejected } from '../replies.ts';

/** Lob's limits (https://docs.lob.com/#tag/Checks). Longer text is refused, never cut. */
const NAME_LENGTH_MAX = 40;
const STREET_LENGTH_MAX = 50;
const CITY_LENGTH_MAX = 200;
const MEMO_LENGTH_MAX = 40;
const AMOUNT_MINOR_MAX = 99_999_999n;
const CHECK_NUMBER_MAX = 500_000_000n;
const ZIP = /^\d{5}(-\d{4})?$/;
const STATE = /^[A-Z]{2}$/;

const Sender = z.object({
  name: z
    .string()
    .min(1)
    .max(NAME_LENGTH_MAX)
    .meta({ description: 'The sender of the check', examples: ['Acme Inc'] }),
  line1: z
    .string()
    .min(1)
    .meta({ description: 'The street and the number', examples: ['500 Main Street'] }),
  line2: z
    .string()
    .meta({ description: 'The rest of the street address', examples: ['Suite 210'] })
    .optional(),
  city: z
    .string()
    .min(1)
    .meta({ description: 'The city', examples: ['Springfield'] }),
  region: z
    .string()
    .regex(STATE)
    .meta({ description: 'The US state, as two letters', examples: ['IL'] }),
  postalCode: z
    .string()
    .regex(ZIP)
    .meta({ description: 'The ZIP code', examples: ['62701'] }),
  country: z.literal('US').meta({ description: 'Lob mails checks within the US only' }),
});

export const LobSettings = z
  .object({
    lobBankAccountId: z
      .string()
      .regex(/^bank_/, 'must start with bank_')
      .meta({
        description: "Lob's id of the bank account, which Lob must have verified",
        examples: ['bank_8cad8df5354d33f'],
      }),
    bankAccount: z
      .object({
        accountNumber: z
          .string()
          .regex(/^\d{4,17}$/)
          .meta({ description: 'The number of the account, 4 to 17 digits', examples: ['123456789'] }),
        routingNumber: z
          .string()
          .refine(isRoutingNumber)
          .meta({ description: 'The ABA routing number of the bank, nine digits', examples: ['122100024'] }),
      })
      .meta({ description: 'The same account, as the bank names it; Bursar follows the checks at the bank' }),
    from: Sender.meta({ description: 'The sender whom Lob prints on the check; a US address' }),
  })
  .meta({ id: 'LobSettings', description: 'The facts about the payer that Lob needs' });

export const readLobAccount = (account: PayerAccount) => readAccount(LobSettings, 'Lob', account);

const Frozen = z.object({
  /** The check as it is filed with the bank, where it is also followed. */
  check: z
    .object({ account: z.string(), number: z.string(), amount: Decimal, date: z.string(), payee: z.string() })
    .transform(({ number, amount, ...rest }): CheckOnFile => ({
      ...rest,
      number: BigInt(number),
      amount: parseDecimal(amount, 'USD'),
    })),
  /** The body of the create call, sent unchanged. */
  body: z.string(),
});

export const thawLob = (request: Uint8Array) => thawJson(Frozen, request);

function verifyAddress({ line1, line2 = '', city, region, postalCode, country }: PostalAddress): void {
  if (country !== 'US') throw rejected('address.country', 'is not US: Lob mails checks only within the US');
  if (!line1.trim()) throw rejected('address.line1', 'is missing');
  if (line1.length + line2.length > STREET_LENGTH_MAX)
    throw rejected('address.line1', `and line2 together have more than ${STREET_LENGTH_MAX} characters`);
  if (!city.trim() || city.length > CITY_LENGTH_MAX) throw rejected('address.city', 'is missing or too long');
  if (!STATE.test(region)) throw rejected('address.region', 'is not a two-letter state');
  if (!ZIP.test(postalCode)) throw rejected('address.postalCode', 'is not a ZIP code');
}

function verifyAmount({ minor, currency }: Money): void {
  if (currency !== 'USD') throw rejected('currency', 'is not USD, the only currency in which Lob writes checks');
  if (minor <= 0n) throw rejected('amount', 'is not positive');
  if (minor > AMOUNT_MINOR_MAX)
    throw rejected('amount', 'is more than 999999.99, the highest amount that Lob writes on a check');
}

function toLobAddress(name: string, { line1, line2, city, region, postalCode }: PostalAddress) {
  return {
    name,
    address_line1: line1,
    ...(line2 ? { address_line2: line2 } : {}),
    address_city: city,
    address_state: region,
    address_zip: postalCode,
    address_country: 'US',
  };
}

/** Freezes a check that Lob prints and mails, in USD to US addresses only. Throws Failure `recipient_rejected`. */
export function freezeLob(order: PaymentOrder): Uint8Array {
  const { key, payoutId, account, destination, amount, reference, checkNumber, paidOn } = order;
  const { lobBankAccountId, bankAccount, from } = readLobAccount(account);
  if (destination.method !== 'check') throw rejected('method', 'is not a check');
  const { payee, address } = destination;
  if (!payee.trim() || payee.length > NAME_LENGTH_MAX)
    throw rejected('payee', `is missing or has more than ${NAME_LENGTH_MAX} characters`);
  if (reference.length > MEMO_LENGTH_MAX) throw rejected('reference', `has more than ${MEMO_LENGTH_MAX} characters`);
  if (checkNumber === null || checkNumber <= 0n || checkNumber > CHECK_NUMBER_MAX)
    throw rejected(
      'checkNumber',
      `is missing or above ${CHECK_NUMBER_MAX}, the highest number that Lob writes on a check`,
    );
  verifyAddress(address);
  verifyAmount(amount);
  const body = {
    to: toLobAddress(payee, address),
    from: toLobAddress(from.name, from),
    bank_account: lobBankAccountId,
    check_number: exactNumber(String(checkNumber)),
    amount: exactNumber(formatDecimal(amount)), // Lob rounds a third decimal, but USD has only two
    memo: reference,
    message: `Payment ${reference}`,
    use_type: 'operational',
    mail_type: 'usps_first_class',
    metadata: { payout_id: payoutId, attempt: key },
  };
  const check = {
    account: bankAccount.accountNumber,
    number: String(checkNumber),
    amount: formatDecimal(amount),
    date: paidOn,
    payee,
  };
  return freezeJson({ check, body: writeJson(body) });
}
