import type { CurrencyCode } from '../../domain/currency.ts';
import { formatDecimal, formatMinor, type Money } from '../../domain/money.ts';
import { railUnit } from '../../domain/rails.ts';
import { rejected } from '../replies.ts';

/** Currencies that PayPal can pay out (https://developer.paypal.com/docs/reports/reference/paypal-supported-currencies/). */
const SUPPORTED: ReadonlySet<CurrencyCode> = new Set([
  'AUD', 'BRL', 'CAD', 'CHF', 'CNY', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'HUF', 'ILS', 'JPY', 'MXN', 'MYR', 'NOK', 'NZD',
  'PHP', 'PLN', 'SEK', 'SGD', 'THB', 'TWD', 'USD',
]); // prettier-ignore

/** Prints an amount in PayPal's format, without decimals where PayPal takes none (same page). Throws Failure `recipient_rejected` if PayPal cannot express it. */
export function formatPayPal(amount: Money): string {
  const { minor, currency } = amount;
  if (!SUPPORTED.has(currency)) throw rejected('currency', `${currency} is not one that PayPal pays out`);
  if (minor <= 0n) throw rejected('amount', 'is not positive');
  const unit = railUnit('paypal', currency);
  if (unit === 1n) return formatDecimal(amount);
  if (minor % unit !== 0n) throw rejected('amount', `has decimals, and PayPal pays only whole units of ${currency}`);
  return formatMinor(minor / unit, 0);
}
