import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { listAgreementTerms } from '../../../db/partners/agreements.ts';
import { addDays } from '../../../domain/calendar.ts';
import { covers } from '../../../domain/partners/agreement.ts';
import { addCompany, addPartner, type CompanyRows } from '../../fixtures/rows.ts';
import { type Fixture, openFixture } from '../fixture.ts';

let fixture: Fixture;
let company: CompanyRows;
let plans: readonly (number | null)[];
beforeAll(async () => {
  fixture = await openFixture();
  company = await addCompany(fixture.app);
  const gold = await fixture.app.oneFirst(sql.type(z.object({ id: z.number() }))`
    insert into plan(program_id, code) values (${company.programId}, 'gold') returning id`);
  plans = [company.planId, gold, null];
});
afterAll(() => fixture.close());

const FIRST = '2026-01-01';
const DAYS = 20;
const CASES = 60;
const dayAt = (place: number): string => addDays(FIRST, place);

/** Terms as they were recorded, one after the other: a plan or none, from a day on, for some days or without an end. */
const someRecords = fc.array(
  fc.record({
    plan: fc.nat({ max: 2 }),
    from: fc.nat({ max: DAYS }),
    days: fc.option(fc.integer({ min: 1, max: DAYS }), { freq: 4 }),
  }),
  { minLength: 1, maxLength: 8 },
);

describe('given terms that were recorded one after the other', () => {
  it('then each day has the plan of the latest record about it, and no two terms share a day', async () => {
    await fc.assert(
      fc.asyncProperty(someRecords, async (records) => {
        const { id } = await addPartner(fixture.app, company, null);
        const rows = [
          { plan: company.planId, from: '2020-01-01', until: null },
          ...records.map(({ plan, from, days }) => ({
            plan: plans[plan] ?? null,
            from: dayAt(from),
            until: days === null ? null : dayAt(from + days),
          })),
        ];
        for (const { plan, from, until } of rows.slice(1))
          await fixture.app.query(sql.unsafe`
            insert into agreement_term(partner_id, program_id, plan_id, starts_on, ends_on)
            values (${id}, ${company.programId}, ${plan}, ${from}, ${until})`);
        const terms = await listAgreementTerms(fixture.app, company.programId, [id]);
        for (let place = -1; place < 2 * DAYS + 2; place += 1) {
          const day = dayAt(place);
          const plan = rows.findLast((row) => covers(row, day))?.plan ?? null;
          expect(terms.filter((term) => covers(term, day)).map(({ planId }) => planId)).toEqual(plan ? [plan] : []);
        }
        expect(terms.map(({ from }) => from)).toEqual(terms.map(({ from }) => from).toSorted());
      }),
      { numRuns: CASES },
    );
  });
});
