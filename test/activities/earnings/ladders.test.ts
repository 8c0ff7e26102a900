import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { listLadderStandings } from '../../../db/earnings/ladder-standing.ts';
import { readLadderVolumes } from '../../../db/earnings/ladder-volumes.ts';
import { changeAdmission } from '../../../commands/programs/programs.ts';
import { remainingOf } from '../../../domain/earnings/refund.ts';
import { toEvent } from '../../../domain/event.ts';
import { measureOf } from '../../../domain/programs/incentives/measure.ts';
import { Eligibility } from '../../../domain/programs/eligibility.ts';
import { LadderTerms } from '../../../domain/programs/ladder.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { openLadder, RUNGS } from '../../fixtures/ladder.ts';
import { openShop } from '../../fixtures/shop.ts';
import { addPartner } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

describe('given a ladder over the quarters of a year', () => {
  it('when a quarter is over then each partner gets the rung of its volume for the next one, also without a sale', async () => {
    const { send, place, ranks, notices, company, partner } = await openLadder(fixture);
    const other = await addPartner(fixture.app, company);
    await send({ id: 'one', day: '2026-01-10', amount: '400.00' }, { id: 'two', day: '2026-03-31', amount: '200.00' });
    await send(
      { id: 'next', day: '2026-04-01', amount: '900.00' },
      { id: 'back', day: '2026-04-02', refundOf: 'one', amount: '50.00' },
    );
    await place('2026-03-31');
    expect(await ranks()).toEqual([]);
    for (let again = 0; again < 2; again += 1) await place('2026-04-01');
    expect(await ranks()).toEqual(['silver 2026-04-01 2026-07-01']);
    expect(await ranks(other.id)).toEqual(['bronze 2026-04-01 2026-07-01']);
    await place('2026-07-01');
    expect(await ranks()).toEqual(['silver 2026-04-01 2026-10-01']);
    await send({ id: 'late', day: '2026-06-30', amount: '900.00' });
    await place('2026-07-02');
    expect(await ranks()).toEqual(['silver 2026-04-01 2026-10-01']);
    await place('2026-10-01');
    expect(await ranks()).toEqual(['silver 2026-04-01 2026-10-01', 'bronze 2026-10-01 2027-01-01']);
    expect(await notices()).toEqual([' silver 550.00 USD 2026-04-01', 'silver bronze 0.00 USD 2026-10-01']);
    const places = sql.unsafe`select from ladder_place where partner_id = ${partner.id}`;
    await expect(fixture.app.query(sql.unsafe`update ladder_place set value = 'gold'`)).rejects.toThrow('denied');
    expect((await fixture.app.query(places)).rowCount).toBe(3);
  });

  it('when an event comes before its rung is known then it waits, and earns the same in any order', async () => {
    const early = await openLadder(fixture, { graceDays: 5 });
    await early.send(
      { id: 'volume', day: '2026-03-01', amount: '500.00' },
      { id: 'sale', day: '2026-04-01', amount: '100.00' },
    );
    await early.send({ id: 'sale', day: '2026-04-02', amount: '120.00', revision: 2 });
    await early.place('2026-04-05');
    expect(await early.earned()).toEqual({});
    await early.place('2026-04-06');
    const late = await openLadder(fixture, { graceDays: 5 });
    await late.send({ id: 'volume', day: '2026-03-01', amount: '500.00' });
    await late.place('2026-04-06');
    await late.send({ id: 'sale', day: '2026-04-02', amount: '120.00' });
    for (const shop of [early, late]) expect(await shop.earned()).toEqual({ silver: '12.00' });
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it.each([['nothing'], ['park']] as const)(
    'when a need of the program is decided by it and others get %s then a sale before the closing waits for the rung',
    async (onIneligible) => {
      const earned = [];
      for (const isEarly of [true, false]) {
        const { company, fact, send, place, earned: sums } = await openLadder(fixture, {}, '2026-01-01', false);
        const eligibility = Eligibility.parse({ needs: [{ key: fact, anyOf: ['silver'] }], onIneligible });
        await changeAdmission(fixture.app, company.code, { partnerKinds: [], eligibility }, company.approver);
        await send({ id: 'volume', day: '2026-03-01', amount: '600.00' });
        if (!isEarly) await place('2026-04-01');
        await send({ id: 'sale', day: '2026-04-01', amount: '100.00' });
        await place('2026-04-01');
        earned.push(await sums());
      }
      expect(earned).toEqual([{ silver: '10.00' }, { silver: '10.00' }]);
    },
  );

  it('when a plan of another program asks for its fact then events wait there too', async () => {
    const earned = [];
    for (const isEarly of [true, false]) {
      const { company, incentives, send, place } = await openLadder(fixture);
      const other = await openShop(fixture, incentives);
      await fixture.app.query(sql.unsafe`
        insert into agreement_term(partner_id, program_id, plan_id, starts_on)
        values (${other.partner.id}, ${company.programId}, ${company.planId}, '2020-01-01')`);
      await send({ id: 'volume', day: '2026-03-01', amount: '600.00', partner: other.partner.code });
      if (!isEarly) await place('2026-04-01');
      await other.send({ id: 'sale', day: '2026-04-01', amount: '100.00' });
      await place('2026-04-01');
      await other.settle();
      earned.push(await other.earned());
    }
    expect(earned).toEqual([{ silver: '10.00' }, { silver: '10.00' }]);
  });

  it('when a closing did not happen, or the ladder began late, then the windows are closed one after the other', async () => {
    const outcomes = [];
    for (const days of [['2026-02-28', '2026-03-15'], ['2026-03-15']]) {
      const { send, place, ranks, earned, notices } = await openLadder(fixture, { window: 'month', mayFall: false });
      await send({ id: 'volume', day: '2026-01-10', amount: '600.00' });
      for (const day of days) await place(day);
      await send({ id: 'sale', day: '2026-03-15', amount: '100.00' });
      await place('2026-03-15');
      expect(await notices()).toHaveLength(1);
      outcomes.push([await ranks(), await earned()]);
    }
    const outcome = [['silver 2026-02-01 2026-04-01'], { silver: '10.00' }];
    expect(outcomes).toEqual([outcome, outcome]);
  });

  it('when an event of an earlier window waits then its rung comes first, also for a partner who is in no program today', async () => {
    const { send, place, ranks, earned, company, partner } = await openLadder(
      fixture,
      { mayFall: false },
      '2025-07-01',
    );
    await fixture.app.query(sql.unsafe`
      insert into agreement_term(partner_id, program_id, plan_id, starts_on, ends_on)
      values (${partner.id}, ${company.programId}, null, '2026-01-01', null)`);
    await send({ id: 'volume', day: '2025-09-30', amount: '500.00' });
    await place('2026-04-01');
    expect(await ranks()).toEqual([]);
    await send({ id: 'old', day: '2025-12-31', amount: '100.00' });
    await place('2026-04-01');
    expect(await ranks()).toEqual(['silver 2025-10-01 2026-01-01']);
    expect(await earned()).toEqual({ silver: '10.00' });
  });

  it('when shared, corrected and refunded events are counted then as an incentive measures them', async () => {
    const { send, place, ranks, company, partner } = await openLadder(fixture, {
      measure: 'amount - tax',
      when: { kinds: ['sale'], event: { product: ['router'] } },
    });
    const router = { attributes: { product: 'router' } };
    await send(
      { id: 'a', day: '2026-01-02', amount: '300.00', amounts: { tax: '50.00' }, ...router },
      { id: 'b', day: '2026-01-02', amount: '999.00', attributes: { product: 'cable' } },
      { id: 'c', day: '2026-01-02', amount: '900.00', ...router },
      {
        id: 'd',
        day: '2026-01-02',
        amount: '400.00',
        shares: [
          { partner: partner.code, weight: '1' },
          { partner: (await addPartner(fixture.app, company)).code, weight: '1' },
        ],
        ...router,
      },
    );
    await send({ id: 'c', day: '2026-01-02', amount: '100.00', revision: 2, ...router });
    await send({ id: 'back', day: '2026-01-03', refundOf: 'c', amount: '49.99' });
    await place('2026-04-01');
    expect(await ranks()).toEqual(['silver 2026-04-01 2026-07-01']);
    const volume = sql.type(
      z.object({ volume: z.bigint() }),
    )`select volume from ladder_place where partner_id = ${partner.id}`;
    expect(await fixture.app.oneFirst(volume)).toBe(500_01n);
  });
});

describe('given events that nothing happened to', () => {
  it('when their volume is summed by the database then each measure is what accrual measures', async () => {
    const { send, company, partner } = await openLadder(fixture);
    const sales = [
      { id: 'a', day: '2026-01-10', amount: '300.00', amounts: { tax: '50.00' }, quantity: 3 },
      { id: 'b', day: '2026-01-11', amount: '10.00', amounts: { tax: '20.00' } },
      { id: 'c', day: '2026-01-12', amount: '7.00' },
    ];
    await send(...sales);
    const measured = ['amount', 'tax', 'amount - tax', 'tax - amount', 'exact amount', 'quantity', 'count', 'shipping'];
    for (const measure of measured) {
      const terms = { ...LadderTerms.parse({ currency: 'USD', window: 'month', rungs: RUNGS }), measure };
      const days = { from: new Date('2026-01-01'), until: new Date('2026-02-01') };
      const counted = { programId: company.programId, terms, ...days };
      const volumes = await readLadderVolumes(fixture.app, counted, [partner.id]);
      const expected = sales.reduce((sum, { day, ...sale }) => {
        const wire = { ...sale, source: 'x', program: 'x', partner: 'x', kind: 'sale', currency: 'USD' as const };
        const event = toEvent({ ...wire, occurredAt: `${day}T12:00:00Z` });
        return sum + (measureOf(remainingOf(event, []), measure) ?? 0n);
      }, 0n);
      expect(volumes.get(partner.id) ?? 0n, measure).toBe(expected);
    }
  });
});

describe('given a rung that a person agreed with the partner', () => {
  it('when a window is closed then the days of the agreement keep it, and the ladder decides the others', async () => {
    const { place, ranks, person, notices } = await openLadder(fixture);
    await person('gold', '2026-02-01', '2026-06-01');
    await place('2026-04-01');
    expect(await ranks()).toEqual(['gold 2026-02-01 2026-06-01', 'bronze 2026-06-01 2026-07-01']);
    await person('silver', '2026-06-15', null);
    await place('2026-07-01');
    expect(await ranks()).toContain('silver 2026-06-15 null');
    await person(null, '2026-09-01', null);
    await place('2026-10-01');
    expect(await ranks()).toContain('bronze 2026-10-01 2027-01-01');
    expect(await notices()).toEqual([]);
  });

  it('when the partner asks where they stand then the answer says what stays', async () => {
    const { send, person, partner } = await openLadder(fixture);
    await send({ id: 'one', day: '2026-02-01', amount: '420.00' });
    const now = Date.parse('2026-02-10T00:00:00Z');
    expect(await listLadderStandings(fixture.app, partner.id, now)).toMatchObject([
      {
        agreed: null,
        window: { start: '2026-01-01', from: '2026-04-01' },
        standing: { volume: '420.00 USD', next: { value: 'silver', missing: '80.00 USD' } },
      },
    ]);
    await person('gold', '2026-03-01', '2026-05-01');
    expect(await listLadderStandings(fixture.app, partner.id, now)).toMatchObject([{ agreed: 'gold' }]);
  });
});

describe('given a ladder that changes', () => {
  it('when its windows were closed then no version begins before them, and no other program decides the fact', async () => {
    const { add, place, ranks } = await openLadder(fixture);
    await place('2026-04-01');
    await expect(add('2026-01-01')).rejects.toThrow('closed');
    await add('2026-04-01', { rungs: [{ from: '0', value: 'base' }] });
    const other = await openLadder(fixture);
    await expect(add('2026-04-01', {}, other.company.code)).rejects.toThrow('is decided by the ladder of program');
    await place('2026-07-01');
    await add('2026-10-01', null);
    await place('2026-10-01');
    await place('2027-01-01');
    expect(await ranks()).toEqual(['bronze 2026-04-01 2026-07-01', 'base 2026-07-01 2027-01-01']);
  });

  it('when a version was mistyped then an earlier one replaces it, and one without terms withdraws it', async () => {
    const { add, place, ranks } = await openLadder(fixture, {}, '2027-01-01');
    await add('2026-04-01', null);
    await place('2026-07-01');
    expect(await ranks()).toEqual([]);
    await add('2026-04-01');
    await place('2026-07-01');
    expect(await ranks()).toEqual(['bronze 2026-07-01 2026-10-01']);
    await expect(add('9999-01-01')).rejects.toThrow('within two years');
  });

  it('when values of the fact are exclusive then no ladder decides it, and the other way round', async () => {
    const { company, fact, add } = await openLadder(fixture);
    const ranked = Eligibility.parse({ exclusive: [fact] });
    const change = () =>
      changeAdmission(fixture.app, company.code, { partnerKinds: [], eligibility: ranked }, company.approver);
    await expect(change()).rejects.toMatchObject({ details: [{ field: 'eligibility.exclusive[0]' }] });
    await fixture.owner.query(sql.unsafe`
      update program set eligibility = ${sql.jsonb(ranked)} where id = ${company.programId}`);
    await expect(add('2026-04-01')).rejects.toThrow('is exclusive in program');
  });

  it('when one partner fails then the others get their rungs, their events go on, and somebody is told of that one', async () => {
    const { send, company, partner, fact, place, ranks, earned } = await openLadder(fixture);
    const broken = await addPartner(fixture.app, company);
    await fixture.owner.query(sql.unsafe`
      create function break_partner() returns trigger language plpgsql as $$ begin
        if new.partner_id = ${sql.literalValue(String(broken.id))} then raise exception 'out of range'; end if; return new; end $$`);
    await fixture.owner.query(sql.unsafe`
      create trigger broken_partner before insert on ladder_place for each row execute function break_partner()`);
    const others = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
    await send(
      { id: 'volume', day: '2026-03-01', amount: '500.00' },
      { id: 'sale', day: '2026-04-02', amount: '100.00' },
      { id: 'stuck', day: '2026-04-02', amount: '100.00', partner: broken.code },
    );
    for (let again = 0; again < 2; again += 1) await place('2026-04-02');
    expect(await ranks(partner.id)).toEqual(['silver 2026-04-01 2026-07-01']);
    for (const { id } of others) expect(await ranks(id)).toEqual(['bronze 2026-04-01 2026-07-01']);
    expect(await ranks(broken.id)).toEqual([]);
    expect(await earned()).toEqual({ silver: '10.00' });
    expect(
      await fixture.app.anyFirst(sql.type(z.object({ detail: z.string() }))`
        select fact.detail from alarm join alarm_fact fact on fact.alarm_id = alarm.id where subject = ${`ladder/${fact}`}`),
    ).toEqual([expect.stringContaining(`did not give partner ${broken.code} a rung: out of range`)]);
  });

  it('when a ladder fails then somebody is told, and the others go on', async () => {
    const broken = await openLadder(fixture);
    const sound = await openLadder(fixture);
    await fixture.owner.query(sql.unsafe`
      create function break_${sql.fragment`ladder`}() returns trigger language plpgsql as $$ begin
        if new.fact_key = ${sql.literalValue(broken.fact)} then raise exception 'out of order'; end if; return new; end $$`);
    await fixture.owner.query(sql.unsafe`
      create trigger broken before insert on ladder_place for each row execute function break_ladder()`);
    await broken.place('2026-04-01');
    expect(await sound.ranks()).toEqual(['bronze 2026-04-01 2026-07-01']);
    expect(
      await fixture.app.anyFirst(sql.type(z.object({ subject: z.string() }))`
        select subject from alarm where kind = 'ladder_stuck' and subject = ${`ladder/${broken.fact}`}`),
    ).toHaveLength(1);
  });
});
