import { type Event, toEvent, WireEvent } from '../../../domain/event.ts';
import { formatMinor } from '../../../domain/money.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';

/** An event of one partner. Every field can be chosen. */
export const event = (fields: Record<string, unknown> = {}): Event =>
  toEvent(
    WireEvent.parse({
      source: 'shop',
      id: 'order-1:1',
      program: 'marketplace',
      partner: 'seller-7',
      kind: 'sale',
      occurredAt: '2026-03-10T12:00:00-03:00',
      ...fields,
    }),
  );

export const usd = (minor: bigint) => ({ currency: 'USD', amount: formatMinor(minor, 2) });
export const sale = (minor: bigint, more: object = {}): Event => event({ ...usd(minor), ...more });
/** A refund of `order-1:1`. Without an amount or another measure it takes back the whole. */
export const refund = (minor: bigint | null, more: object = {}): Event =>
  event({ id: 'refund-1', kind: 'refund', refundOf: 'order-1:1', ...(minor === null ? {} : usd(minor)), ...more });

export const plan = (...incentives: unknown[]): PlanTerms =>
  PlanTerms.parse({ holdDays: 14, rounding: 'half-even', incentives });

export const percent = (rate: string, more: object = {}) => ({
  id: 'commission',
  pay: { rule: 'percent', percent: rate },
  ...more,
});
export const flat = (amount = '5.00', more: object = {}) => ({
  id: 'bonus',
  pay: { rule: 'flat', amount },
  unit: 'USD',
  ...more,
});
export const steps = (mode: 'marginal' | 'cliff', list: readonly object[], more: object = {}) => ({
  id: 'volume',
  window: 'month',
  unit: 'USD',
  pay: { rule: 'steps', mode, steps: list },
  ...more,
});
