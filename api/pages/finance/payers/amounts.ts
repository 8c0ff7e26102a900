import { isCurrency } from '../../../../domain/currency.ts';
import { whyNotAmount } from '../../../../domain/fields.ts';
import { formatDecimal, type Money, parseDecimal } from '../../../../domain/money.ts';

/** Amounts of several currencies in one field of a form: one a line, such as `25.00 USD`. */

export const amountLines = (amounts: readonly Money[]): string =>
  amounts.map((amount) => `${formatDecimal(amount)} ${amount.currency}`).join('\n');

/** Reads such lines. The answer is the amounts, or the reason why one line is not an amount. */
export function readAmountLines(text: string): readonly Money[] | string {
  const amounts: Money[] = [];
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    if (line === '') continue;
    const [amount = '', currency = '', ...rest] = line.split(/\s+/);
    if (!isCurrency(currency) || rest.length > 0 || !/^\d{1,18}(\.\d{1,18})?$/.test(amount))
      return `has the line "${line}", which is not an amount with its currency, such as 25.00 USD`;
    const wrong = whyNotAmount(amount, currency);
    if (wrong) return `has the line "${line}": ${wrong}`;
    if (amounts.some((one) => one.currency === currency)) return `names ${currency} twice`;
    amounts.push(parseDecimal(amount, currency));
  }
  return amounts;
}
