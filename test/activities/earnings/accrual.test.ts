import { changeIntakeRules } from '../../../commands/programs/intake-rules.ts';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createNewsActivities } from '../../../activities/tasks/news.ts';
import { clearAlarm } from '../../../commands/tasks/alarms.ts';
import { listAlarms } from '../../../db/tasks/alarms.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import {
  addActor,
  addCompany,
  addEvent,
  addPartner,
  type CompanyRows,
  type EventWish,
  freshCode,
  type PartnerRows,
  TEN_PERCENT,
} from '../../fixtures/rows.ts';
import { accrueAll as accrue, accruePage as pageOf } from '../../fixtures/accrual.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

type Shop = { company: CompanyRows; partner: PartnerRows; send: (wish?: EventWish) => Promise<string> };

async function openShop(terms: object = TEN_PERCENT, zone = 'UTC'): Promise<Shop> {
  const company = await addCompany(fixture.app, { terms, zone });
  const partner = await addPartner(fixture.app, company);
  return { company, partner, send: (wish) => addEvent(fixture.app, company, partner, wish) };
}

const accruePage = ({ company }: Shop): Promise<number> => pageOf(fixture.app, company.code);
const accrueAll = ({ company }: Shop): Promise<void> => accrue(fixture.app, company.code);

const Line = z.object({ kind: z.string(), minor: z.bigint(), count: z.number(), on: z.string() });
const linesOf = ({ partner }: Shop) =>
  fixture.app.any(sql.type(Line)`
    select kind, amount_minor as minor, earning_count as count, available_on as on from earning_line
    where partner_id = ${partner.id} order by id`);
const earnedOf = async ({ partner }: Shop): Promise<bigint> =>
  fixture.app.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(amount_minor), 0)::bigint as minor from earning where partner_id = ${partner.id}`);
const countDue = ({ company }: Shop): Promise<bigint> =>
  fixture.app.oneFirst(sql.type(z.object({ count: z.bigint() }))`
    select count(*) from event_due where program_id = ${company.programId}`);

describe('given sales of one partner', () => {
  it('when a page is accrued then earnings that are free on the same day share one line', async () => {
    const shop = await openShop();
    await shop.send({ minor: 10_000n });
    await shop.send({ minor: 5_000n });
    await shop.send({ minor: 2_000n, occurredAt: '2026-01-11T08:00:00Z' });
    expect(await accruePage(shop)).toBe(3);
    expect(await linesOf(shop)).toEqual([
      { kind: 'earned', minor: 1500n, count: 2, on: '2026-01-10' },
      { kind: 'earned', minor: 200n, count: 1, on: '2026-01-11' },
    ]);
  });

  it('when the page is repeated then nothing changes', async () => {
    const shop = await openShop();
    await shop.send();
    await accrueAll(shop);
    const lines = await linesOf(shop);
    expect(await accruePage(shop)).toBe(0);
    expect(await linesOf(shop)).toEqual(lines);
  });

  it('when two pages of one program are accrued at once then each event is counted once', async () => {
    const shop = await openShop();
    for (let n = 0; n < 20; n += 1) await shop.send();
    const taken = await Promise.all([accruePage(shop), accruePage(shop), accruePage(shop)]);
    expect(taken.toSorted((a, b) => a - b)).toEqual([0, 0, 20]);
    expect(await earnedOf(shop)).toBe(20_000n);
  });

  it('when an event is worth nothing then it is counted, but makes no line', async () => {
    const shop = await openShop();
    await shop.send({ minor: 0n });
    await accrueAll(shop);
    expect(await countDue(shop)).toBe(0n);
    expect(await linesOf(shop)).toEqual([]);
  });

  it('when a sale is late in the evening then the hold counts from the local date of the schedule', async () => {
    const shop = await openShop({ ...TEN_PERCENT, holdDays: 30 }, 'America/New_York');
    await shop.send({ occurredAt: '2026-01-11T03:00:00Z' });
    await accrueAll(shop);
    expect(await linesOf(shop)).toEqual([{ kind: 'earned', minor: 1000n, count: 1, on: '2026-02-09' }]);
  });
});

describe('given refunds', () => {
  it('when a refund comes before its sale then it waits, and is applied with the sale’s release day', async () => {
    const shop = await openShop({ ...TEN_PERCENT, holdDays: 10 });
    await shop.send({ id: 'early-refund', refundOf: 'late-sale', minor: null, occurredAt: '2026-01-20T12:00:00Z' });
    await accrueAll(shop);
    expect(await countDue(shop)).toBe(1n);
    expect(await linesOf(shop)).toEqual([]);

    await shop.send({ id: 'late-sale' });
    await accrueAll(shop);
    expect(await countDue(shop)).toBe(0n);
    expect(await linesOf(shop)).toEqual([
      { kind: 'earned', minor: 1000n, count: 1, on: '2026-01-20' },
      { kind: 'reversed', minor: -1000n, count: 1, on: '2026-01-20' },
    ]);
  });

  it('when a sale is refunded in parts then together they take back exactly what it earned', async () => {
    const shop = await openShop();
    const sale = await shop.send({ minor: 9_999n });
    for (const minor of [3_333n, 3_333n, 3_333n]) {
      await shop.send({ refundOf: sale, minor, occurredAt: '2026-01-12T12:00:00Z' });
      await accrueAll(shop);
    }
    expect(await earnedOf(shop)).toBe(0n);
    await shop.send({ refundOf: sale, minor: 100n, occurredAt: '2026-01-13T12:00:00Z' });
    await accrueAll(shop);
    expect(await earnedOf(shop)).toBe(0n);
  });

  it('when a refund is in another currency then it takes nothing back, then or later, and an operator is told', async () => {
    const shop = await openShop();
    const sale = await shop.send();
    await accrueAll(shop);
    const refund = await shop.send({ minor: 10_000n, currency: 'EUR', refundOf: sale });
    await accrueAll(shop);
    expect(await earnedOf(shop)).toBe(1000n);
    expect(
      await fixture.app.exists(sql.unsafe`
        select 1 from alarm where kind = 'refund_not_applied' and subject like ${`%/${refund}`}`),
    ).toBe(true);
    await shop.send({ refundOf: sale, minor: 100n });
    await accrueAll(shop);
    expect(await earnedOf(shop)).toBe(990n);
  });
});

describe('given refunds whose sales are not known', () => {
  const waitFor = async (shop: Shop, ids: readonly string[]) => {
    for (const id of ids) await shop.send({ id, refundOf: `sale-of-${id}`, minor: null });
    await accrueAll(shop);
  };
  const daysPass = async (days: number) => {
    await fixture.owner.query(sql.unsafe`
      update event_due set waits_since = waits_since - ${days} * interval '1 day' where waits_since is not null`);
    await fixture.owner.query(sql.unsafe`update alarm_fact set at = at - ${days} * interval '1 day'`);
  };
  const alarmOf = async ({ company }: Shop) => {
    await createNewsActivities({ db: fixture.app }).gatherNews();
    const open = await listAlarms(fixture.app, 0n, 100);
    return open.find(({ kind, subject }) => kind === 'refund_waits' && subject === `program/${company.code}`);
  };
  const detail = (ids: string) =>
    `The number of refunds and payments that have waited more than a day for their sales is ${ids}. They change nothing until these sales are sent.`;

  it('when they have waited a day then one alarm names them, and it ends when their sales are sent', async () => {
    const shop = await openShop();
    const [one, other] = [freshCode('refund'), freshCode('refund')];
    await waitFor(shop, [one]);
    expect(await alarmOf(shop)).toBeUndefined();
    await daysPass(1);
    await waitFor(shop, [other]);
    expect((await alarmOf(shop))?.facts.map((fact) => fact.detail)).toEqual([detail(`1: shop/${one}`)]);
    await daysPass(1);
    expect((await alarmOf(shop))?.facts.map((fact) => fact.detail)).toEqual([
      detail(`1: shop/${one}`),
      detail(`2: shop/${one}, shop/${other}`),
    ]);
    for (const id of [one, other]) await shop.send({ id: `sale-of-${id}` });
    await accrueAll(shop);
    expect(await alarmOf(shop)).toBeUndefined();
  });

  it('when the program lets no refund wait then operators are told at the next look, once for each', async () => {
    const shop = await openShop();
    await changeIntakeRules(fixture.app, shop.company.code, { refundWaitHours: 0 }, shop.company.approver);
    const [one, other] = [freshCode('refund'), freshCode('refund')];
    await waitFor(shop, [one]);
    await alarmOf(shop);
    expect((await alarmOf(shop))?.facts.map((fact) => fact.detail)).toEqual([
      `The number of refunds and payments that wait for their sales is 1: shop/${one}. They change nothing until these sales are sent.`,
    ]);
    await waitFor(shop, [other]);
    expect((await alarmOf(shop))?.facts.at(-1)?.detail).toMatch(/ is 2: /);
  });

  it('when a person clears the alarm then only refunds that wait a day later raise it again', async () => {
    const shop = await openShop();
    await waitFor(shop, [freshCode('refund')]);
    await daysPass(2);
    const alarm = await alarmOf(shop);
    await clearAlarm(fixture.app, alarm?.id ?? 0n, shop.company.approver);
    expect(await alarmOf(shop)).toBeUndefined();
    await waitFor(shop, [freshCode('refund')]);
    await daysPass(1);
    expect((await alarmOf(shop))?.detail).toMatch(/ is 2: /);
  });
});

describe('given tiers of 10 % up to 100.00 a month, and 20 % above', () => {
  const steps = [
    { from: '0.00', percent: '10' },
    { from: '100.00', percent: '20' },
  ];
  const terms = {
    ...TEN_PERCENT,
    incentives: [{ id: 'tiers', window: 'month', unit: 'USD', pay: { rule: 'steps', mode: 'marginal', steps } }],
  };

  it('when sales of 80.00 are accrued page by page then the second crosses the step', async () => {
    const shop = await openShop(terms);
    await shop.send({ minor: 8_000n });
    await accrueAll(shop);
    expect(await earnedOf(shop)).toBe(800n);
    await shop.send({ minor: 8_000n, occurredAt: '2026-01-20T12:00:00Z' });
    await accrueAll(shop);
    expect(await earnedOf(shop)).toBe(800n + 200n + 1200n);
  });

  it('when both are accrued in one page then the earnings are the same', async () => {
    const shop = await openShop(terms);
    await shop.send({ minor: 8_000n });
    await shop.send({ minor: 8_000n, occurredAt: '2026-01-20T12:00:00Z' });
    await accrueAll(shop);
    expect(await earnedOf(shop)).toBe(2200n);
  });

  it('when a new month begins then earning begins at the first step again', async () => {
    const shop = await openShop(terms);
    await shop.send({ minor: 8_000n });
    await shop.send({ minor: 8_000n, occurredAt: '2026-02-01T12:00:00Z' });
    await accrueAll(shop);
    expect(await earnedOf(shop)).toBe(1600n);
  });
});

describe('given a right that is missing, which stops every event', () => {
  it('when a page fails then nothing is set aside, and an alarm says which share stands still, and why', async () => {
    const shop = await openShop();
    await shop.send();
    await fixture.owner.query(sql.unsafe`revoke insert on earning from bursar_app`);
    await expect(accruePage(shop)).rejects.toThrow('permission denied');
    await fixture.owner.query(sql.unsafe`grant insert on earning to bursar_app`);
    const told = (await listAlarms(fixture.app, 0n, 200)).filter(({ kind }) => kind === 'accrual_stuck');
    expect(told).toMatchObject([
      { subject: `program/${shop.company.code}`, detail: expect.stringContaining('permission denied') },
    ]);
    expect(await linesOf(shop)).toEqual([]);
    await accrueAll(shop);
    expect(await earnedOf(shop)).toBe(1000n);
  });
});

describe('given everything that was accrued above', () => {
  it('then every invariant holds', async () => {
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});

describe('given events that two people sent under terms that a third one wrote', () => {
  it('then the line names all three, because none of them may decide about paying it', async () => {
    const [author, first, second] = [
      await addActor(fixture.app, 'author'),
      await addActor(fixture.app, 'first'),
      await addActor(fixture.app, 'second'),
    ];
    const company = await addCompany(fixture.app, { author });
    const partner = await addPartner(fixture.app, company);
    for (const sentBy of [first, second, first]) await addEvent(fixture.app, company, partner, { sentBy });
    await accrue(fixture.app, company.code);
    const madeBy = await fixture.app.anyFirst(sql.type(z.object({ madeBy: z.string() }))`
      select unnest(made_by) as "madeBy" from earning_line where partner_id = ${partner.id}`);
    expect(madeBy.toSorted()).toEqual([author, first, second].toSorted());
  });
});
