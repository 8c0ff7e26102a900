import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { atPar } from '../../../domain/earnings/conversion.ts';
import { remainingOf } from '../../../domain/earnings/refund.ts';
import { partOf } from '../../../domain/earnings/share.ts';
import { targetsOf } from '../../../domain/earnings/target.ts';
import { type Event, eventHash, WireEvent } from '../../../domain/event.ts';
import { exactOf, formatExactDecimal, parseExact } from '../../../domain/exact-amount.ts';
import { convertEvent } from '../../../domain/programs/exchange-rate.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { RUNS } from '../../fixtures/property-runs.ts';
import { event, percent, plan, refund, sale, steps } from './events.ts';

const click = (amount: string, more: object = {}): Event => event({ currency: 'USD', amount, ...more });
const back = (amount: string, more: object = {}): Event => refund(null, { currency: 'USD', amount, ...more });

describe('given amounts with more digits than their currency', () => {
  it.each([
    { amount: '0.004', minor: 0n, exact: 4000n, because: 'four thousandths of a dollar round to 0.00' },
    { amount: '0.005', minor: 0n, exact: 5000n, because: 'half a cent rounds to the even neighbour' },
    { amount: '0.015', minor: 2n, exact: 15_000n, because: 'half a cent rounds to the even neighbour' },
    { amount: '12.000001', minor: 1200n, exact: 12_000_001n, because: 'four more digits are kept' },
  ])('when an event has $amount then $because', ({ amount, minor, exact }) => {
    expect(click(amount)).toMatchObject({ minor, exact });
    expect(formatExactDecimal(exact, 'USD')).toBe(amount);
  });

  it('when an amount has no digit more then it is as any other, also in its hash', () => {
    expect(click('12.3400')).not.toHaveProperty('exact');
    expect(eventHash(click('12.3400'))).toEqual(eventHash(click('12.34')));
    expect(eventHash(click('0.004'))).not.toEqual(eventHash(click('0.003')));
    expect(formatExactDecimal(parseExact('5', 'JPY'), 'JPY')).toBe('5');
  });

  it.each([
    { wire: { amount: '0.0000001' }, field: 'amount', because: 'five digits more are too many' },
    { wire: { amount: '1.00', amounts: { tax: '0.001' } }, field: 'amounts', because: 'only the main amount may' },
    { wire: { kind: 'collected', collects: 'order-0', amount: '0.001' }, field: 'amount', because: 'nobody pays so' },
  ])('when $wire comes then it is refused: $because', ({ wire, field }) => {
    const sent = {
      source: 'shop',
      id: 'a',
      program: 'p',
      partner: 'q',
      kind: 'sale',
      occurredAt: '2026-03-10T12:00:00Z',
    };
    const { error } = WireEvent.safeParse({ ...sent, currency: 'USD', ...wire });
    expect(error?.issues.map(({ path, message }) => [path[0], message])).toEqual([
      [field, expect.stringContaining('digits after the decimal point')],
    ]);
  });

  it.each([
    { some: click('0.0085'), refunds: [back('0.0035')], left: { exact: 5000n, minor: 0n, isGone: false } },
    { some: sale(100n), refunds: [back('0.004')], left: { exact: 996_000n, minor: 100n, isGone: false } },
    { some: click('0.004'), refunds: [back('0.003'), back('0.001', { id: 'r2' })], left: { exact: 0n, isGone: true } },
    { some: click('0.004'), refunds: [refund(null)], left: { exact: 0n, minor: 0n, isGone: true } },
  ])('when parts are refunded then $left is left', ({ some, refunds, left }) => {
    expect(remainingOf(some, refunds)).toMatchObject(left);
  });

  it('when partners share an event then their exact parts add up to the whole', () => {
    const shares = [1n, 2n, 4n].map((weight, index) => ({ partnerId: BigInt(index), weight }));
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 1_000_000n }), (exact) => {
        const some = remainingOf(click(formatExactDecimal(exact, 'USD')), []);
        const parts = shares.map(({ partnerId }) => partOf(some, { eventPartnerId: 0n, shares }, partnerId));
        expect(parts.reduce((sum, part) => sum + ((part && exactOf(part)) ?? 0n), 0n)).toBe(exact);
      }),
      RUNS,
    );
  });

  it('when the event is in another currency then no digit is lost before the window is rounded', () => {
    const rate = {
      source: 'ECB',
      from: 'EUR',
      to: 'USD',
      on: '2026-03-10',
      day: '2026-03-10',
      fromRate: null,
      toRate: '1.085',
    } as const;
    const some = remainingOf(event({ currency: 'EUR', amount: '0.004' }), []);
    expect(convertEvent(some, rate)).toMatchObject({ minor: 0n, exact: 4340n, currency: 'USD' });
  });
});

describe('given incentives that measure exact amounts', () => {
  const measure = 'exact amount';
  const volumes = (terms: object, ...events: Event[]) =>
    events.map((one) => targetsOf(remainingOf(one, []), plan(terms), { zone: 'UTC' }, atPar)[0]?.measures.volume);

  it('then a window counts all digits, and another measure the rounded amount', () => {
    const monthly = percent('10', { window: 'month', unit: 'USD' });
    expect(volumes({ ...monthly, measure }, click('0.004'), sale(100n))).toEqual([4000n, 1_000_000n]);
    expect(volumes(monthly, click('0.004'), sale(100n))).toEqual([0n, 100n]);
  });

  it('then steps begin at exact amounts', () => {
    const tiers = steps('cliff', [{ from: '0.0001', percent: '5' }], { measure, window: 'event' });
    const minors = [click('0.00005'), click('1.000001')].map(
      (one) => targetsOf(remainingOf(one, []), plan(tiers), { zone: 'UTC' }, atPar)[0]?.minor,
    );
    expect(minors).toEqual([0n, 5n]);
  });

  it.each([
    { more: { release: 'collected' }, path: 'release', because: 'payments have the digits of their currency' },
    { more: { against: 'previous', growth: 'percent' }, path: 'measure', because: 'growth in percent is of amounts' },
  ])('when the terms have $more then they are refused: $because', ({ more, path }) => {
    const terms = percent('10', { measure, window: 'month', unit: 'USD', ...more });
    const { error } = PlanTerms.safeParse({ holdDays: 0, rounding: 'half-even', incentives: [terms] });
    expect(error?.issues.map((issue) => issue.path.at(-1))).toContain(path);
  });
});
