import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { recordFacts } from '../../../commands/partners/facts.ts';
import { listPartnerFacts } from '../../../db/partners/facts.ts';
import { addDays } from '../../../domain/calendar.ts';
import { covers } from '../../../domain/partners/agreement.ts';
import { addActor, addCompany, addPartner, type CompanyRows } from '../../fixtures/rows.ts';
import { type Fixture, openFixture } from '../fixture.ts';

let fixture: Fixture;
let company: CompanyRows;
let by: string;
beforeAll(async () => {
  fixture = await openFixture();
  company = await addCompany(fixture.app);
  by = await addActor(fixture.app);
});
afterAll(() => fixture.close());

const FIRST = '2026-01-01';
const DAYS = 15;
const CASES = 60;
const dayAt = (place: number): string => addDays(FIRST, place);

/** Facts as they are said one after the other: of a key with one value, and of a key with many. */
const someFacts = fc.array(
  fc.record({
    key: fc.constantFrom('tier', 'certification'),
    value: fc.constantFrom('a', 'b'),
    holds: fc.boolean(),
    from: fc.nat({ max: DAYS }),
    days: fc.option(fc.integer({ min: 1, max: DAYS }), { freq: 4 }),
  }),
  { minLength: 1, maxLength: 8 },
);

describe('given facts that were recorded one after the other', () => {
  it('then each day has the values that the latest records about it say, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(someFacts, async (said) => {
        const { id, code } = await addPartner(fixture.app, company, null);
        const facts = said.map(({ key, value, holds, from, days }) => ({
          partner: code,
          key,
          value: holds || key === 'certification' ? value : null,
          holds,
          from: dayAt(from),
          until: days === null ? null : dayAt(from + days),
          reference: null,
          reason: null,
        }));
        await recordFacts(fixture.app, facts, { source: 'person', by });
        const known = await listPartnerFacts(fixture.app, [id]);
        for (let place = -1; place < 2 * DAYS + 2; place += 1) {
          const day = dayAt(place);
          const about = facts.filter((fact) => covers(fact, day)).toReversed();
          const tier = about.find(({ key }) => key === 'tier');
          const certified = ['a', 'b'].filter(
            (value) => about.find((fact) => fact.key === 'certification' && fact.value === value)?.holds,
          );
          expect(known.filter((fact) => covers(fact, day)).map(({ key, value }) => `${key} ${value}`)).toEqual([
            ...certified.map((value) => `certification ${value}`),
            ...(tier?.holds ? [`tier ${tier.value}`] : []),
          ]);
        }
      }),
      { numRuns: CASES },
    );
  });
});
