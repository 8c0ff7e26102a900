import type { MovementKind } from '../../db/books/partner-statement.ts';
import type { Outcome } from '../../domain/payouts/outcome.ts';
import type { PayoutStatus } from '../../domain/payouts/payout.ts';
import type { Method } from '../../domain/rails.ts';
import { say } from './say.ts';
import type { Tone } from './words.ts';

/** The words of the portal, which speak to the partner. The sentences of a reason come from the function that decides about payments. */

type Place = '/details' | '/payouts';

const OUTCOME: Record<Outcome, { tone: Tone; place?: Place }> = {
  paid: { tone: 'good' },
  nothing_due: { tone: 'plain' },
  partner_merged: { tone: 'plain' },
  negative_balance: { tone: 'watch' },
  partner_on_hold: { tone: 'alert' },
  no_instrument: { tone: 'alert', place: '/details' },
  instrument_failed: { tone: 'alert', place: '/details' },
  instrument_cooling_off: { tone: 'watch', place: '/details' },
  instrument_not_confirmed: { tone: 'watch', place: '/details' },
  method_not_offered: { tone: 'alert', place: '/details' },
  below_minimum: { tone: 'watch' },
  excluded: { tone: 'watch' },
  changed_after_approval: { tone: 'watch' },
  held_after_approval: { tone: 'watch' },
  cut_after_approval: { tone: 'watch' },
};

/** An outcome for the partner: its name, and what there is to do and where. */
export const yourOutcome = (outcome: Outcome) => ({
  ...OUTCOME[outcome],
  label: say(`outcome.${outcome}`),
  todo: say(`outcome.${outcome}.todo`),
});

const PAYOUT: Record<PayoutStatus, Tone> = {
  draft: 'plain',
  approved: 'plain',
  executing: 'watch',
  sent: 'watch',
  settled: 'good',
  failed: 'alert',
  returned: 'alert',
  cancelled: 'plain',
};

/** The state of a payout, and the step that led to it. */
export const yourPayout = (status: PayoutStatus) => ({
  label: say(`payout.${status}`),
  tone: PAYOUT[status],
  step: say(`payout.${status}.step`),
});

/** A way to be paid, with the end of its account where it has one: `Bank, ending in 4321`. */
export function methodAndEnd(method: Method, last4: string, place?: 'start'): string {
  const name = place ? say(`method.start.${method}`) : say(`method.${method}`);
  return last4 === '' ? name : say('method.endingIn', { method: name, last4 });
}

/** The movements of a partner's balance in the ledger, as files name them. */
export const MOVEMENT: Record<MovementKind, string> = {
  accrual: 'Earnings',
  send: 'Payout',
  fail: 'Payout that failed',
  return: 'Payout that came back',
  suspense: 'Part of a payout that came back',
  adjustment: 'Correction',
  transfer: 'Transfer between partners',
  write_off: 'Balance written off',
  conversion: 'Points that became money',
};
