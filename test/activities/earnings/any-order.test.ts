import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { closeWindows } from '../../../commands/earnings/closings.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addPartner } from '../../fixtures/rows.ts';
import { RUNS } from '../../fixtures/property-runs.ts';
import { story, worthsOf } from './story.ts';
import { addAbove, tellAll, TERMS, type Told } from './telling.ts';

/**
 * The earnings of partners do not depend on how their events arrive. Each story is told to two partners: once in the order in which it
 * happened, and once shuffled, in other batches, with repetitions. Both, and the partners above them, must earn, scope by scope, what an oracle says, which works out
 * the final state with other arithmetic and knows nothing of differences.
 */

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const Sum = z.object({ partner: z.string(), key: z.string(), minor: z.bigint() });
const earnedBy = async (program: number): Promise<Map<string, Record<string, bigint>>> => {
  const rows = await fixture.app.any(sql.type(Sum)`
    select split_part(partner.code, '.', 1) as partner, sum(earning.amount_minor)::bigint as minor,
      case when scope_id is null then earning.incentive_id || ' ' || split_part(origin.source_id, '/', 2)
        else earning.incentive_id || ' ' || window_start || ' ' || group_value end as key
    from earning join partner on partner.id = earning.partner_id join event origin on origin.id = origin_id left join earning_scope scope on scope.id = scope_id
    where earning.program_id = ${program}
    group by 1, 3 having sum(earning.amount_minor) <> 0`);
  const earned = new Map<string, Record<string, bigint>>();
  for (const { partner, key, minor } of rows) earned.set(partner, { ...earned.get(partner), [key]: minor });
  return earned;
};

describe('given any stories of sales, refunds, payments and corrections', () => {
  it(`then ${RUNS.numRuns} of them earn the same in any order, in any batches and with any repetitions, and what their state is worth`, async () => {
    const company = await addCompany(fixture.app, { terms: TERMS });
    await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`);
    const seed = Date.now() % 2 ** 31;
    const told: Told[] = [];
    for (const { seed: tale, straight, shuffled } of fc.sample(story(3, 3), { numRuns: RUNS.numRuns, seed })) {
      told.push({ partner: await addPartner(fixture.app, company), story: tale, batches: straight });
      told.push({ partner: await addPartner(fixture.app, company), story: tale, batches: shuffled });
    }
    await addAbove(fixture.app);
    await tellAll(fixture.app, company, told, company.approver);
    while ((await closeWindows(fixture.app)) > 0) await accrueAll(fixture.app, company.code);
    const earned = await earnedBy(company.programId);
    for (const { partner, story: tale } of told)
      expect({ seed, tale, earned: earned.get(partner.code) ?? {} }).toEqual({
        seed,
        tale,
        earned: worthsOf(tale),
      });
    expect(await checkInvariants(fixture.app)).toEqual([]);
  }, 300_000);
});
