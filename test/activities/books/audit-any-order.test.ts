import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { closeWindows } from '../../../commands/earnings/closings.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { recordQuota } from '../../../commands/earnings/quotas.ts';
import { recordParent } from '../../../commands/partners/parents.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { auditMonth } from '../../fixtures/audits.ts';
import { SEED, STORIES } from '../../fixtures/property-runs.ts';
import { addVersion, reRate } from '../../fixtures/re-rating.ts';
import { openShop } from '../../fixtures/shop.ts';
import { addCompany, addPartner, type CompanyRows, type PartnerRows } from '../../fixtures/rows.ts';
import { type Happening, story } from '../earnings/story.ts';
import { addBudgets, LATE_TERMS, TERMS } from '../earnings/telling.ts';

/**
 * Stories in which much comes late: quotas after the sales, partners above who begin later, terms and re-ratings, and revisions that move a
 * sale to another day or other partners. They are told in any order. Right books never differ from their audit.
 */

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const AUDITED = Math.ceil(STORIES / 16);
const PARTNERS = 3;
const NOW_MS = Date.parse('2026-12-01T00:00:00Z');
const THIS_MONTH = `${new Date().toISOString().slice(0, 7)}-01`;
const MONTHS = ['2026-02-01', '2026-03-01', '2026-04-01', '2026-05-01', THIS_MONTH];

const QUOTAS = [
  {
    id: 'goal',
    window: 'quarter',
    against: 'quota',
    unit: 'USD',
    pay: {
      rule: 'steps',
      mode: 'cliff',
      steps: [
        { from: '50', percent: '1' },
        { from: '100', percent: '5' },
      ],
    },
  },
  {
    id: 'goal-at-close',
    window: 'month',
    against: 'quota',
    unit: 'USD',
    earned: 'at-close',
    pay: { rule: 'steps', mode: 'marginal', steps: [{ from: '0', percent: '2' }] },
  },
];

const round = fc.integer({ min: 0, max: 3 });
const partner = fc.integer({ min: 0, max: PARTNERS - 1 });
/** The partners of each revision of a sale, by their numbers. More than one share it. */
const sharing = fc.array(fc.shuffledSubarray([0, 1, 2], { minLength: 1 }), { minLength: 3, maxLength: 3 });
const quota = fc.record({
  round,
  partner,
  window: fc.constantFrom('quarter' as const, 'month' as const),
  start: fc.constantFrom('2026-01-01', '2026-04-01'),
  value: fc.constantFrom('5.00', '20.00', '60.00'),
});
const parent = fc.record({
  round,
  partner,
  from: fc.constantFrom('2020-01-01', '2026-03-01', '2026-03-20', '2026-04-10'),
});
const lateStory = fc.record({
  told: story(2, 2),
  sharings: fc.array(sharing, { minLength: 5, maxLength: 5 }),
  quotas: fc.array(quota, { maxLength: 4 }),
  parents: fc.array(parent, { maxLength: 3 }),
});

type Told = {
  partners: PartnerRows[];
  above: PartnerRows;
  sharings: number[][][];
  batches: Happening[][];
  quotas: (typeof quota extends fc.Arbitrary<infer One> ? One : never)[];
  parents: (typeof parent extends fc.Arbitrary<infer One> ? One : never)[];
};

function wireOf(program: string, { partners, above, sharings }: Told, { of, ...happening }: Happening): WireEvent {
  const codes = partners.map(({ code }) => code);
  const ofSale = sharings[Number(/^s(\d)/.exec(of ?? happening.id)?.[1])] ?? [[0]];
  const names = (ofSale[(happening.revision ?? 1) - 1] ?? [0]).map((index) => codes[index] ?? '');
  const about = happening.kind === 'refund' ? 'refundOf' : 'collects';
  return {
    ...happening,
    source: 'shop',
    id: `${above.code}/${happening.id}`,
    program,
    partner: names[0] ?? '',
    ...(of !== undefined && { [about]: `${above.code}/${of}` }),
    ...(happening.kind === 'sale' &&
      names.length > 1 && { shares: names.map((name, index) => ({ partner: name, weight: String(index + 1) })) }),
  };
}

async function tell(company: CompanyRows, told: readonly Told[], rounds: { from: number; until: number }) {
  const by = company.approver;
  for (let no = rounds.from; no < rounds.until; no += 1) {
    for (const { parents, partners, above } of told)
      for (const { partner: index, from } of parents.filter((one) => one.round === no)) {
        const below = partners[index]?.code ?? '';
        await recordParent(
          fixture.app,
          { partner: below, parent: above.code, from, until: null, reason: 'Contract' },
          by,
        );
      }
    const wires = told.flatMap((one) =>
      (one.batches[no] ?? []).map((happening) => wireOf(company.code, one, happening)),
    );
    for (let start = 0; start < wires.length; start += 1000) {
      const page = wires.slice(start, start + 1000).map((wire, unit) => ({ wire, unit }));
      await intakeEvents(fixture.app, page, { nowMs: NOW_MS, strict: false, by });
    }
    await closeWindows(fixture.app);
    await accrueAll(fixture.app, company.code);
    for (const { quotas, partners } of told)
      for (const { partner: index, round: _round, ...about } of quotas.filter((one) => one.round === no))
        await recordQuota(
          fixture.app,
          {
            ...about,
            partner: partners[index]?.code ?? '',
            program: company.code,
            name: 'standard',
            currency: 'USD',
            reason: null,
          },
          by,
        );
    await accrueAll(fixture.app, company.code);
  }
}

const countReRated = ({ programId }: CompanyRows) =>
  fixture.app.oneFirst(sql.type(z.object({ count: z.bigint() }))`
    select count(*) as count from earning join event on event.id = earning.event_id
    where event.kind = 're_rating' and earning.program_id = ${programId}`);

const { holdDays, rounding } = TERMS;
const NOT_LATE = {
  ...TERMS,
  incentives: [...TERMS.incentives.filter((one) => !('id' in one && one.id === 'paid-bonus')), ...QUOTAS],
};
const LATE = { holdDays, rounding, incentives: [...LATE_TERMS, ...QUOTAS] };

/** The same terms, in which the first incentive pays another percentage. */
const changed = ({ incentives: [first, ...others], ...terms }: typeof NOT_LATE | typeof LATE) => ({
  ...terms,
  incentives: [{ ...first, pay: { rule: 'percent', percent: '9.5' } }, ...others],
});

describe.each([
  { incentives: 'all incentives', terms: NOT_LATE },
  { incentives: 'incentives for which lateness matters', terms: LATE },
])('given stories in which much comes late, and $incentives', ({ terms }) => {
  it.each([false, true])(
    'when each month is worked out again then it gives the books (with re-ratings: %s)',
    async (isReRated) => {
      const company = await addCompany(fixture.app, { terms });
      await fixture.owner.query(
        sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`,
      );
      await addBudgets(fixture.app, company, AUDITED);
      const seed = SEED;
      const told: Told[] = [];
      for (const { told: tale, ...one } of fc.sample(lateStory, { numRuns: AUDITED, seed })) {
        const partners = [];
        for (let n = 0; n < PARTNERS; n += 1) partners.push(await addPartner(fixture.app, company));
        told.push({ ...one, partners, above: await addPartner(fixture.app, company), batches: tale.shuffled });
      }
      const rounds = Math.max(4, ...told.map(({ batches }) => batches.length));
      await tell(company, told, { from: 0, until: 2 });
      if (isReRated) {
        await addVersion(fixture.app, company, '2026-03-01T00:00:00Z', changed(terms));
        await tell(company, told, { from: 2, until: 3 });
        await reRate(fixture.app, company, { from: '2026-02-01', until: null });
        expect(await countReRated(company)).not.toBe(0n);
      } else await tell(company, told, { from: 2, until: 3 });
      await tell(company, told, { from: 3, until: rounds });
      for (const month of MONTHS)
        expect({ seed, month, differences: (await auditMonth(fixture.app, company, month)).differences }).toEqual({
          seed,
          month,
          differences: [],
        });
    },
    300_000,
  );
});

describe('given books that are right, although an event alone has other earnings than it is worth today', () => {
  const differences = async (company: CompanyRows) => {
    const found = [];
    for (const month of ['2026-09-01', '2026-10-01', THIS_MONTH])
      found.push(...(await auditMonth(fixture.app, company, month)).differences);
    return found;
  };

  it('when the quota came after the sale then no month differs', async () => {
    const [target] = QUOTAS;
    const { company, partner: seller, send, settle, earned } = await openShop(fixture, [target ?? {}]);
    await send({ id: 'a', day: '2026-10-10', amount: '100.00' });
    const about = { name: 'standard', window: 'quarter', start: '2026-10-01', currency: 'USD', reason: null } as const;
    const wish = { ...about, partner: seller.code, program: company.code, value: '50.00' };
    await recordQuota(fixture.app, wish, company.approver);
    await settle();
    expect(await earned()).toEqual({ goal: '5.00' });
    expect(await differences(company)).toEqual([]);
  });

  it('when a revision moves a refunded sale to a day on which somebody is above then no month differs', async () => {
    const own = { id: 'own', pay: { rule: 'percent', percent: '10' } };
    const {
      company,
      partner: seller,
      send,
    } = await openShop(fixture, [own, { id: 'override', payTo: 'parent', pay: { rule: 'percent', percent: '5' } }]);
    const above = await addPartner(fixture.app, company);
    const wish = { partner: seller.code, parent: above.code, from: '2026-09-21', until: null, reason: 'Contract' };
    await recordParent(fixture.app, wish, company.approver);
    await send({ id: 'b', day: '2026-09-20', amount: '100.00' });
    await send({ id: 'r', day: '2026-10-05', amount: '40.00', refundOf: 'b' });
    await send({ id: 'b', day: '2026-09-21', amount: '100.00', revision: 2 });
    const { totals } = await auditMonth(fixture.app, company, '2026-09-01');
    expect(totals).toMatchObject([{ partners: 2, earnedMinor: 1300n, bookedMinor: 1300n }]);
    expect(await differences(company)).toEqual([]);
  });
});
