import type { NextPayment } from '../../commands/payouts/payability.ts';
import type { Balance } from '../../db/payouts/balances.ts';
import { money } from '../../domain/money.ts';
import { formatAmount, formatDay } from './format.ts';
import { html, type Html } from './html.ts';
import { say } from './say.ts';

/** The balance of a partner in a currency, by state. Its four parts are what was earned. */
export function balanceTotals(balance: Balance, payments: readonly NextPayment[]): Html {
  const { currency, heldMinor, payableMinor, inPayoutMinor, paidMinor } = balance;
  const [freeOn] = payments
    .flatMap(({ payable, nextAvailableOn }) =>
      payable.currency === currency && nextAvailableOn ? nextAvailableOn : [],
    )
    .toSorted();
  const parts = [
    [
      say('balance.held'),
      heldMinor,
      freeOn ? say('balance.held.until', { day: formatDay(freeOn) }) : say('balance.held.nothing'),
    ],
    [say('balance.payable'), payableMinor, say('balance.payable.about')],
    [say('balance.onItsWay'), inPayoutMinor, say('balance.onItsWay.about')],
    [say('balance.paid'), paidMinor, say('balance.paid.about')],
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
