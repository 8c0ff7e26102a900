import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { controlsOf } from '../../../commands/books/audits.ts';
import { getAudit } from '../../../db/books/audits.ts';
import { listAlarms } from '../../../db/tasks/alarms.ts';
import type { ControlTotal } from '../../../domain/books/audit.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { tamper } from '../../fixtures/database.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { auditMonth } from '../../fixtures/audits.ts';
import { SEED, STORIES } from '../../fixtures/property-runs.ts';
import { addVersion, reRate } from '../../fixtures/re-rating.ts';
import { addCompany, addEvent, addPartner, type CompanyRows } from '../../fixtures/rows.ts';
import { story } from '../earnings/story.ts';
import { addAbove, addBudgets, tellAll, TERMS, type Told } from '../earnings/telling.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const THIS_MONTH = `${new Date().toISOString().slice(0, 7)}-01`;
const AUDITED = Math.ceil(STORIES / 5);

const audit = (company: CompanyRows, month: string, controls: readonly ControlTotal[] = []) =>
  auditMonth(fixture.app, company, month, controls);

const Sum = z.object({ minor: z.bigint() });
const sumOf = (statement: ReturnType<typeof sql.fragment>) =>
  fixture.app.oneFirst(sql.type(Sum)`select coalesce(sum(earning.amount_minor), 0)::bigint as minor from ${statement}`);

const alarms = async () =>
  (await listAlarms(fixture.app, 0n, 200)).filter(({ kind }) => kind === 'audit_found_differences');

describe('given any stories of sales, refunds, corrections and readings', () => {
  it('when each month is worked out again from events and terms then it gives the ledger', async () => {
    const company = await addCompany(fixture.app, { terms: TERMS });
    await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`);
    await addBudgets(fixture.app, company, AUDITED);
    const seed = SEED;
    const told: Told[] = [];
    for (const { seed: tale, shuffled } of fc.sample(story(3, 3, true), { numRuns: AUDITED, seed }))
      told.push({ partner: await addPartner(fixture.app, company), story: tale, batches: shuffled });
    await addAbove(fixture.app, told);
    await tellAll(fixture.app, company, told, company.approver);
    for (const month of ['2026-02-01', '2026-03-01', '2026-04-01', THIS_MONTH]) {
      const { count, differences, totals } = await audit(company, month);
      expect({ seed, month, count, differences }).toEqual({ seed, month, count: 0, differences: [] });
      const [total] = totals;
      const happened = await sumOf(sql.fragment`
        earning join event on event.id = earning.event_id
        where earning.program_id = ${company.programId} and occurred_at >= ${month}::date and occurred_at < ${month}::date + interval '1 month'`);
      expect(total?.earnedMinor ?? 0n).toBe(happened);
      if (month === THIS_MONTH)
        expect(total?.ledgerMinor).toBe(await sumOf(sql.fragment`earning where program_id = ${company.programId}`));
    }
    expect(await alarms()).toEqual([]);
  }, 300_000);
});

describe('given stories in the middle of which two people had days worked out again', () => {
  const MONTHS = ['2026-02-01', '2026-03-01', '2026-04-01', THIS_MONTH];
  let company: CompanyRows;
  const seed = SEED;
  beforeAll(async () => {
    company = await addCompany(fixture.app, { terms: TERMS });
    await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`);
    const told: Told[] = [];
    for (const { seed: tale, shuffled } of fc.sample(story(3, 3, true), { numRuns: Math.min(STORIES, 15), seed }))
      told.push({ partner: await addPartner(fixture.app, company), story: tale, batches: shuffled });
    const part = (from: number, to?: number) => told.map((one) => ({ ...one, batches: one.batches.slice(from, to) }));
    const tell = (some: Told[]) => tellAll(fixture.app, company, some, company.approver);
    const [share, ...others] = TERMS.incentives;
    const dearer = (percent: string) => ({
      ...TERMS,
      incentives: [{ ...share, pay: { rule: 'percent', percent } }, ...others],
    });
    await addBudgets(fixture.app, company, told.length);
    await addAbove(fixture.app, told);
    await tell(part(0, 2));
    await addVersion(fixture.app, company, '2026-02-01T00:00:00Z', dearer('9.5'));
    await reRate(fixture.app, company, { from: '2026-02-01', until: '2026-04-01' });
    await tell(part(2, 3));
    await addVersion(fixture.app, company, '2026-03-10T00:00:00Z', dearer('3'));
    await reRate(fixture.app, company, { from: '2026-01-01', until: null });
    await tell(part(3));
  }, 300_000);

  it('when each month is worked out again then it gives the ledger', async () => {
    const booked = await sumOf(sql.fragment`
      earning join event on event.id = earning.event_id where kind = 're_rating' and earning.program_id = ${company.programId}`);
    expect(booked).not.toBe(0n);
    for (const month of MONTHS) {
      const { count, differences } = await audit(company, month);
      expect({ seed, month, count, differences }).toEqual({ seed, month, count: 0, differences: [] });
    }
  });

  it('when somebody changes an earning that a re-rating booked then its event is named', async () => {
    const Changed = z.object({ eventId: z.bigint(), n: z.number(), id: z.string(), code: z.string() });
    const changed = await fixture.owner.one(sql.type(Changed)`
      select event.id as "eventId", n, 'bursar/' || event.source_id as id, partner.code
      from earning join event on event.id = earning.event_id join partner on partner.id = earning.partner_id
      where event.kind = 're_rating' and earning.program_id = ${company.programId} order by event.id, n limit 1`);
    await tamper(
      fixture.owner,
      sql.unsafe`
        update earning set amount_minor = amount_minor + 7 where (event_id, n) = (${changed.eventId}, ${changed.n})`,
    );
    expect((await audit(company, THIS_MONTH)).differences).toMatchObject([
      { partner: changed.code, events: [changed.id] },
    ]);
  });
});

describe('given a month in which somebody changed something', () => {
  async function threeSales() {
    const company = await addCompany(fixture.app, { zone: 'America/New_York' });
    const partner = await addPartner(fixture.app, company);
    for (const id of ['one', 'two', 'three'])
      await addEvent(fixture.app, company, partner, { id: `${company.code}/${id}` });
    await accrueAll(fixture.app, company.code);
    return { company, partner };
  }

  it('when an earning was raised then its partner and its event are named, and one alarm is raised', async () => {
    const { company, partner } = await threeSales();
    await tamper(
      fixture.owner,
      sql.unsafe`
        update earning set amount_minor = amount_minor + 7
        where event_id = (select id from event where source_id = ${`${company.code}/two`})`,
    );
    const { id, count, differences } = await audit(company, '2026-01-01');
    expect(count).toBe(1);
    expect(differences).toEqual([
      {
        partnerId: partner.id,
        partner: partner.code,
        unit: 'USD',
        earnedMinor: 3000n,
        bookedMinor: 3007n,
        postedMinor: 0n,
        ledgerMinor: 0n,
        events: [`shop/${company.code}/two`],
      },
    ]);
    expect((await alarms()).filter(({ subject }) => subject === `program/${company.code}`)).toMatchObject([
      {
        detail: expect.stringContaining(
          `The audit ${id} of 2026-01 found 1 differences: partner ${partner.code} in USD`,
        ),
      },
    ]);
  });

  it('when an earning was removed then it is missed', async () => {
    const { company } = await threeSales();
    await tamper(
      fixture.owner,
      sql.unsafe`delete from earning where event_id = (select id from event where source_id = ${`${company.code}/two`})`,
    );
    const { differences } = await audit(company, '2026-01-01');
    expect(differences).toMatchObject([{ earnedMinor: 3000n, bookedMinor: 2000n }]);
  });

  it('when an earning was booked twice then it is found, and so is that nobody posted it', async () => {
    const { company } = await threeSales();
    await tamper(
      fixture.owner,
      sql.unsafe`
        insert into earning
        select (jsonb_populate_record(earning, '{"n": 2}')).* from earning
        where event_id = (select id from event where source_id = ${`${company.code}/two`})`,
    );
    const { differences } = await audit(company, '2026-01-01');
    expect(differences).toMatchObject([
      { earnedMinor: 3000n, bookedMinor: 4000n, events: [`shop/${company.code}/two`] },
    ]);
    expect((await audit(company, THIS_MONTH)).differences).toMatchObject([{ postedMinor: 4000n, ledgerMinor: 3000n }]);
  });

  it('when an amount was moved from one event to another then both are named, although the sum is right', async () => {
    const { company } = await threeSales();
    await tamper(
      fixture.owner,
      sql.unsafe`
        update earning set amount_minor = earning.amount_minor + case source_id when ${`${company.code}/two`} then 7 else -7 end
        from event where event.id = earning.event_id and source_id in (${`${company.code}/two`}, ${`${company.code}/three`})`,
    );
    const { count, differences } = await audit(company, '2026-01-01');
    expect(count).toBe(1);
    expect(differences).toMatchObject([{ earnedMinor: 3000n, bookedMinor: 3000n }]);
    expect(differences[0]?.events.toSorted()).toEqual([`shop/${company.code}/three`, `shop/${company.code}/two`]);
  });

  it('when a posting was changed then the month in which it was booked differs', async () => {
    const { company } = await threeSales();
    await tamper(
      fixture.owner,
      sql.unsafe`
        update ledger_entry set amount_minor = amount_minor - 5 where account_id in (
          select id from ledger_account where partner_id in (select partner_id from agreement_term where program_id = ${company.programId}))`,
    );
    expect((await audit(company, '2026-01-01')).differences).toEqual([]);
    expect((await audit(company, THIS_MONTH)).differences).toMatchObject([{ postedMinor: 3000n, ledgerMinor: 3005n }]);
  });

  it('when a source states other totals than are on file then each is named with both', async () => {
    const { company, partner } = await threeSales();
    await addEvent(fixture.app, company, partner, {
      id: `${company.code}/back`,
      minor: 4_000n,
      refundOf: `${company.code}/one`,
    });
    for (const n of [1, 2, 3])
      await addEvent(fixture.app, company, partner, { id: `${company.code}/click-${n}`, kind: 'click', exact: 4_000n });
    const controls = [
      { source: 'shop', kind: 'click', currency: 'USD', count: 3, amount: '0.01' },
      { source: 'shop', kind: 'sale', currency: 'USD', count: 3, amount: '300.00' },
      { source: 'shop', kind: 'refund', currency: 'USD', count: 1, amount: '40.01' },
      { source: 'shop', count: 8 },
      { source: 'shop', count: 7 },
      { source: 'till', count: 1 },
    ] as const;
    const { id, count, audit: row } = await audit(company, '2026-01-01', controls);
    expect(count).toBe(3);
    expect(row.notWorkedOut).toBe(4);
    expect(
      (await controlsOf(fixture.app, await getAudit(fixture.app, id))).map((one) => [
        one.count,
        one.amount,
        one.differs,
      ]),
    ).toEqual([
      [3, '0.01', false],
      [3, '300.00', false],
      [1, '40.00', true],
      [7, null, true],
      [7, null, false],
      [0, null, true],
    ]);
  });
});
