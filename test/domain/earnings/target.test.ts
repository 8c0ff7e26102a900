import { describe, expect, it } from 'vitest';

import { remainingOf } from '../../../domain/earnings/refund.ts';
import { atPar } from '../../../domain/earnings/conversion.ts';
import { targetsOf } from '../../../domain/earnings/target.ts';
import { whyNothing } from '../../../domain/earnings/why-nothing.ts';
import type { Event } from '../../../domain/event.ts';
import type { PlanTerms } from '../../../domain/programs/plan.ts';
import { event, flat, percent, plan, refund, sale, steps } from './events.ts';

const zone = 'America/Sao_Paulo';
const targets = (some: Event, terms: PlanTerms, ...refunds: Event[]) =>
  targetsOf(remainingOf(some, refunds), terms, { zone }, atPar);
const minorsOf = (some: Event, terms: PlanTerms, ...refunds: Event[]) =>
  targets(some, terms, ...refunds).map(({ minor }) => minor);

describe('given incentives that pay each event by itself', () => {
  const units = flat('5.00', { measure: 'quantity' });
  const freight = percent('100', { id: 'freight', measure: 'freight' });
  const margin = percent('50', { id: 'margin', measure: 'amount - cost' });
  const bounded = percent('5', { pay: { rule: 'percent', percent: '5', least: '1.00', most: '50.00' }, unit: 'USD' });
  const share = percent('100', { id: 'share' });
  const fee = { ...bounded, id: 'fee', deduct: true };
  const fixed = flat('1.00', { id: 'fixed', deduct: true });

  it.each([
    { some: sale(3330n), terms: plan(percent('2.5')), minors: [83n], because: '83.25 cents round down' },
    { some: sale(100n), terms: plan(percent('2.5')), minors: [2n], because: '2.5 cents round to even' },
    { some: sale(300n), terms: plan(percent('2.5')), minors: [8n], because: '7.5 cents round to even' },
    { some: sale(0n), terms: plan(percent('2.5')), minors: [0n], because: 'an earning of zero is explained too' },
    { some: sale(1000n), terms: plan(percent('10'), flat()), minors: [100n, 500n], because: 'incentives add up' },
    {
      some: sale(1000n),
      terms: plan(units),
      minors: [0n],
      because: 'the sale counts no units, and the earning says so',
    },
    { some: sale(1000n, { quantity: 3 }), terms: plan(units), minors: [1500n], because: 'each unit earns' },
    {
      some: sale(1000n, { amounts: { freight: '8.72' } }),
      terms: plan(percent('88'), freight),
      minors: [880n, 872n],
      because: 'freight is passed on in full',
    },
    {
      some: sale(1000n, { amounts: { cost: '4.00' } }),
      terms: plan(margin),
      minors: [300n],
      because: 'half of the margin of 6.00 is earned',
    },
    { some: sale(1000n), terms: plan(margin), minors: [500n], because: 'a cost that nobody names is 0' },
    {
      some: sale(1000n, { amounts: { cost: '14.00' } }),
      terms: plan(margin),
      minors: [0n],
      because: 'a loss does not earn less than zero',
    },
    { some: sale(500n), terms: plan(bounded), minors: [100n], because: '0.25 is less than the least' },
    { some: sale(200_000n), terms: plan(bounded), minors: [5000n], because: '100.00 is more than the most' },
    { some: sale(0n), terms: plan(bounded), minors: [0n], because: 'the least is for something' },
    {
      some: sale(1000n),
      terms: plan(share, fee, fixed),
      minors: [1000n, -100n, -100n],
      because: 'the least fee and the fixed fee leave 8.00',
    },
    {
      some: sale(200_000n),
      terms: plan(share, fee, fixed),
      minors: [200_000n, -5000n, -100n],
      because: 'the most and the fixed fee leave 1,949.00',
    },
    {
      some: sale(150n),
      terms: plan(share, fee, fixed),
      minors: [150n, -100n, -50n],
      because: 'deductions never take more than the event earns',
    },
    { some: event({ kind: 'training' }), terms: plan(percent('10')), minors: [], because: 'only sales earn' },
    {
      some: event({ kind: 'training' }),
      terms: plan(flat('5.00', { when: { kinds: ['training'] } })),
      minors: [500n],
      because: 'an activity earns without an amount',
    },
    {
      some: event({ currency: 'EUR', amount: '5.00' }),
      terms: plan({ ...bounded, when: { kinds: ['sale'], currencies: ['USD'] } }),
      minors: [],
      because: 'only dollars count',
    },
    { some: refund(100n), terms: plan(percent('10'), flat()), minors: [], because: 'a refund earns nothing' },
  ])('when its worth is asked then $minors: $because', ({ some, terms, minors }) => {
    expect(minorsOf(some, terms)).toEqual(minors);
  });

  it.each([
    { back: refund(5000n), minors: [750n, 3000n], because: 'the flat bonus stays until the whole is gone' },
    { back: refund(20_000n), minors: [0n, 0n], because: 'the whole is gone' },
    { back: refund(null), minors: [0n, 0n], because: 'a refund that names nothing is of the whole' },
  ])('when $back.minor of 200.00 is refunded then 5 % and 30.00 are worth $minors: $because', ({ back, minors }) => {
    expect(minorsOf(sale(20_000n), plan(percent('5'), flat('30.00')), back)).toEqual(minors);
  });

  it('when the other earnings are in another currency then a fee takes nothing, and says why', () => {
    const euros = event({ currency: 'EUR', amount: '100.00' });
    expect(targets(euros, plan(percent('8'), fixed))).toMatchObject([
      { currency: 'EUR', minor: 800n, lacks: null },
      { currency: 'USD', minor: 0n, lacks: 'no other earnings in USD' },
    ]);
  });

  it('when the contract does not take a bonus back then a refund changes nothing', () => {
    const kept = flat('30.00', { onRefund: 'ignore' });
    expect(minorsOf(sale(20_000n), plan(percent('5'), kept), refund(null))).toEqual([0n, 3000n]);
  });

  it('when an incentive is for one category then other events do not earn by it', () => {
    const routers = percent('10', { when: { event: { category: ['router', 'switch'] } } });
    const of = (category: string) => minorsOf(sale(1000n, { attributes: { category } }), plan(routers));
    expect([of('router'), of('switch'), of('cable'), minorsOf(sale(1000n), plan(routers))]).toEqual([
      [100n],
      [100n],
      [],
      [],
    ]);
  });
});

describe('given a promotion from 10 March until 12 March in São Paulo', () => {
  const terms = plan(flat('5.00', { when: { from: '2026-03-10', until: '2026-03-12' } }));

  it.each([
    { occurredAt: '2026-03-10T02:59:59Z', bonus: false, because: 'it is still the 9th in São Paulo' },
    { occurredAt: '2026-03-10T03:00:00Z', bonus: true, because: 'the 10th begins' },
    { occurredAt: '2026-03-12T02:59:59Z', bonus: true, because: 'it is still the 11th in São Paulo' },
    { occurredAt: '2026-03-12T03:00:00Z', bonus: false, because: 'the promotion does not include its last day' },
  ])('when a sale happens at $occurredAt then it earns the bonus: $bonus, $because', ({ occurredAt, bonus }) => {
    expect(minorsOf(sale(100n, { occurredAt }), terms).length > 0).toBe(bonus);
  });
});

describe('given a bonus for the score of a quarter', () => {
  const score = { id: 'score', measure: 'reading nps', window: 'quarter', when: { kinds: ['score'] } };
  const terms = plan(steps('cliff', [{ from: '50', amount: '7.00' }], score));
  const read = (on?: string) => event({ kind: 'score', reading: { metric: 'nps', value: '60', on } });

  it.each([
    { on: undefined, start: '2026-01-01', because: 'it is about the day of the event' },
    { on: '2025-12-31', start: '2025-10-01', because: 'it may be about a window that is over' },
    { on: '2026-03-31', start: '2026-01-01', because: 'it may be about the end of the window that goes on' },
  ])('when a reading of 10 March is about $on then it counts: $because', ({ on, start }) => {
    expect(targets(read(on), terms)).toMatchObject([{ scope: { start }, lacks: null }]);
  });

  it('when a reading of 10 March is about the next quarter then it counts nowhere, and says why', () => {
    expect(targets(read('2026-04-01'), terms)).toMatchObject([{ scope: null, measures: { volume: 0n } }]);
    const reason = whyNothing(remainingOf(read('2026-04-01'), []), terms, { zone });
    expect(reason).toBe('it has no reading of a window that has begun');
  });
});

describe('given a volume that counts in a window', () => {
  const list = [{ from: '0', percent: '5' }];

  it.each([
    { window: 'month', start: '2026-02-01' },
    { window: 'quarter', start: '2026-01-01' },
    { window: 'half-year', start: '2026-01-01' },
    { window: 'year', start: '2026-01-01' },
    { window: 'lifetime', start: '1970-01-01' },
  ])('when the window is a $window then a sale late on 28 February counts from $start', ({ window, start }) => {
    const late = sale(100n, { occurredAt: '2026-03-01T01:00:00Z' });
    const [target] = targets(late, plan(steps('marginal', list, { window })));
    expect(target).toMatchObject({
      scope: { window, start, measure: 'amount', group: '' },
      measures: { volume: 100n },
    });
  });

  it('when units are counted and an amount is paid then both are measured', () => {
    const counted = steps('marginal', [{ from: '0', percent: '20' }], { measure: 'quantity' });
    const [target] = targets(sale(10_000n, { quantity: 2 }), plan(counted));
    expect(target).toMatchObject({ scope: { measure: 'quantity of amount' }, measures: { volume: 2n, of: 10_000n } });
  });

  it('when each region is counted apart then the region is part of the scope, and an event without one earns nothing', () => {
    const grouped = plan(steps('marginal', list, { groupBy: 'region' }));
    expect(targets(sale(100n, { attributes: { region: 'EMEA' } }), grouped)).toMatchObject([
      { scope: { group: 'EMEA' } },
    ]);
    expect(targets(sale(100n), grouped)).toMatchObject([{ scope: null, minor: 0n, lacks: 'no attribute region' }]);
  });
});

describe('given an event that earns nothing', () => {
  it.each([
    { some: event({ kind: 'visit' }), reason: /^no incentive is for the kind visit on 2026-03-10/ },
    { some: sale(100n), reason: /^it has no freight$/ },
    { some: sale(100n, { amounts: { freight: '0.00' } }), reason: undefined },
  ])('when somebody asks why then the reason is $reason', ({ some, reason }) => {
    const terms = plan(percent('100', { measure: 'freight' }));
    const said = whyNothing(remainingOf(some, []), terms, { zone });
    if (reason) expect(said).toMatch(reason);
    else expect(said).toBeUndefined();
  });
});
