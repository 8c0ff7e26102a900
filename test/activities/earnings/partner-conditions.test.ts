import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { changeAgreement } from '../../../commands/partners/agreements.ts';
import { recordParent } from '../../../commands/partners/parents.ts';
import { listPartnerEarnings } from '../../../db/earnings/partner-earnings.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { addPartner } from '../../fixtures/rows.ts';
import { openShop } from '../../fixtures/shop.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const GOLD = {
  id: 'gold',
  when: { partner: { facts: { tier: ['gold', 'platinum'] } } },
  pay: { rule: 'percent', percent: '10' },
};

describe('given 10 % for partners of the tier gold', () => {
  it('when the tier begins then events from its first day on earn, also those that arrive late', async () => {
    const { send, fact, earned } = await openShop(fixture, [GOLD]);
    await fact('tier', 'silver', '2026-01-01', '2026-04-01');
    await fact('tier', 'gold', '2026-04-01');
    await send({ id: 'after', day: '2026-04-01', amount: '100.00' });
    await send({ id: 'late', day: '2026-03-31', amount: '100.00' });
    expect(await earned()).toEqual({ gold: '10.00' });
  });

  it('when the tier is recorded later for the past then an event keeps what it was worked out by, and so does its refund', async () => {
    const { send, fact, earned } = await openShop(fixture, [GOLD]);
    await send({ id: 'silver-sale', day: '2026-05-10', amount: '100.00' });
    await fact('tier', 'gold', '2026-05-01');
    await send({ id: 'back', day: '2026-05-12', refundOf: 'silver-sale', amount: '40.00' });
    expect(await earned()).toEqual({});
    await send({ id: 'gold-sale', day: '2026-05-11', amount: '100.00' });
    await fact('tier', 'silver', '2026-05-01');
    await send({ id: 'gold-back', day: '2026-05-13', refundOf: 'gold-sale', amount: '40.00' });
    expect(await earned()).toEqual({ gold: '6.00' });
  });

  it('when a correction moves an event to another day then the partner of that day decides', async () => {
    const { send, fact, earned } = await openShop(fixture, [GOLD]);
    await fact('tier', 'gold', '2026-06-01');
    await send({ id: 'moved', day: '2026-06-01', amount: '100.00' });
    await send({ id: 'moved', day: '2026-05-31', amount: '100.00', revision: 2 });
    expect(await earned()).toEqual({ gold: '0.00' });
    await fact('tier', 'silver', '2026-06-01');
    await send({ id: 'moved', day: '2026-06-01', amount: '90.00', revision: 3 });
    expect(await earned()).toEqual({ gold: '9.00' });
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when a correction moves an event by an hour then it keeps the tier that was known, also for the partner above', async () => {
    const { send, fact, earned, company, partner } = await openShop(fixture, [
      GOLD,
      { ...GOLD, id: 'override', payTo: 'parent', pay: { rule: 'percent', percent: '2' } },
    ]);
    const parent = await addPartner(fixture.app, company);
    const term = { partner: partner.code, parent: parent.code, from: '2020-01-01', until: null, reason: 'Contract' };
    await recordParent(fixture.app, term, company.approver);
    const sale = { id: 'hour', day: '2026-06-01', amount: '100.00' };
    await fact('tier', 'gold', '2026-01-01');
    await send(sale);
    await fact('tier', 'silver', '2026-01-01');
    await send({ ...sale, occurredAt: '2026-06-01T13:00:00Z', revision: 2 });
    expect(await earned()).toEqual({ gold: '10.00' });
    expect(await listPartnerEarnings(fixture.app, parent.id, null, 10)).toMatchObject([{ minor: 0n }, { minor: 200n }]);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when an event arrives then its sender is told why it earns nothing, and an explanation names the tier', async () => {
    const { send, fact, explained } = await openShop(fixture, [GOLD]);
    expect(await send({ id: 'before', day: '2026-04-01', amount: '100.00' })).toEqual([
      'The event earns nothing under plan standard version 1: no incentive is for its partner, who had no tier gold or platinum on 2026-04-01.',
    ]);
    await fact('tier', 'platinum', '2026-04-02');
    expect(await send({ id: 'after', day: '2026-04-02', amount: '100.00' })).toEqual([]);
    expect(await explained()).toMatchObject([{ explanation: { inputs: { tier: 'platinum' } } }]);
  });
});

describe('given a bonus for the first 30 days in the program', () => {
  it('when the thirtieth day is over then it is no longer earned', async () => {
    const { send, earned, company, partner } = await openShop(fixture, [
      { id: 'entry', when: { partner: { joinedWithinDays: 30 } }, pay: { rule: 'percent', percent: '10' } },
    ]);
    const membership = { partner: partner.code, program: company.code };
    await changeAgreement(
      fixture.app,
      membership,
      { startsOn: '2026-03-01', reason: 'The contract began then' },
      { nowMs: Date.now(), by: company.approver },
    );
    await send({ id: 'last', day: '2026-03-30', amount: '100.00' });
    await send({ id: 'over', day: '2026-03-31', amount: '100.00' });
    expect(await earned()).toEqual({ entry: '10.00' });
  });
});

describe('given a bonus for distributors', () => {
  it('when a reseller sells then the reason names both kinds', async () => {
    const { send, earned } = await openShop(fixture, [
      { id: 'hub', when: { partner: { kind: ['distributor'] } }, pay: { rule: 'percent', percent: '10' } },
    ]);
    expect(await send({ id: 'sold', day: '2026-03-30', amount: '100.00' })).toEqual([
      'The event earns nothing under plan standard version 1: no incentive is for its partner, who is of the kind reseller, not distributor.',
    ]);
    expect(await earned()).toEqual({});
  });
});
