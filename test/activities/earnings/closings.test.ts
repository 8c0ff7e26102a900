import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { closeWindows } from '../../../commands/earnings/closings.ts';
import { recordRates } from '../../../commands/earnings/exchange-rates.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { listStandings } from '../../../db/earnings/standing.ts';
import { listAlarms } from '../../../db/tasks/alarms.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addVersion, reRate } from '../../fixtures/re-rating.ts';
import { addCompany, addPartner } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const DAY_MS = 24 * 60 * 60 * 1000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
/** Noon of a day of this month or, below 0, of an earlier one. */
const inMonth = (months: number, day = 1): string => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, day, 12)).toISOString();
};

async function openShop(incentive: object, zone = 'UTC') {
  const terms = { holdDays: 0, rounding: 'half-even', incentives: [{ id: 'bonus', unit: 'USD', ...incentive }] };
  const company = await addCompany(fixture.app, { terms, zone });
  const { id, code } = await addPartner(fixture.app, company);
  const earned = () =>
    fixture.app.anyFirst(sql.type(z.object({ minor: z.bigint() }))`
      select amount_minor as minor from earning where partner_id = ${id} order by event_id, n`);
  const settle = async () => {
    await closeWindows(fixture.app);
    await accrueAll(fixture.app, company.code);
    return earned();
  };
  const send = async (event: Partial<WireEvent> & { id: string; occurredAt: string }) => {
    const wire = { source: company.code, program: company.code, partner: code, kind: 'sale', ...event };
    await intakeEvents(fixture.app, [{ wire, unit: 0 }], { nowMs: Date.now(), strict: true, by: company.approver });
    await accrueAll(fixture.app, company.code);
  };
  /** The worth of the window of this month, which is open. */
  const openWorth = async () =>
    (await listStandings(fixture.app, id, null, 10)).find(
      ({ scope: { start } }) => start.slice(0, 7) === inMonth(0).slice(0, 7),
    )?.worthMinor ?? 0n;
  return { company, code, send, settle, earned, openWorth };
}

const sum = (minors: readonly bigint[]): bigint => minors.reduce((total, minor) => total + minor, 0n);

const amount = (text: string) => ({ currency: 'USD' as const, amount: text });
const TEN = { pay: { rule: 'percent', percent: '10' }, window: 'month', earned: 'at-close' };

describe('given 10 % of a month that is earned at its close', () => {
  it('when the month has ended then it earns once, and the sales of this month wait', async () => {
    const { send, settle } = await openShop(TEN);
    await send({ id: 'old', occurredAt: inMonth(-1), ...amount('100.00') });
    await send({ id: 'new', occurredAt: inMonth(0), ...amount('500.00') });
    expect(await settle()).toEqual([0n, 0n, 1000n]);
    expect(await settle()).toEqual([0n, 0n, 1000n]);
  });

  it('when two sweeps close at the same moment then the window earns once', async () => {
    const { send, settle } = await openShop(TEN);
    await send({ id: 'twice', occurredAt: inMonth(-1), ...amount('100.00') });
    await Promise.all([closeWindows(fixture.app), closeWindows(fixture.app), closeWindows(fixture.app)]);
    expect(await settle()).toEqual([0n, 1000n]);
  });

  it('when a sale or a refund comes after the close then it earns, or takes back, the difference', async () => {
    const { send, settle } = await openShop(TEN);
    await send({ id: 'in-time', occurredAt: inMonth(-1), ...amount('100.00') });
    await settle();
    await send({ id: 'late', occurredAt: inMonth(-1), ...amount('50.00') });
    await send({ id: 'back', kind: 'refund', refundOf: 'in-time', occurredAt: inMonth(0) });
    expect(await settle()).toEqual([0n, 1000n, 500n, -1000n]);
  });

  it('when there are days of grace then the window is closed after them', async () => {
    const yesterday = Date.now() - DAY_MS;
    const promotion = { from: dayOf(yesterday - 20 * DAY_MS), until: dayOf(yesterday) };
    const terms = { ...TEN, window: 'promotion', when: { kinds: ['sale'], ...promotion } };
    const [patient, strict] = [await openShop({ ...terms, graceDays: 5 }), await openShop(terms)];
    for (const shop of [patient, strict])
      await shop.send({ id: 'one', occurredAt: new Date(yesterday - 2 * DAY_MS).toISOString(), ...amount('10.00') });
    expect([await patient.settle(), await strict.settle()]).toEqual([[0n], [0n, 100n]]);
  });
});

describe('given 10 % of a month, and sales of it that come after it was closed', () => {
  it.each([
    {
      lateAfterClose: 're-rate',
      late: 500n,
      back: -100n,
      corrected: 3000n,
      next: 0n,
      because: 'the closed month goes on',
    },
    { lateAfterClose: 'next-window', late: 0n, back: 0n, corrected: 0n, next: 3400n, because: 'this month is open' },
    { lateAfterClose: 'keep-out', late: 0n, back: 0n, corrected: 0n, next: 0n, because: 'it counts nowhere' },
  ])(
    'when late sales are $lateAfterClose then they earn $late at once, and $next later: $because',
    async ({ lateAfterClose, late, back, corrected, next }) => {
      const { send, settle, earned, openWorth } = await openShop({ ...TEN, lateAfterClose });
      await send({ id: 'in-time', occurredAt: inMonth(-2), ...amount('100.00') });
      await send({ id: 'after', occurredAt: inMonth(-1), ...amount('10.00') });
      expect(sum(await settle())).toBe(1100n);
      const earns = async (event: Parameters<typeof send>[0]) => {
        const before = sum(await earned());
        await send(event);
        return sum(await earned()) - before;
      };
      expect(await earns({ id: 'late', occurredAt: inMonth(-2), ...amount('50.00') })).toBe(late);
      const refund = { kind: 'refund', occurredAt: inMonth(0) };
      expect(await earns({ id: 'back', ...refund, refundOf: 'late', ...amount('10.00') })).toBe(back);
      expect(await earns({ id: 'late', revision: 2, occurredAt: inMonth(-2, 2), ...amount('350.00') })).toBe(corrected);
      expect(await earns({ id: 'back-2', ...refund, refundOf: 'in-time', ...amount('20.00') })).toBe(-200n);
      expect(await earns({ id: 'in-time', revision: 2, occurredAt: inMonth(-2), ...amount('220.00') })).toBe(1200n);
      expect(await openWorth()).toBe(next);
    },
  );
});

describe('given a month that is earned at its close and keeps late sales out', () => {
  const STRICT = { ...TEN, lateAfterClose: 'keep-out' };

  it('when a sale waits for its rate until the month is closed then it counts there, because it came before', async () => {
    const { company, send, settle } = await openShop(STRICT);
    await send({ id: 'here', occurredAt: inMonth(-1), ...amount('100.00') });
    await send({ id: 'abroad', occurredAt: inMonth(-1), currency: 'EUR', amount: '50.00' });
    expect(await settle()).toEqual([0n, 1000n]);
    await send({ id: 'late', occurredAt: inMonth(-1), currency: 'EUR', amount: '10.00' });
    const rate = { day: inMonth(-1).slice(0, 10), quote: 'USD', rate: '2' };
    await recordRates(fixture.app, [rate], { source: 'ECB', by: company.approver, nowMs: Date.now() });
    expect(await settle()).toEqual([0n, 1000n, 1000n, 0n]);
  });

  it('when a sale had left the month before it was closed then a correction that brings it back is late', async () => {
    const { send, settle } = await openShop(STRICT);
    await send({ id: 'stays', occurredAt: inMonth(-2), ...amount('100.00') });
    await send({ id: 'moves', occurredAt: inMonth(-2), ...amount('50.00') });
    await send({ id: 'moves', revision: 2, occurredAt: inMonth(0), ...amount('50.00') });
    expect(sum(await settle())).toBe(1000n);
    await send({ id: 'moves', revision: 3, occurredAt: inMonth(-2), ...amount('50.00') });
    expect(sum(await settle())).toBe(1000n);
  });

  it('when its only sale had left before its day of closing then nothing closes it, and the next sale counts', async () => {
    const { send, settle } = await openShop(STRICT);
    await send({ id: 'moves', occurredAt: inMonth(-2), ...amount('50.00') });
    await send({ id: 'moves', revision: 2, occurredAt: inMonth(0), ...amount('50.00') });
    expect(sum(await settle())).toBe(0n);
    await send({ id: 'first', occurredAt: inMonth(-2), ...amount('70.00') });
    expect(sum(await settle())).toBe(700n);
    await send({ id: 'late', occurredAt: inMonth(-2), ...amount('10.00') });
    expect(sum(await settle())).toBe(700n);
  });

  it('when corrected terms count more kinds of sales then a re-rating counts those that came before the closing', async () => {
    const { company, send, settle, earned } = await openShop({ ...STRICT, when: { kinds: ['sale'] } });
    await send({ id: 'sold', occurredAt: inMonth(-2), ...amount('100.00') });
    await send({ id: 'leased', kind: 'lease', occurredAt: inMonth(-2), ...amount('30.00') });
    expect(sum(await settle())).toBe(1000n);
    await send({ id: 'late', kind: 'lease', occurredAt: inMonth(-2), ...amount('20.00') });
    const incentives = [{ id: 'bonus', unit: 'USD', ...STRICT, when: { kinds: ['sale', 'lease'] } }];
    const corrected = { holdDays: 0, rounding: 'half-even', incentives };
    await addVersion(fixture.app, company, '2020-01-02T00:00:00Z', corrected);
    await reRate(fixture.app, company, { from: inMonth(-2).slice(0, 10), until: null });
    expect(sum(await earned())).toBe(1300n);
  });
});

describe('given a bonus by the market share of a month, of which nobody has sent a reading', () => {
  it('when the month is closed then an alarm says so, and a reading that comes later earns it', async () => {
    const steps = [
      { from: '10', amount: '50.00' },
      { from: '30', amount: '200.00' },
    ];
    const { code, send, settle } = await openShop({
      ...TEN,
      measure: 'reading market_share',
      when: { kinds: ['sale', 'reading'] },
      pay: { rule: 'steps', mode: 'cliff', steps },
    });
    await send({
      id: 'weak',
      kind: 'reading',
      occurredAt: inMonth(-2),
      reading: { metric: 'market_share', value: '9.9' },
    });
    await send({ id: 'other', kind: 'reading', occurredAt: inMonth(-1), reading: { metric: 'score', value: '99' } });
    expect(await settle()).toEqual([0n, 0n]);
    const alarms = async () =>
      (await listAlarms(fixture.app, 0n, 100)).filter(({ subject }) => subject === `partner/${code}`);
    expect(await alarms()).toEqual([]);
    const on = inMonth(-2).slice(0, 10);
    await send({
      id: 'better',
      kind: 'reading',
      occurredAt: inMonth(-1),
      reading: { metric: 'market_share', value: '31', on },
    });
    expect(await settle()).toEqual([0n, 0n, 20_000n]);
  });

  it('when a percentage of the sales depends on it then the alarm names the windows, and ends when each has its reading', async () => {
    const steps = [{ from: '10', percent: '5' }];
    const { company, code, send, settle } = await openShop({
      ...TEN,
      measure: 'reading market_share',
      when: { kinds: ['sale', 'reading'] },
      pay: { rule: 'steps', mode: 'cliff', steps },
    });
    await send({ id: 'sold', occurredAt: inMonth(-1), ...amount('200.00') });
    await send({ id: 'sold-before', occurredAt: inMonth(-2), ...amount('100.00') });
    expect(sum(await settle())).toBe(0n);
    const alarms = async () =>
      (await listAlarms(fixture.app, 0n, 100)).filter(({ subject }) => subject === `partner/${code}`);
    const detail = (months: number): unknown =>
      expect.stringContaining(
        `from ${inMonth(months).slice(0, 10)} of the incentive bonus in program ${company.code} was closed without the reading market_share of its month`,
      );
    expect(await alarms()).toMatchObject([
      { kind: 'reading_missing', facts: [{ detail: detail(-2) }, { detail: detail(-1) }] },
    ]);
    const read = (months: number) =>
      send({
        id: `read-${months}`,
        kind: 'reading',
        occurredAt: inMonth(months),
        reading: { metric: 'market_share', value: '12.5' },
      });
    await read(-1);
    expect(sum(await settle())).toBe(1000n);
    expect(await alarms()).toHaveLength(1);
    await read(-2);
    expect(sum(await settle())).toBe(1500n);
    expect(await alarms()).toEqual([]);
  });
});

describe('given everything that was closed above', () => {
  it('then every invariant holds', async () => {
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});
