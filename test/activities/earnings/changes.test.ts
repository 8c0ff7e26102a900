import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { closeWindows } from '../../../commands/earnings/closings.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { addAgreement, changeAgreement } from '../../../commands/partners/agreements.ts';
import { addPlan, addPlanVersion } from '../../../commands/programs/plans.ts';
import { addProgram } from '../../../commands/programs/programs.ts';
import { prepareRun } from '../../../commands/runs/prepare.ts';
import { listPartnerPayability } from '../../../db/payouts/payability.ts';
import { approveRunPayouts } from '../../../db/payouts/payouts.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { updateRun } from '../../../db/runs/runs.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { OPEN_TO_ALL } from '../../../domain/programs/eligibility.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addPartner, addRun, approve, freshCode, settlePayout } from '../../fixtures/rows.ts';

/** Changes in the middle of a window, and events after it was paid, with the numbers of docs/earning/. */

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const NOW_MS = Date.parse('2026-12-31T00:00:00Z');

const planOf = (...incentives: object[]): PlanTerms =>
  PlanTerms.parse({ holdDays: 0, rounding: 'half-even', incentives });
const percent = (rate: string): PlanTerms => planOf({ id: 'commission', pay: { rule: 'percent', percent: rate } });

type Step = readonly [from: string, percent: string];
const steps = (mode: 'marginal' | 'cliff', list: readonly Step[], unit = 'USD') => ({
  id: unit === 'USD' ? 'commission' : `commission-${unit.toLowerCase()}`,
  window: 'month',
  unit,
  pay: { rule: 'steps', mode, steps: list.map(([from, rate]) => ({ from, percent: rate })) },
});
const marginal = (...list: Step[]): PlanTerms => planOf(steps('marginal', list));

type Sale = { id: string; day: string; program?: string; amount: string; currency?: 'USD' | 'EUR'; refundOf?: string };
type Shop = Awaited<ReturnType<typeof openShop>>;

async function openShop(terms: PlanTerms) {
  const company = await addCompany(fixture.app, { terms });
  const partner = await addPartner(fixture.app, company, 'paypal');
  const by = company.preparer;
  const { code } = company;
  /** Sends an event, works it out, and returns what it earned. */
  const send = async ({ id, day, program = code, ...event }: Sale): Promise<string> => {
    const wire = {
      source: 'shop',
      id: `${partner.code}/${id}`,
      program,
      partner: partner.code,
      kind: event.refundOf === undefined ? 'sale' : 'refund',
      occurredAt: `${day}T12:00:00Z`,
      currency: 'USD' as const,
      ...event,
      ...(event.refundOf !== undefined && { refundOf: `${partner.code}/${event.refundOf}` }),
    };
    await intakeEvents(fixture.app, [{ wire, unit: 0 }], { nowMs: NOW_MS, strict: true, by });
    await accrueAll(fixture.app, program);
    const minor = await fixture.app.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
      select coalesce(sum(earning.amount_minor), 0)::bigint as minor from earning join event on event.id = event_id
      where source_id = ${wire.id}`);
    return formatDecimal(money(minor, wire.currency));
  };
  return { company, partner, by, code, send };
}

const program = ({ code }: Shop) => getProgram(fixture.app, code);

const changeTerms = async (shop: Shop, terms: PlanTerms, effectiveFrom: string) =>
  addPlanVersion(
    fixture.app,
    await program(shop),
    'standard',
    { terms, effectiveFrom: new Date(effectiveFrom) },
    shop.by,
  );

/** Moves the partner to another plan of the program from a day on. */
async function move(shop: Shop, terms: PlanTerms, from: string): Promise<void> {
  await addPlan(fixture.app, await program(shop), { code: 'gold', terms }, shop.by);
  const member = { partner: shop.partner.code, program: shop.code };
  await changeAgreement(fixture.app, member, { plan: 'gold', from }, { nowMs: NOW_MS, by: shop.by });
}

/** Pays everything that is free before a day. Returns the amount that was paid, or undefined where nothing was. */
async function pay({ company }: Shop, periodStart: string, periodEnd: string): Promise<string | undefined> {
  const runId = await addRun(fixture.app, company, { periodStart, periodEnd });
  await prepareRun(fixture.app, runId);
  const [payout] = await fixture.app.any(sql.type(z.object({ id: z.string(), minor: z.bigint() }))`
    select id, gross_minor as minor from payout where run_id = ${runId}`);
  if (!payout) return undefined;
  await approve(fixture.app, runId, company.approver);
  await updateRun(fixture.app, runId, { status: 'approved' });
  await approveRunPayouts(fixture.app, runId);
  await updateRun(fixture.app, runId, { status: 'disbursing' });
  await fixture.app.query(sql.unsafe`update payout set status = 'executing' where run_id = ${runId}`);
  await settlePayout(fixture.app, payout.id);
  await updateRun(fixture.app, runId, { status: 'disbursed' });
  return formatDecimal(money(payout.minor, 'USD'));
}

/** The balance that a payout of the period would take: what is payable, below zero too. */
async function balance({ company, partner }: Shop, cutoff: string): Promise<string> {
  const rows = await listPartnerPayability(fixture.app, company.scheduleId, { start: cutoff, end: cutoff }, partner.id);
  return formatDecimal(
    money(
      rows.reduce((sum, { payableMinor }) => sum + payableMinor, 0n),
      'USD',
    ),
  );
}

describe('given a plan whose terms change on 10 November', () => {
  it.each([
    { before: percent('10'), after: percent('5'), second: '50.00', because: 'a lower rate is for new sales only' },
    {
      before: marginal(['0', '10'], ['10000', '12']),
      after: marginal(['0', '5'], ['10000', '6']),
      second: '50.00',
      because: 'the volume of the month carries over, and the old part keeps its price',
    },
    {
      before: marginal(['0', '5'], ['10000', '6']),
      after: marginal(['0', '20'], ['10000', '20']),
      second: '200.00',
      because: 'a higher rate is for new sales only, too',
    },
    {
      before: marginal(['0', '3'], ['1500', '5']),
      after: marginal(['0', '4'], ['1500', '6']),
      second: '50.00',
      because: 'B(2,000.00) - B(1,000.00) is 90.00 - 40.00',
    },
  ])('when 1,000.00 is sold before and after then the second sale earns $second: $because', async (row) => {
    const shop = await openShop(row.before);
    await shop.send({ id: 'order-1', day: '2026-11-03', amount: '1000.00' });
    await changeTerms(shop, row.after, '2026-11-10T00:00:00Z');
    expect(await shop.send({ id: 'order-2', day: '2026-11-12', amount: '1000.00' })).toBe(row.second);
  });

  it('when a sale of 3 November arrives last then it earns by the terms of its day', async () => {
    const shop = await openShop(percent('10'));
    await changeTerms(shop, percent('5'), '2026-11-10T00:00:00Z');
    expect(await shop.send({ id: 'order-2', day: '2026-11-12', amount: '1000.00' })).toBe('50.00');
    expect(await shop.send({ id: 'order-1', day: '2026-11-03', amount: '1000.00' })).toBe('100.00');
  });
});

describe('given a month of 900.00 that was paid', () => {
  const level = planOf(
    steps('cliff', [
      ['0', '5'],
      ['1000.00', '10'],
    ]),
  );

  it('when a sale of 100.00 of that month arrives late then the difference is paid with the next run', async () => {
    const shop = await openShop(level);
    expect(await shop.send({ id: 'order-1', day: '2026-03-02', amount: '900.00' })).toBe('45.00');
    expect(await pay(shop, '2026-03-01', '2026-04-01')).toBe('45.00');
    expect(await shop.send({ id: 'order-2', day: '2026-04-02', amount: '500.00' })).toBe('25.00');
    expect(await shop.send({ id: 'order-3', day: '2026-03-30', amount: '100.00' })).toBe('55.00');
    expect(await pay(shop, '2026-04-01', '2026-05-01')).toBe('80.00');
  });
});

describe('given a month that was closed and paid, which is earned at its close', () => {
  const list: Step[] = [
    ['0', '5'],
    ['1000.00', '10'],
  ];
  const level = planOf({ ...steps('cliff', list), earned: 'at-close', graceDays: 2 });

  it('when a sale of that month arrives late then the difference is paid with the next run', async () => {
    const shop = await openShop(level);
    expect(await shop.send({ id: 'order-1', day: '2026-03-02', amount: '900.00' })).toBe('0.00');
    expect(await balance(shop, '2026-05-01')).toBe('0.00');
    await closeWindows(fixture.app);
    await accrueAll(fixture.app, shop.code);
    expect(await balance(shop, '2026-04-03')).toBe('0.00');
    expect(await pay(shop, '2026-04-01', '2026-05-01')).toBe('45.00');
    expect(await shop.send({ id: 'order-2', day: '2026-03-30', amount: '100.00' })).toBe('55.00');
    expect(await pay(shop, '2026-05-01', '2026-06-01')).toBe('55.00');
  });
});

describe('given a sale whose payout was settled', () => {
  it('when it is refunded then the balance falls below zero, and is netted before anything is paid', async () => {
    const shop = await openShop(percent('10'));
    expect(await shop.send({ id: 'order-1', day: '2026-03-02', amount: '1000.00' })).toBe('100.00');
    expect(await balance(shop, '2026-04-01')).toBe('100.00');
    expect(await pay(shop, '2026-03-01', '2026-04-01')).toBe('100.00');
    expect(await shop.send({ id: 'back-1', day: '2026-04-10', refundOf: 'order-1', amount: '600.00' })).toBe('-60.00');
    expect(await balance(shop, '2026-05-01')).toBe('-60.00');
    expect(await pay(shop, '2026-04-01', '2026-05-01')).toBe(undefined);
    expect(await shop.send({ id: 'order-2', day: '2026-05-10', amount: '1000.00' })).toBe('100.00');
    expect(await balance(shop, '2026-06-01')).toBe('40.00');
    expect(await pay(shop, '2026-05-01', '2026-06-01')).toBe('40.00');
    expect(await balance(shop, '2026-06-01')).toBe('0.00');
  });
});

describe('given a partner who sold for 1,000.00 in November', () => {
  const silver = marginal(['0', '3'], ['1500', '5']);
  const gold = marginal(['0', '4'], ['1500', '6']);

  it('when they move from silver to gold on 10 November then their volume carries over, and the old part keeps its price', async () => {
    const shop = await openShop(silver);
    expect(await shop.send({ id: 'order-1', day: '2026-11-03', amount: '1000.00' })).toBe('30.00');
    await move(shop, gold, '2026-11-10');
    expect(await shop.send({ id: 'order-2', day: '2026-11-12', amount: '1000.00' })).toBe('50.00');
    expect(await shop.send({ id: 'back-1', day: '2026-11-20', refundOf: 'order-1', amount: '500.00' })).toBe('-25.00');
  });

  it('when they move to another program then its window begins at 0', async () => {
    const shop = await openShop(silver);
    expect(await shop.send({ id: 'order-1', day: '2026-11-03', amount: '1000.00' })).toBe('30.00');
    const code = freshCode('other');
    const { scheduleId } = shop.company;
    const eligibility = OPEN_TO_ALL;
    const other = { code, name: 'Other', scheduleId, partnerKinds: [], eligibility, attributes: [] };
    await addPlan(fixture.app, await addProgram(fixture.app, other, shop.by), { code: 'gold', terms: gold }, shop.by);
    const { code: partner } = shop.partner;
    const change = { endsOn: '2026-11-10' };
    await changeAgreement(fixture.app, { partner, program: shop.code }, change, { nowMs: NOW_MS, by: shop.by });
    const joined = { partner, program: code, plan: 'gold', startsOn: '2026-11-10', endsOn: null };
    await addAgreement(fixture.app, joined, shop.by);
    expect(await shop.send({ id: 'order-2', day: '2026-11-12', amount: '1000.00', program: code })).toBe('40.00');
    await expect(shop.send({ id: 'order-3', day: '2026-11-13', amount: '1.00' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expect(await shop.send({ id: 'back-1', day: '2026-11-20', refundOf: 'order-1', amount: '500.00' })).toBe('-15.00');
  });

  it('when their next sale is in euros then the window in euros begins at 0', async () => {
    const list: Step[] = [
      ['0', '3'],
      ['1500', '5'],
    ];
    const only = (currency: 'USD' | 'EUR') => ({
      ...steps('marginal', list, currency),
      when: { kinds: ['sale'], currencies: [currency] },
    });
    const shop = await openShop(planOf(only('USD'), only('EUR')));
    expect(await shop.send({ id: 'order-1', day: '2026-11-03', amount: '1000.00' })).toBe('30.00');
    expect(await shop.send({ id: 'order-2', day: '2026-11-12', amount: '1000.00', currency: 'EUR' })).toBe('30.00');
    expect(await shop.send({ id: 'order-3', day: '2026-11-13', amount: '1000.00' })).toBe('40.00');
  });
});

describe('given everything that was earned and paid above', () => {
  it('then every invariant holds', async () => {
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});
