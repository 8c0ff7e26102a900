import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { readHistories } from '../../../activities/earnings/history.ts';
import { listDueEvents, lockShardForAccrual } from '../../../db/earnings/accrual.ts';
import { shardOf } from '../../../domain/earnings/shard.ts';
import { EXACT_IN_MINOR } from '../../../domain/exact-amount.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addEvent, addPartner, TEN_PERCENT } from '../../fixtures/rows.ts';

/** Many changes of one scope or of one event cost as much for the last as for the first. */

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const FIRST_THREE = { id: 'first', groupBy: 'customer', first: { events: 3 }, pay: { rule: 'percent', percent: '10' } };

describe('given many purchases of a customer of which the first three count', () => {
  it('when another one comes then only its own row is written', async () => {
    const company = await addCompany(fixture.app, { terms: { ...TEN_PERCENT, incentives: [FIRST_THREE] } });
    await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`);
    const partner = await addPartner(fixture.app, company);
    const buy = async (n: number, second: string) => {
      const wire = { source: 'shop', id: `${partner.code}/${n}`, program: company.code, partner: partner.code };
      const more = {
        kind: 'sale',
        occurredAt: `2026-01-10T12:00:${second}Z`,
        currency: 'USD' as const,
        amount: '10.00',
      };
      const event = { ...wire, ...more, attributes: { customer: 'kim' } };
      const at = { nowMs: Date.parse('2026-12-31T00:00:00Z'), strict: true, by: company.preparer };
      await intakeEvents(fixture.app, [{ wire: event, unit: 0 }], at);
      await accrueAll(fixture.app, company.code);
    };
    const rows = () =>
      fixture.app.anyFirst(sql.type(z.object({ version: z.string() }))`
        select member.xmin::text as version from scope_member member join earning_scope scope on scope.id = member.scope_id
        where scope.program_id = ${company.programId} order by origin_id`);
    for (let n = 0; n < 5; n += 1) await buy(n, `1${n}`);
    const before = await rows();
    await buy(5, '05');
    const after = await rows();
    expect([after.length, after.slice(0, 5)]).toEqual([6, before]);
    const earned = fixture.app.anyFirst(sql.type(z.object({ minor: z.bigint() }))`
      select amount_minor as minor from earning where partner_id = ${partner.id} order by event_id`);
    expect(await earned).toEqual([100n, 100n, 100n, 0n, 0n, 0n]);
  });
});

describe('given many refunds of one sale', () => {
  it('when they are worked out one after the other then the running sum grows by each', async () => {
    const company = await addCompany(fixture.app);
    const partner = await addPartner(fixture.app, company);
    const sale = await addEvent(fixture.app, company, partner, { minor: 100_000n });
    for (let n = 0; n < 40; n += 1) await addEvent(fixture.app, company, partner, { minor: 100n, refundOf: sale });
    await fixture.app.transaction(async (tx) => {
      const shard = shardOf(partner.id);
      await lockShardForAccrual(tx, { program: company.code, shard });
      const due = await listDueEvents(tx, company.programId, shard, 100);
      const [history] = (await readHistories(tx, company.programId, due)).values();
      if (!history) throw new Error('the refunds have a history');
      const sums = due.map((event) => {
        history.finish(event);
        return history.refunded().exact;
      });
      expect(sums).toEqual(due.map((_, index) => BigInt(index) * 100n * EXACT_IN_MINOR));
    });
    await accrueAll(fixture.app, company.code);
    const left = fixture.app.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
      select sum(amount_minor)::bigint as minor from earning where partner_id = ${partner.id}`);
    expect(await left).toBe(10_000n - 40n * 10n);
  });
});

describe('given everything above', () => {
  it('then every invariant holds', async () => {
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});
