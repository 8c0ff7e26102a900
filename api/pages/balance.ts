import type { NextPayment } from '../../commands/payouts/payability.ts';
import type { Balance } from '../../db/payouts/balances.ts';
import { money } from '../../domain/money.ts';
import { formatAmount, formatDay } from './format.ts';
import { html, type Html } from './html.ts';

/** The balance of a partner in a currency, by state. Its four parts are what was earned. */
export function balanceTotals(balance: Balance, payments: readonly NextPayment[]): Html {
  const { currency, heldMinor, payableMinor, inPayoutMinor, paidMinor } = balance;
  const [freeOn] = payments
    .flatMap(({ payable, nextAvailableOn }) =>
      payable.currency === currency && nextAvailableOn ? nextAvailableOn : [],
    )
    .toSorted();
  const parts = [
    ['Held', heldMinor, freeOn ? `for refunds; the next part is free on ${formatDay(freeOn)}` : 'nothing is held'],
    ['Payable', payableMinor, 'free, and in no payout yet'],
    ['On its way', inPayoutMinor, 'in a payout that is not final'],
    ['Paid', paidMinor, 'final'],
  ] as const;
  return html`<dl class="totals">
    ${parts.map(
      ([name, minor, about]) =>
        html`<div>
          <dt>${name}</dt>
          <dd class="sum">${formatAmount(money(minor, currency))}</dd>
          <dd class="then">${about}</dd>
        </div>`,
    )}
  </dl>`;
}
