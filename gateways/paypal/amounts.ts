import { type CurrencyCode, exponentOf } from '../../domain/currency.ts';
import { formatDecimal, formatMinor, type Money } from '../../domain/money.ts';
import { rejected } from '../answers.ts';

/** Currencies that PayPal can pay out (https://developer.paypal.com/docs/reports/reference/paypal-supported-currencies/). */
const SUPPORTED: ReadonlySet<CurrencyCode> = new Set([
  'AUD', 'BRL', 'CAD', 'CHF', 'CNY', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'HUF', 'ILS', 'JPY', 'MXN', 'MYR', 'NOK', 'NZD',
  'PHP', 'PLN', 'SEK', 'SGD', 'THB', 'TWD', 'USD',
]); // prettier-ignore

/** PayPal takes no decimals in these (same page); ISO 4217 gives two of them cents that PayPal cannot pay. */
const WHOLE_ONLY: ReadonlySet<CurrencyCode> = new Set(['HUF', 'JPY', 'TWD']);

/** Prints an amount as PayPal wants it. Throws Failure `recipient_rejected` where it cannot be expressed. */
export function formatPayPal(amount: Money): string {
  const { minor, currency } = amount;
  if (!SUPPORTED.has(currency)) throw rejected('currency', `${currency} cannot be paid by PayPal`);
  if (minor <= 0n) throw rejected('amount', 'is not positive');
  if (!WHOLE_ONLY.has(currency)) return formatDecimal(amount);
  const unit = 10n ** BigInt(exponentOf(currency));
  if (minor % unit !== 0n) throw rejected('amount', `has decimals, which PayPal does not pay in ${currency}`);
  return formatMinor(minor / unit, 0);
}
