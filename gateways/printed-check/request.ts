import { z } from 'zod';

import { sha256 } from '../../domain/canonical.ts';
import { formatDecimal, parseDecimal } from '../../domain/money.ts';
import { isRoutingNumber } from '../../domain/payers/routing-number.ts';
import type { CheckOnFile } from '../check-bank/issuing.ts';
import type { PayerAccount, PaymentOrder, PostalAddress } from '../gateway.ts';
import { Currency, Decimal, freezeJson, thawJson } from '../json.ts';
import { readAccount, rejected } from '../replies.ts';
import { amountInWords } from './amount-words.ts';
import { isPrintable, type PrintedCheck } from './check-pdf.ts';

/** The lengths that fit on one line of the check. Longer text is refused, never cut. */
const PAYEE_LENGTH_MAX = 60;
const ADDRESS_LENGTH_MAX = 60;
const AMOUNT_WORDS_LENGTH_MAX = 120;

export const PrintedCheckSettings = z
  .object({
    accountNumber: z
      .string()
      .regex(/^\d{4,17}$/, 'must be 4 to 17 digits')
      .meta({
        description: 'The number of the account that the checks are drawn on, 4 to 17 digits',
        examples: ['987654321'],
      }),
    routingNumber: z
      .string()
      .refine(isRoutingNumber, 'is not a valid routing number')
      .meta({
        description:
          'The ABA routing number of a US bank, nine digits; required for a payer in the US; without it the check has no line for machines',
        examples: ['122100024'],
      })
      .optional(),
    bankName: z
      .string()
      .min(1)
      .refine(isPrintable)
      .meta({ description: 'The name of the bank, as it is printed', examples: ['First Example Bank'] }),
  })
  .meta({ id: 'PrintedCheckSettings', description: 'The facts that are printed on the checks of the payer' });

export const readCheckAccount = (account: PayerAccount) => readAccount(PrintedCheckSettings, 'check', account);

const Address = z.object({
  line1: z.string(),
  line2: z.string().optional(),
  city: z.string(),
  region: z.string(),
  postalCode: z.string(),
  country: z.string(),
});

const Frozen = z
  .object({
    number: z.string().regex(/^\d+$/),
    accountNumber: z.string(),
    routingNumber: z.string().nullable(),
    bankName: z.string(),
    payee: z.string(),
    payeeAddress: Address,
    payerName: z.string(),
    payerAddress: Address.nullable(),
    amount: Decimal,
    currency: Currency,
    date: z.string(),
    memo: z.string(),
  })
  .transform(({ amount, currency, number, ...rest }): PrintedCheck => ({
    ...rest,
    number: BigInt(number),
    amount: parseDecimal(amount, currency),
  }));

export const thawCheck = (request: Uint8Array): PrintedCheck => thawJson(Frozen, request);

function verifyTexts(texts: Readonly<Record<string, string | undefined>>, lengthMax: number): void {
  for (const [field, text = ''] of Object.entries(texts)) {
    if (text.length > lengthMax) throw rejected(field, `has more than ${lengthMax} characters`);
    if (!isPrintable(text)) throw rejected(field, 'contains a letter that the check printer does not have');
  }
}

function verifyAddress(field: 'address' | 'payerAddress', address: PostalAddress): void {
  if (!address.line1.trim() || !address.city.trim()) throw rejected(field, 'has no street or no city');
  const texts = Object.entries(address).map(([part, text]) => [`${field}.${part}`, text] as const);
  verifyTexts(Object.fromEntries(texts), ADDRESS_LENGTH_MAX);
}

/** Freezes a check that we print ourselves. Throws Failure `recipient_rejected`. */
export function freezeCheck(order: PaymentOrder): Uint8Array {
  const { account, destination, amount, checkNumber, payerName, payerAddress, paidOn, reference } = order;
  const { accountNumber, routingNumber, bankName } = readCheckAccount(account);
  if (destination.method !== 'check') throw rejected('method', 'is not a check');
  if (checkNumber === null || checkNumber <= 0n) throw rejected('checkNumber', 'is missing');
  if (amount.minor <= 0n) throw rejected('amount', 'is not positive');
  if (amountInWords(amount).length > AMOUNT_WORDS_LENGTH_MAX)
    throw rejected('amount', 'is too long to be written in words on one line of a check');
  if (!destination.payee.trim()) throw rejected('payee', 'is missing');
  verifyTexts({ payee: destination.payee, payerName, reference }, PAYEE_LENGTH_MAX);
  verifyAddress('address', destination.address);
  if (payerAddress) verifyAddress('payerAddress', payerAddress);
  return freezeJson({
    number: String(checkNumber),
    accountNumber,
    routingNumber: routingNumber ?? null,
    bankName,
    payee: destination.payee,
    payeeAddress: destination.address,
    payerName,
    payerAddress,
    amount: formatDecimal(amount),
    currency: amount.currency,
    date: paidOn,
    memo: reference,
  });
}

/**
 * Names a check without revealing its account. The last four digits are for people, and a short hash distinguishes accounts with the
 * same ending. Four hexadecimal digits are far too few to recover an account number.
 */
export function checkReference(accountNumber: string, number: bigint): string {
  const mark = sha256(accountNumber).toString('hex').slice(0, 4);
  return `${accountNumber.slice(-4)}-${mark}-${number}`;
}

/** The check as it is filed with the bank. */
export const checkOnFile = (check: PrintedCheck): CheckOnFile => ({
  account: check.accountNumber,
  number: check.number,
  amount: check.amount,
  date: check.date,
  payee: check.payee,
});
