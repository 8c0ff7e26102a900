import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { replay } from '../../../activities/earnings/replay.ts';
import { dividePools } from '../../../commands/earnings/pools.ts';
import { setEventAside } from '../../../commands/earnings/set-aside.ts';
import { listStandings } from '../../../db/earnings/standing.ts';
import { listAlarms } from '../../../db/tasks/alarms.ts';
import { shardOf } from '../../../domain/earnings/shard.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { openPool, POOL, type PoolEvent } from '../../fixtures/pool.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const sale = (id: string, partner: string, amount: string, day = '2026-02-10'): PoolEvent => ({
  id,
  partner,
  amount,
  day,
});
const THREE = [sale('a', 'ann', '10.00'), sale('b', 'bob', '20.00'), sale('c', 'cleo', '30.00')];

describe('given a pool of 100.00 that three partners divide', () => {
  it('when the quarter is over then the parts add up to the pool, and a second sweep divides nothing', async () => {
    const { send, divide, parts } = await openPool(fixture);
    await send(...THREE);
    expect(await divide()).toBe(1);
    expect(await parts()).toEqual(['16.67', '33.33', '50.00']);
    expect(await divide()).toBe(0);
  });

  it('when several sweeps divide at the same moment then each partner earns one part', async () => {
    const { send, accrue, parts } = await openPool(fixture);
    await send(...THREE);
    await Promise.all([dividePools(fixture.app), dividePools(fixture.app), dividePools(fixture.app)]);
    await accrue();
    expect(await parts()).toEqual(['16.67', '33.33', '50.00']);
  });

  it('when a sale, a refund and a new partner come later then the pool is divided again in the night', async () => {
    const { send, divide, parts, wait } = await openPool(fixture);
    await send(...THREE.slice(0, 2));
    await divide();
    expect(await parts()).toEqual(['33.33', '66.67', '0.00']);
    await send(
      sale('late', 'ann', '10.00'),
      { id: 'back', refundOf: 'b', partner: 'bob', day: '2026-05-01', amount: '15.00' },
      sale('new', 'cleo', '75.00'),
    );
    expect(await divide()).toBe(0);
    await wait(1);
    expect(await divide()).toBe(1);
    expect(await parts()).toEqual(['20.00', '5.00', '75.00']);
  });

  it('when nothing is left of the sales then the whole pool is taken back, and that is said', async () => {
    const { send, divide, parts, wait, explained } = await openPool(fixture);
    await send(sale('a', 'ann', '10.00'));
    await divide();
    await send({ id: 'back', refundOf: 'a', partner: 'ann', day: '2026-05-01' });
    await wait(1);
    await divide();
    expect(await parts()).toEqual(['0.00', '0.00', '0.00']);
    expect((await explained('ann'))[0]).toMatchObject({
      kind: 'division',
      explanation: {
        steps: [
          'nobody reached anything that counts, so nobody earns',
          'less 100.00 USD earned before: -100.00 USD',
          expect.any(String) as string,
        ],
      },
    });
  });

  it('when a partner asks then the part is explained by a percentage, without the figures of others', async () => {
    const { send, divide, partnerOf, explained } = await openPool(fixture);
    await send(...THREE);
    const standing = () => listStandings(fixture.app, partnerOf('bob').id, null, 10);
    expect(await standing()).toMatchObject([{ volume: '20.00 USD', share: '33.33 %', worthMinor: 3333n, next: null }]);
    await divide();
    expect((await explained('bob')).map(({ explanation }) => explanation)).toMatchObject([
      {
        rule: 'share',
        inputs: { pool: '100.00 USD' },
        steps: [
          '20.00 USD is 33.33 % of what all partners reached who take part',
          'the part of the pool of 100.00 USD is 33.33 USD, rounded so that all parts add up to the pool',
          expect.any(String) as string,
        ],
      },
      {
        steps: [
          'the volume goes from 0.00 USD to 20.00 USD',
          'the pool is divided when the window is closed, on 2026-04-01, and again in the night after a later change',
          expect.any(String) as string,
        ],
      },
    ]);
    const words = (await explained('bob')).map(({ explanation }) => JSON.stringify(explanation));
    expect(words.join()).not.toContain('60.00');
  });
});

describe('given other pools', () => {
  it('when partners take part from 15.00 on then the others get nothing', async () => {
    const { send, divide, parts } = await openPool(fixture, { ...POOL, pay: { ...POOL.pay, from: '15.00' } });
    await send(...THREE);
    await divide();
    expect(await parts()).toEqual(['0.00', '40.00', '60.00']);
  });

  it('when 10 % of what all reached is divided then a refund makes the pool smaller', async () => {
    const { send, divide, parts, wait } = await openPool(fixture, {
      ...POOL,
      pay: { rule: 'share', percentOfAll: '10' },
    });
    await send(...THREE);
    await divide();
    expect(await parts()).toEqual(['1.00', '2.00', '3.00']);
    await send({ id: 'back', refundOf: 'c', partner: 'cleo', day: '2026-05-01' });
    await wait(1);
    await divide();
    expect(await parts()).toEqual(['1.00', '2.00', '0.00']);
  });

  it('when parts end in equal fractions of a cent then the spare cent goes to the partner who was added first', async () => {
    const { send, divide, parts } = await openPool(fixture);
    await send(sale('c', 'cleo', '1.00'), sale('b', 'bob', '1.00'), sale('a', 'ann', '1.00'));
    await divide();
    expect(await parts()).toEqual(['33.34', '33.33', '33.33']);
  });

  it('when the window is still open then nothing is divided', async () => {
    const { send, divide, parts } = await openPool(fixture, { ...POOL, window: 'year' });
    const thisYear = `${new Date().getUTCFullYear()}-01-10`;
    await send({ ...sale('a', 'ann', '10.00'), day: thisYear });
    expect(await divide()).toBe(0);
    expect(await parts()).toEqual(['0.00', '0.00', '0.00']);
  });
});

describe('given an event of the quarter that is not worked out', () => {
  const alarmsOf = async (code: string) =>
    (await listAlarms(fixture.app, 0n, 1000)).filter(({ subject }) => subject === `program/${code}`);

  it('when it is due then the pool waits for it', async () => {
    const { send, take, accrue, divide, parts } = await openPool(fixture);
    await send(...THREE.slice(0, 2));
    await take(sale('c', 'cleo', '30.00'));
    expect(await dividePools(fixture.app)).toBe(0);
    await accrue();
    expect(await divide()).toBe(1);
    expect(await parts()).toEqual(['16.67', '33.33', '50.00']);
  });

  it('when it waits for a rate then operators are told after a day, and the pool is divided without it after a week', async () => {
    const { send, divide, parts, wait, company } = await openPool(fixture);
    await send(...THREE.slice(0, 2), { ...sale('far', 'cleo', '30.00'), currency: 'GBP' });
    expect(await divide()).toBe(0);
    expect((await alarmsOf(company.code)).map(({ kind }) => kind)).not.toContain('pool_waits');
    await wait(1);
    expect(await divide()).toBe(0);
    expect((await alarmsOf(company.code)).map(({ kind }) => kind)).toContain('pool_waits');
    await wait(6);
    expect(await divide()).toBe(1);
    expect(await parts()).toEqual(['33.33', '66.67', '0.00']);
  });

  it('when a part of the last division is set aside then the pool is not divided again before it is booked', async () => {
    const { send, divide, wait, partnerOf, company } = await openPool(fixture);
    await send(...THREE);
    expect(await dividePools(fixture.app)).toBe(1);
    const { id } = partnerOf('bob');
    const eventId = await fixture.app.oneFirst(
      sql.type(z.object({ id: z.bigint() }))`select event_id as id from event_due where partner_id = ${id}`,
    );
    const shard = { program: company.code, shard: shardOf(id) };
    await setEventAside(fixture.app, shard, { eventId, partnerId: id, childId: null }, 'test');
    await send(sale('late', 'ann', '10.00'));
    await wait(1);
    expect(await divide()).toBe(0);
    await fixture.owner.query(
      sql.unsafe`update event_due set set_aside_since = null, set_aside_reason = null where partner_id = ${id}`,
    );
    await divide();
    expect(await divide()).toBe(1);
  });
});

describe('given any order of sales, refunds and divisions', () => {
  it('when the pool is divided for the last time then the parts are the same, and a replay gives what is booked', async () => {
    const events: PoolEvent[] = [
      sale('a', 'ann', '12.34'),
      sale('a2', 'ann', '0.01'),
      sale('b', 'bob', '56.78'),
      sale('c', 'cleo', '9.10'),
      { id: 'a-back', refundOf: 'a', partner: 'ann', day: '2026-03-01', amount: '2.00' },
      { id: 'b-back', refundOf: 'b', partner: 'bob', day: '2026-05-01', amount: '50.00' },
    ];
    const orders = fc.sample(fc.shuffledSubarray(events, { minLength: events.length }), 2);
    for (const order of orders) {
      const { send, divide, wait, parts, company, partnerOf } = await openPool(fixture);
      for (const event of order) {
        await send(event);
        await wait(1);
        await divide();
      }
      await wait(1);
      await divide();
      expect(await parts()).toEqual(['39.46', '25.85', '34.69']);
      const partners = ['ann', 'bob', 'cleo'].map((name) => partnerOf(name).id);
      await fixture.app.transaction(async (tx) => {
        for await (const { event, earned } of replay(tx, { id: company.programId, zone: 'UTC' }, partners))
          expect(earned.map(({ minor }) => minor)).toEqual(event?.booked.map(({ minor }) => minor));
      });
    }
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});
