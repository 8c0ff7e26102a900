import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { recordRates } from '../../../commands/earnings/exchange-rates.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { tellOfMissingRates, tellOfStaleRates } from '../../../commands/earnings/missing-rates.ts';
import { listPartnerEarnings } from '../../../db/earnings/partner-earnings.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addPartner, type CompanyRows, type PartnerRows } from '../../fixtures/rows.ts';

let fixture: Fixture;
let company: CompanyRows;
let second: PartnerRows;
beforeAll(async () => {
  fixture = await openFixture();
  company = await addCompany(fixture.app, { terms: TERMS });
  second = await addPartner(fixture.app, company, 'paypal');
});
afterAll(() => fixture.close());

const TERMS = PlanTerms.parse({
  holdDays: 0,
  rounding: 'half-even',
  incentives: [
    { id: 'commission', unit: 'USD', pay: { rule: 'percent', percent: '10' } },
    { id: 'bonus', unit: 'USD', when: { kinds: ['visit'] }, pay: { rule: 'flat', amount: '2.00' } },
  ],
});
const NOW_MS = Date.parse('2026-11-20T12:00:00Z');

type Happening = {
  id: string;
  day: string;
  amount?: string;
  currency?: 'USD' | 'EUR' | 'GBP' | 'JPY';
  kind?: string;
  refundOf?: string;
  revision?: number;
};

async function send(partner: PartnerRows, { day, currency = 'EUR', ...event }: Happening) {
  const kind = event.refundOf === undefined ? (event.kind ?? 'sale') : 'refund';
  const wire = {
    ...event,
    source: partner.code,
    program: company.code,
    partner: partner.code,
    kind,
    occurredAt: `${day}T12:00:00Z`,
    ...(event.amount === undefined ? {} : { currency }),
  };
  await intakeEvents(fixture.app, [{ wire, unit: 0 }], { nowMs: NOW_MS, strict: true, by: company.preparer });
  await accrueAll(fixture.app, company.code);
}

async function record(rates: Record<string, string | null>, by = company.approver) {
  const given = Object.entries(rates).map(([name, rate]) => {
    const [day = '', quote = ''] = name.split(' ');
    return { day, quote, rate: rate ?? 'N/A' };
  });
  const recorded = await recordRates(fixture.app, given, { source: 'ECB', by, nowMs: NOW_MS });
  await accrueAll(fixture.app, company.code);
  return recorded;
}

const Sum = z.object({ id: z.string(), minor: z.bigint() });
async function earned(partner: PartnerRows): Promise<Record<string, string>> {
  const rows = await fixture.app.any(sql.type(Sum)`
    select event.source_id || case when revision > 1 then '/' || revision else '' end as id, sum(earning.amount_minor)::bigint as minor
    from earning join event on event.id = event_id where earning.partner_id = ${partner.id} group by 1`);
  return Object.fromEntries(rows.map(({ id, minor }) => [id, formatDecimal(money(minor, 'USD'))]));
}

async function explained(partner: PartnerRows): Promise<string[][]> {
  const rows = await listPartnerEarnings(fixture.app, partner.id, null, 50);
  return rows.map(({ explanation }) => z.object({ steps: z.string().array() }).parse(explanation).steps);
}

const alarms = (kind: string) =>
  fixture.app.any(sql.type(z.object({ subject: z.string(), detail: z.string() }))`
    select subject, detail from alarm where kind = ${kind} and cleared_at is null order by subject`);

describe('given an incentive in dollars, and sales in other currencies', () => {
  it('when the rates are known then each sale earns at the rate of its day, and the explanation says so', async () => {
    await record({ '2026-03-06 USD': '1.0850', '2026-03-06 GBP': '0.8650', '2026-03-06 JPY': '160.25' });
    const partner = await addPartner(fixture.app, company, 'paypal');
    await send(partner, { id: 'euro', day: '2026-03-06', amount: '100.00' });
    await send(partner, { id: 'sunday', day: '2026-03-08', amount: '100.00' });
    await send(partner, { id: 'pound', day: '2026-03-06', amount: '100.00', currency: 'GBP' });
    await send(partner, { id: 'yen', day: '2026-03-06', amount: '10000', currency: 'JPY' });
    await send(partner, { id: 'dollar', day: '2026-03-06', amount: '100.00', currency: 'USD' });
    await send(partner, { id: 'visit', day: '2026-03-06', kind: 'visit', amount: '1.00' });
    expect(await earned(partner)).toEqual({
      euro: '10.85',
      sunday: '10.85',
      pound: '12.54',
      yen: '6.77',
      dollar: '10.00',
      visit: '2.00',
    });
    expect((await explained(partner)).flat()).toEqual(
      expect.arrayContaining([
        '100.00 EUR at 1.0850 USD (ECB, 2026-03-06) is 108.50 USD',
        '10 % of 108.50 USD is 10.85 USD',
        '100.00 EUR at 1.0850 USD (ECB, 2026-03-06, the last one before 2026-03-08) is 108.50 USD',
        '100.00 GBP at 1.0850/0.8650 USD (ECB, 2026-03-06) is 125.43 USD',
      ]),
    );
  });

  it('when a rate is corrected and the sale is refunded later then the refund uses the rate of its sale', async () => {
    await record({ '2026-03-09 USD': '1.1000' });
    const partner = await addPartner(fixture.app, company, 'paypal');
    await send(partner, { id: 'order', day: '2026-03-09', amount: '99.99' });
    const { recorded, corrected } = await record({ '2026-03-09 USD': '1.2000' });
    expect({ recorded, corrected }).toEqual({ recorded: 1, corrected: 1 });
    await send(partner, { id: 'back-1', day: '2026-03-20', amount: '33.33', refundOf: 'order' });
    await send(partner, { id: 'back-2', day: '2026-03-21', amount: '33.33', refundOf: 'order' });
    await send(partner, { id: 'order', day: '2026-03-09', amount: '199.99', revision: 2 });
    await send(partner, { id: 'back-3', day: '2026-03-22', refundOf: 'order' });
    await send(partner, { id: 'later', day: '2026-03-09', amount: '100.00' });
    const sums = await earned(partner);
    expect(sums).toMatchObject({ order: '11.00', 'back-1': '-3.67', later: '12.00' });
    const { later: _later, ...ofOrder } = sums;
    const cents = Object.values(ofOrder).reduce((sum, text) => sum + Math.round(Number(text) * 100), 0);
    expect(cents).toBe(0);
    expect((await explained(partner)).flat()).toContain('66.66 EUR at 1.1000 USD (ECB, 2026-03-09) is 73.33 USD');
  });

  it('when a correction changes the currency or the day then the new rate counts', async () => {
    await record({ '2026-03-10 USD': '1.1000', '2026-03-10 GBP': '0.8800', '2026-03-11 USD': '1.3000' });
    const partner = await addPartner(fixture.app, company, 'paypal');
    await send(partner, { id: 'order', day: '2026-03-10', amount: '100.00' });
    await send(partner, { id: 'order', day: '2026-03-10', amount: '100.00', currency: 'GBP', revision: 2 });
    await send(partner, { id: 'order', day: '2026-03-11', amount: '100.00', revision: 3 });
    await send(partner, { id: 'order', day: '2026-03-11', amount: '100.00', currency: 'USD', revision: 4 });
    expect(await earned(partner)).toEqual({ order: '11.00', 'order/2': '1.50', 'order/3': '0.50', 'order/4': '-3.00' });
  });
});

describe('given a sale whose rate is not known', () => {
  it('then it waits alone, operators are told once for the day and currency, and it is worked out when the rate comes', async () => {
    const partner = await addPartner(fixture.app, company, 'paypal');
    await send(partner, { id: 'order', day: '2026-03-16', amount: '100.00' });
    await send(partner, { id: 'order-2', day: '2026-03-16', amount: '10.00' });
    await send(partner, { id: 'back', day: '2026-03-17', amount: '50.00', refundOf: 'order' });
    await send(partner, { id: 'dollars', day: '2026-03-16', amount: '20.00', currency: 'USD' });
    await send(second, { id: 'pounds', day: '2026-03-16', amount: '100.00', currency: 'GBP' });
    expect(await earned(partner)).toEqual({ dollars: '2.00' });
    for (let again = 0; again < 2; again += 1) await fixture.app.transaction((tx) => tellOfMissingRates(tx, NOW_MS));
    expect(await alarms('rate_missing')).toEqual([
      {
        subject: 'rate/ECB/2026-03-16/GBP',
        detail: expect.stringMatching(
          /^ECB has no rate of EUR in GBP for 2026-03-16. The number of events that wait for it is 1,/,
        ),
      },
      {
        subject: 'rate/ECB/2026-03-16/USD',
        detail: expect.stringMatching(
          /^ECB has no rate of EUR in USD for 2026-03-16. The number of events that wait for it is 2,/,
        ),
      },
    ]);
    expect((await record({ '2026-03-16 USD': '1.1000' })).eventsWoken).toBe(2);
    expect(await earned(partner)).toEqual({ dollars: '2.00', order: '11.00', 'order-2': '1.10', back: '-5.50' });
    expect((await record({ '2026-03-16 GBP': '0.8800' })).eventsWoken).toBe(1);
    expect(await earned(second)).toEqual({ pounds: '12.50' });
    await fixture.app.transaction((tx) => tellOfMissingRates(tx, NOW_MS));
    expect(await alarms('rate_missing')).toEqual([]);
  });

  it('when it is of today then nobody is told yet', async () => {
    await send(second, { id: 'today', day: '2026-11-20', amount: '100.00' });
    await fixture.app.transaction((tx) => tellOfMissingRates(tx, NOW_MS));
    expect(await alarms('rate_missing')).toEqual([]);
    await fixture.app.transaction((tx) => tellOfMissingRates(tx, Date.parse('2026-11-24T00:00:00Z')));
    expect(await alarms('rate_missing')).toMatchObject([{ subject: 'rate/ECB/2026-11-20/USD' }]);
  });

  it('when the source says that it published none then the day before holds', async () => {
    await record({ '2026-03-18 JPY': '160.00', '2026-03-18 USD': '1.1000', '2026-03-19 USD': '1.2000' });
    await send(second, { id: 'yen', day: '2026-03-19', amount: '16000', currency: 'JPY' });
    expect(await earned(second)).not.toHaveProperty('yen');
    await record({ '2026-03-19 JPY': null });
    expect(await earned(second)).toMatchObject({ yen: '11.00' });
  });
});

describe('given a program that needs rates', () => {
  it('when none came for days then operators are told, until they come', async () => {
    await record({ '2026-11-13 USD': '1.1000' });
    await send(second, { id: 'fresh', day: '2026-11-13', amount: '100.00' });
    await fixture.app.transaction((tx) => tellOfStaleRates(tx, Date.parse('2026-11-17T12:00:00Z')));
    expect(await alarms('rates_stale')).toEqual([]);
    await fixture.app.transaction((tx) => tellOfStaleRates(tx, NOW_MS));
    expect(await alarms('rates_stale')).toMatchObject([{ subject: 'rates/ECB' }]);
    await record({ '2026-11-19 USD': '1.1000' });
    await fixture.app.transaction((tx) => tellOfStaleRates(tx, NOW_MS));
    expect(await alarms('rates_stale')).toEqual([]);
  });
});

describe('given all that was earned above', () => {
  it('then the books obey every rule, and the person who recorded a rate had a hand in what was earned by it', async () => {
    expect(await checkInvariants(fixture.app)).toEqual([]);
    const handless = await fixture.app.any(sql.type(z.object({ n: z.bigint() }))`
      select count(*) as n from earning join earning_line line on line.id = earning_line_id
      where rate is not null and not ${company.approver}::uuid = any(line.made_by)`);
    expect(handless).toEqual([{ n: 0n }]);
  });
});
