import { type CurrencyCode, exponentOf } from '../../domain/currency.ts';
import { formatDecimal, formatMinor, type Money } from '../../domain/money.ts';
import { rejected } from '../replies.ts';

/** Currencies that PayPal can pay out (https://developer.paypal.com/docs/reports/reference/paypal-supported-currencies/). */
const SUPPORTED: ReadonlySet<CurrencyCode> = new Set([
  'AUD', 'BRL', 'CAD', 'CHF', 'CNY', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'HUF', 'ILS', 'JPY', 'MXN', 'MYR', 'NOK', 'NZD',
  'PHP', 'PLN', 'SEK', 'SGD', 'THB', 'TWD', 'USD',
]); // prettier-ignore

/** Currencies in which PayPal takes no decimals (same page). ISO 4217 gives two of them cents, which PayPal cannot pay. */
const WHOLE_ONLY: ReadonlySet<CurrencyCode> = new Set(['HUF', 'JPY', 'TWD']);

/** Prints an amount in PayPal's format. Throws Failure `recipient_rejected` if PayPal cannot express it. */
export function formatPayPal(amount: Money): string {
  const { minor, currency } = amount;
  if (!SUPPORTED.has(currency)) throw rejected('currency', `${currency} is not one that PayPal pays out`);
  if (minor <= 0n) throw rejected('amount', 'is not positive');
  if (!WHOLE_ONLY.has(currency)) return formatDecimal(amount);
  const unit = 10n ** BigInt(exponentOf(currency));
  if (minor % unit !== 0n) throw rejected('amount', `has decimals, and PayPal pays only whole units of ${currency}`);
  return formatMinor(minor / unit, 0);
}
