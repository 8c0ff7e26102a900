import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { replay } from '../../../activities/earnings/replay.ts';
import { decideIneligible, tellOfIneligible, wakeIneligibleAgain } from '../../../commands/earnings/admissions.ts';
import { decideCorrection } from '../../../commands/earnings/corrections.ts';
import { proposeMerge } from '../../../commands/earnings/merges.ts';
import { recordFacts } from '../../../commands/partners/facts.ts';
import { recordParent } from '../../../commands/partners/parents.ts';
import { changePartner } from '../../../commands/partners/partners.ts';
import { changeAdmission } from '../../../commands/programs/programs.ts';
import { expectLongRead } from '../../../db/earnings/replays.ts';
import { listIneligible } from '../../../db/earnings/admissions.ts';
import { listPartnerEarnings } from '../../../db/earnings/partner-earnings.ts';
import { listLongWaits } from '../../../db/earnings/waits.ts';
import { listAlarms } from '../../../db/tasks/alarms.ts';
import type { Database } from '../../../db/database.ts';
import { Eligibility, OPEN_TO_ALL } from '../../../domain/programs/eligibility.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { leaveOpen } from '../../fixtures/locks.ts';
import { addVersion, reRate } from '../../fixtures/re-rating.ts';
import { addPartner } from '../../fixtures/rows.ts';
import { openShop } from '../../fixtures/shop.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const PERCENT = { id: 'commission', pay: { rule: 'percent', percent: '10' } };
const NEEDS = [{ key: 'certification', anyOf: ['net-1'] }];
const sale = (id: string, day: string, more: object = {}) => ({ id, day, amount: '100.00', ...more });

const certified = (partner: string) => ({
  partner,
  key: 'certification',
  value: 'net-1',
  holds: true,
  from: '2026-07-01',
  until: null,
  reference: null,
  reason: null,
});

type Shop = Awaited<ReturnType<typeof openShop>>;

/** A shop of a program that asks for a certification, with a partner who has it until June. */
async function openChoosyShop(onIneligible: string, more: object = {}, incentives: object[] = [PERCENT]) {
  const shop = await openShop(fixture, incentives);
  const { company, partner } = shop;
  const change = (eligibility: object) =>
    changeAdmission(
      fixture.app,
      company.code,
      { partnerKinds: [], eligibility: Eligibility.parse(eligibility) },
      company.approver,
    );
  await change({ needs: NEEDS, onIneligible, ...more });
  await shop.fact('certification', 'net-1', '2026-01-01', '2026-06-01');
  const waiting = async () =>
    (await listIneligible(fixture.app, company.programId, { eventId: 0n, partnerId: 0n }, 10)).map(
      ({ id, revision, reason }) => `${id} ${revision} ${reason}`,
    );
  const decide = async (id: string, decision: 'admit' | 'dismiss') => {
    const wish = { decision, reason: 'Known', program: company.code, partner: partner.code, source: company.code, id };
    await decideIneligible(fixture.app, wish, company.otherApprover);
    await shop.settle();
  };
  /** The earnings that a replay of all events gives. */
  const replayed = () =>
    fixture.app.transaction(async (tx) => {
      await expectLongRead(tx);
      let minor = 0n;
      for await (const { earned } of replay(tx, { id: company.programId, zone: 'UTC' }, [partner.id]))
        minor += earned.reduce((sum, one) => sum + one.minor, 0n);
      return minor;
    });
  return { ...shop, change, waiting, decide, replayed };
}

describe('given a program in which partners who are not eligible earn nothing', () => {
  it('when the certification has lapsed on the day of an event then it earns 0 and says why, also by a later record', async () => {
    const { send, fact, earned, explained, replayed, change } = await openChoosyShop('nothing');
    await send(sale('certified', '2026-05-31'), sale('lapsed', '2026-06-01'));
    expect(await earned()).toEqual({ commission: '10.00' });
    const [explanation] = (await explained()).filter(({ minor }) => minor === 0n);
    expect(explanation).toMatchObject({
      explanation: {
        steps: expect.arrayContaining([
          'the partner needs certification net-1 on 2026-06-01, so the sale earns nothing',
        ]),
      },
    });
    await fact('certification', 'net-1', '2026-06-01');
    await send({ id: 'back', day: '2026-06-02', refundOf: 'lapsed', amount: '50.00' });
    await send(sale('lapsed', '2026-06-01', { amount: '900.00', revision: 2 }));
    expect(await earned()).toEqual({ commission: '10.00' });
    await send(sale('later', '2026-06-02'));
    expect(await earned()).toEqual({ commission: '20.00' });
    await change({});
    await send({ id: 'back-2', day: '2026-06-03', refundOf: 'lapsed', amount: '1.00' });
    expect(await earned()).toEqual({ commission: '20.00' });
    expect(await replayed()).toBe(20_00n);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when it begins to ask then events that were worked out before keep what they earned', async () => {
    const { send, change, earned, replayed } = await openChoosyShop('earn');
    await send(sale('before', '2026-07-01'));
    await change({ needs: NEEDS, onIneligible: 'nothing' });
    await send({ id: 'back', day: '2026-07-02', refundOf: 'before', amount: '40.00' });
    await send(sale('after', '2026-07-01'));
    expect(await earned()).toEqual({ commission: '6.00' });
    expect(await replayed()).toBe(6_00n);
  });

  it('when it begins to ask and days are worked out again then those that earned stay in, and others are asked about', async () => {
    const { company, send, change, earned, replayed } = await openChoosyShop('earn');
    await send(sale('before', '2026-07-01'), sale('unpaid', '2026-07-01', { kind: 'lead' }));
    await change({ needs: NEEDS, onIneligible: 'nothing' });
    await send(sale('after', '2026-07-02'));
    const twice = { id: 'commission', when: { kinds: ['sale', 'lead'] }, pay: { rule: 'percent', percent: '20' } };
    const terms = PlanTerms.parse({ holdDays: 0, rounding: 'half-even', incentives: [twice] });
    await addVersion(fixture.app, company, '2026-07-01', terms);
    await reRate(fixture.app, company, { from: '2026-07-01', until: null });
    expect(await earned()).toEqual({ commission: '20.00' });
    await send({ id: 'back', day: '2026-07-03', refundOf: 'before', amount: '40.00' });
    expect(await earned()).toEqual({ commission: '12.00' });
    expect(await replayed()).toBe(12_00n);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when an event names a product that the partner may not sell then only that event earns nothing', async () => {
    const { send, fact, earned } = await openChoosyShop('nothing', {
      needs: [],
      rights: [{ attribute: 'product', key: 'product' }],
    });
    await fact('product', 'router', '2026-01-01');
    await send(
      sale('may', '2026-03-01', { attributes: { product: 'router' } }),
      sale('may-not', '2026-03-01', { attributes: { product: 'phone' } }),
      sale('unnamed', '2026-03-01'),
    );
    expect(await earned()).toEqual({ commission: '20.00' });
  });

  it('when a correction moves an event of a window to a day without the certification then it is taken back', async () => {
    const steps = [{ from: '0', percent: '10' }];
    const monthly = { id: 'monthly', window: 'month', unit: 'USD', pay: { rule: 'steps', mode: 'cliff', steps } };
    const { send, earned } = await openChoosyShop('nothing', {}, [monthly]);
    await send(sale('moved', '2026-05-31'));
    await send(sale('moved', '2026-06-01', { revision: 2 }));
    expect(await earned()).toEqual({ monthly: '0.00' });
    await send(sale('moved', '2026-05-30', { revision: 3 }));
    expect(await earned()).toEqual({ monthly: '10.00' });
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});

describe('given a plan that pays only the partners above', () => {
  it('when the program begins to ask then a refund of an event that was worked out before takes its part back', async () => {
    const { company, partner, send, change } = await openChoosyShop('earn', {}, [
      { id: 'override', payTo: 'parent', pay: { rule: 'percent', percent: '5' } },
    ]);
    const { id: parentId, code: parent } = await addPartner(fixture.app, company);
    const record = { partner: partner.code, parent, from: '2020-01-01', until: null, reason: 'Contract' };
    await recordParent(fixture.app, record, company.approver);
    await send(sale('before', '2026-07-01'));
    await change({ needs: NEEDS, onIneligible: 'nothing' });
    await send({ id: 'back', day: '2026-07-02', refundOf: 'before', amount: '50.00' });
    await send(sale('after', '2026-07-01'));
    const earned = await listPartnerEarnings(fixture.app, parentId, null, 10);
    expect(earned.reduce((sum, { minor }) => sum + minor, 0n)).toBe(2_50n);
  });
});

describe('given a program in which events of partners who are not eligible are parked', () => {
  it('when a person admits one and dismisses another then each keeps that, and people are told while one waits', async () => {
    const { send, waiting, decide, earned, replayed, company } = await openChoosyShop('park');
    const alarms = async () => {
      await fixture.app.transaction((tx) => tellOfIneligible(tx, Date.now()));
      return (await listAlarms(fixture.app, 0n, 100)).filter(({ subject }) => subject === `program/${company.code}`);
    };
    await send(sale('good', '2026-06-01'), sale('bad', '2026-06-02'), sale('certified', '2026-05-01'));
    await send({ id: 'back', day: '2026-06-03', refundOf: 'good', amount: '40.00' });
    expect(await waiting()).toEqual([
      'good 1 needs certification net-1 on 2026-06-01',
      'bad 1 needs certification net-1 on 2026-06-02',
    ]);
    expect(await alarms()).toHaveLength(1);
    expect(await earned()).toEqual({ commission: '10.00' });
    await decide('good', 'admit');
    await decide('bad', 'dismiss');
    await expect(decide('bad', 'admit')).rejects.toMatchObject({ code: 'not_found' });
    expect(await waiting()).toEqual([]);
    expect(await alarms()).toEqual([]);
    expect(await earned()).toEqual({ commission: '16.00' });
    await send(sale('bad', '2026-06-02', { amount: '500.00', revision: 2 }));
    await send(sale('good', '2026-06-01', { amount: '200.00', revision: 2 }));
    expect(await earned()).toEqual({ commission: '26.00' });
    expect(await replayed()).toBe(26_00n);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when the certification is recorded later for that day then the event is worked out again by itself', async () => {
    const { send, waiting, fact, settle, earned } = await openChoosyShop('park');
    await send(sale('sold', '2026-06-10'), sale('sold-2', '2026-06-11'));
    await send(sale('sold', '2026-06-10', { amount: '300.00', revision: 2 }));
    await fact('certification', 'net-1', '2026-06-10', '2026-06-11');
    await settle();
    expect(await waiting()).toEqual(['sold-2 1 needs certification net-1 on 2026-06-11']);
    expect(await earned()).toEqual({ commission: '30.00' });
  });

  it('when a correction moves an admitted event to another day then a person is asked again', async () => {
    const { send, waiting, decide, earned } = await openChoosyShop('park');
    await send(sale('sold', '2026-07-01'));
    await decide('sold', 'admit');
    await send(sale('sold', '2026-09-01', { amount: '900.00', revision: 2 }));
    expect(await waiting()).toEqual(['sold 2 needs certification net-1 on 2026-09-01']);
    expect(await earned()).toEqual({ commission: '10.00' });
    await decide('sold', 'admit');
    expect(await earned()).toEqual({ commission: '90.00' });
  });

  it('when an event goes to another partner by a correction then it is asked about that partner', async () => {
    const { company, send, waiting } = await openChoosyShop('nothing');
    const other = await addPartner(fixture.app, company);
    await send(sale('sold', '2026-05-01'));
    await send(sale('sold', '2026-05-01', { revision: 2, partner: other.code }));
    expect(await waiting()).toEqual([]);
    expect(await listPartnerEarnings(fixture.app, other.id, null, 10)).toMatchObject([{ minor: 0n }]);
  });

  it('when a person admits an event then they have a hand in its later revisions and refunds', async () => {
    const { company, partner, send, decide } = await openChoosyShop('park');
    await send(sale('sold', '2026-07-01'));
    await decide('sold', 'admit');
    await send(sale('sold', '2026-07-01', { amount: '300.00', revision: 2 }));
    await send({ id: 'back', day: '2026-07-02', refundOf: 'sold', amount: '50.00' });
    const lines = await fixture.app.any(sql.type(z.object({ minor: z.bigint(), isHand: z.boolean() }))`
      select amount_minor as minor, ${company.otherApprover} = any(made_by) as "isHand" from earning_line
      where partner_id = ${partner.id} order by id`);
    expect(lines).toEqual([10_00n, 20_00n, -5_00n].map((minor) => ({ minor, isHand: true })));
  });

  it('when an event comes whose partner is not eligible then the sender is warned, once and not of a later revision', async () => {
    const { send } = await openChoosyShop('park');
    const reason = (id: string) =>
      expect.stringMatching(new RegExp(`^The event waits.*needs certification net-1 on ${id}`));
    expect(await send(sale('certified', '2026-05-31'), sale('sold', '2026-07-01'))).toEqual([reason('2026-07-01')]);
    expect(await send(sale('sold', '2026-07-01'))).toEqual([]);
    expect(await send(sale('sold', '2026-07-01', { amount: '90.00', revision: 2 }))).toEqual([]);
    const { send: sendAnother } = await openChoosyShop('nothing');
    expect(await sendAnother(sale('sold', '2026-07-01'))).toEqual([
      expect.stringMatching(/^The event earns nothing.*needs certification net-1/),
    ]);
  });

  it('when a person changes the needs of the program then they have a hand in what earns by them, and in nothing before', async () => {
    const { company, partner, send, settle } = await openChoosyShop('park');
    await send(sale('certified', '2026-05-31'), sale('sold', '2026-07-01', { amount: '200.00' }));
    await changeAdmission(
      fixture.app,
      company.code,
      { partnerKinds: [], eligibility: OPEN_TO_ALL },
      company.otherApprover,
    );
    await settle();
    const lines = await fixture.app.any(sql.type(z.object({ minor: z.bigint(), isHand: z.boolean() }))`
      select amount_minor as minor, ${company.otherApprover} = any(made_by) as "isHand" from earning_line
      where partner_id = ${partner.id} order by id`);
    expect(lines).toEqual([
      { minor: 10_00n, isHand: false },
      { minor: 20_00n, isHand: true },
    ]);
  });

  it('when its partner was merged into another one then a person still decides about it, by the code of the event', async () => {
    const { company, partner, send, waiting, decide, earned } = await openChoosyShop('park');
    await send(sale('sold', '2026-07-01'));
    const { code: into } = await addPartner(fixture.app, company);
    const by = company.preparer;
    const { id } = await proposeMerge(fixture.app, { code: partner.code, into, reason: 'Same', reference: null, by });
    await decideCorrection(fixture.app, { id, actorId: company.approver, decision: 'confirm', note: null });
    expect(await waiting()).toEqual([]);
    await accrueAll(fixture.app, company.code);
    expect(await waiting()).toEqual(['sold 1 needs certification net-1 on 2026-07-01']);
    await decide('sold', 'admit');
    expect(await earned()).toEqual({ commission: '10.00' });
  });

  it('when a fact is recorded about the partner who goes on then the event is worked out by itself', async () => {
    const { company, partner, send, settle, waiting, earned } = await openChoosyShop('park');
    await send(sale('sold', '2026-07-01'));
    const { code: into } = await addPartner(fixture.app, company);
    const by = company.preparer;
    const { id } = await proposeMerge(fixture.app, { code: partner.code, into, reason: 'Same', reference: null, by });
    await decideCorrection(fixture.app, { id, actorId: company.approver, decision: 'confirm', note: null });
    await settle();
    expect(await waiting()).toHaveLength(1);
    await recordFacts(fixture.app, [certified(into)], { source: 'person', by });
    await settle();
    expect(await waiting()).toEqual([]);
    expect(await earned()).toEqual({ commission: '10.00' });
  });

  it.each<{ change: string; asks?: object; record: (tx: Database, shop: Shop) => Promise<unknown> }>([
    {
      change: 'the certification is recorded',
      record: (tx, { partner, company }: Shop) =>
        recordFacts(tx, [certified(partner.code)], { source: 'person', by: company.approver }),
    },
    {
      change: 'the partner moves',
      asks: { needs: [], territories: ['FR'] },
      record: (tx, { partner, company }: Shop) => changePartner(tx, partner.code, { country: 'FR' }, company.approver),
    },
    {
      change: 'the program asks for less',
      record: (tx, { company }: Shop) =>
        changeAdmission(tx, company.code, { partnerKinds: [], eligibility: OPEN_TO_ALL }, company.approver),
    },
  ])(
    'when $change just while the event is worked out then the sweep has it worked out again',
    async ({ record, asks = {} }) => {
      const shop = await openChoosyShop('park', asks);
      const { send, settle, waiting, earned } = shop;
      const change = await leaveOpen(fixture.app, (tx) => record(tx, shop));
      await send(sale('sold', '2026-07-01'));
      await change.commit();
      await settle();
      expect(await waiting()).toHaveLength(1);
      await wakeIneligibleAgain(fixture.app);
      await settle();
      expect(await waiting()).toEqual([]);
      expect(await earned()).toEqual({ commission: '10.00' });
    },
  );

  it('when a refund waits for such a sale then nobody is told that the sale is not known', async () => {
    const { company, send } = await openChoosyShop('park');
    await fixture.owner.query(sql.unsafe`update program set refund_wait_hours = 0 where id = ${company.programId}`);
    const told = async () =>
      (await listLongWaits(fixture.app, 'refund_waits')).filter((one) => one.program === company.code);
    await send(sale('sold', '2026-07-01'), { id: 'back', day: '2026-07-02', refundOf: 'sold', amount: '50.00' });
    expect(await told()).toEqual([]);
    await send({ id: 'lost', day: '2026-07-02', refundOf: 'never', amount: '50.00' });
    expect(await told()).toMatchObject([{ count: 1, first: [`${company.code}/lost`] }]);
  });
});
