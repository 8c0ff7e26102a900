import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createReRateActivities } from '../../../activities/earnings/re-rate.ts';
import { replay } from '../../../activities/earnings/replay.ts';
import { recordRates } from '../../../commands/earnings/exchange-rates.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { decideReRating } from '../../../commands/earnings/re-ratings.ts';
import { getReRating, insertReRating, listReRatingItems } from '../../../db/earnings/re-ratings.ts';
import { expectLongRead } from '../../../db/earnings/replays.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { openLadder } from '../../fixtures/ladder.ts';
import { addVersion } from '../../fixtures/re-rating.ts';
import { addCompany, addPartner, type CompanyRows } from '../../fixtures/rows.ts';

/** Nobody can say what an event would earn that waits by the terms of now. A re-rating then changes nothing. */

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const termsOf = (...incentives: object[]) => ({ holdDays: 0, rounding: 'half-even', incentives });

async function work(id: string): Promise<void> {
  const activities = createReRateActivities({ db: fixture.app });
  while (await activities.advanceReRating(id));
}
async function propose({ programId, preparer }: CompanyRows, until: string | null = null): Promise<string> {
  const wish = { programId, partnerId: null, from: '2026-03-01', until, reason: 'The terms were wrong' };
  const id = (await insertReRating(fixture.app, { ...wish, proposedBy: preparer })) ?? '';
  await work(id);
  return id;
}
async function decide({ approver }: CompanyRows, id: string, decision: 'confirm' | 'decline'): Promise<void> {
  await decideReRating(fixture.app, { id, actorId: approver, decision, note: null });
  await work(id);
}
const items = async (id: string) =>
  (await listReRatingItems(fixture.app, id, { partnerId: 0n, currency: '' }, 10)).map(({ before, after, status }) => [
    before,
    after,
    status,
  ]);

/** An audit works out again what a partner earned, and must find what is booked. */
const audited = (company: CompanyRows, partnerId: bigint) =>
  fixture.app.transaction(async (tx) => {
    await expectLongRead(tx);
    let minor = 0n;
    for await (const { earned } of replay(tx, { id: company.programId, zone: 'UTC' }, [partnerId]))
      for (const earning of earned) minor += earning.minor;
    return minor;
  });
const booked = (partnerId: bigint) =>
  fixture.app.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(amount_minor), 0)::bigint as minor from earning where partner_id = ${partnerId}`);

describe('given corrected terms that ask for a rung, in the days of grace of its ladder', () => {
  const open = async () => {
    const ladder = await openLadder(fixture, { graceDays: 5 }, '2026-01-01', false);
    const asking = { when: { partner: { facts: { [ladder.fact]: ['silver'] } } } };
    const corrected = termsOf({ id: 'silver', ...asking, pay: { rule: 'percent', percent: '20' } });
    await ladder.send(
      { id: 'march', day: '2026-03-01', amount: '600.00' },
      { id: 'april', day: '2026-04-02', amount: '100.00' },
    );
    return { ...ladder, correct: () => addVersion(fixture.app, ladder.company, '2026-04-01T00:00:00Z', corrected) };
  };

  it('when it is proposed then it is refused and names the event, the rung and the day, and later it is booked', async () => {
    const { company, partner, fact, correct, place } = await open();
    await correct();
    const early = await propose(company);
    expect(await getReRating(fixture.app, early)).toMatchObject({
      status: 'refused',
      note: `Nothing changes: some events cannot be worked out again yet. ${company.code}/april of ${partner.code} waits for the rung ${fact} 2026-04-01, which is decided on 2026-04-06. Propose it again when they no longer wait, or for the days before theirs.`,
    });
    await expect(decide(company, early, 'confirm')).rejects.toMatchObject({ code: 're_rating_not_open' });
    const before = await propose(company, '2026-04-01');
    expect((await getReRating(fixture.app, before)).status).toBe('proposed');
    await decide(company, before, 'decline');
    await place('2026-04-06');
    const id = await propose(company);
    await decide(company, id, 'confirm');
    expect(await items(id)).toEqual([[7000n, 8000n, 'booked']]);
    expect([await booked(partner.id), await audited(company, partner.id)]).toEqual([8000n, 8000n]);
  });

  it('when such terms are saved after the preview then the partner is overtaken', async () => {
    const { company, partner, correct } = await open();
    const first = termsOf({ id: 'silver', pay: { rule: 'percent', percent: '20' } });
    await addVersion(fixture.app, company, '2026-04-01T00:00:00Z', first);
    const id = await propose(company);
    expect(await items(id)).toEqual([[7000n, 8000n, 'proposed']]);
    await correct();
    await decide(company, id, 'confirm');
    expect(await items(id)).toEqual([[7000n, 8000n, 'overtaken']]);
    expect([await booked(partner.id), await audited(company, partner.id)]).toEqual([7000n, 7000n]);
  });
});

describe('given corrected terms that convert sales, and a day without a rate', () => {
  it('when it is proposed then it is refused until the rate is known', async () => {
    const company = await addCompany(fixture.app, {
      terms: termsOf({ id: 'commission', pay: { rule: 'percent', percent: '10' } }),
    });
    const partner = await addPartner(fixture.app, company);
    const wire = {
      source: company.code,
      id: 'abroad',
      program: company.code,
      partner: partner.code,
      kind: 'sale',
      occurredAt: '2026-03-02T12:00:00Z',
      currency: 'EUR' as const,
      amount: '100.00',
    };
    await intakeEvents(fixture.app, [{ wire, unit: 0 }], { nowMs: Date.now(), strict: true, by: company.approver });
    await accrueAll(fixture.app, company.code);
    const converted = termsOf({ id: 'commission', unit: 'USD', pay: { rule: 'percent', percent: '10' } });
    await addVersion(fixture.app, company, '2026-03-01T00:00:00Z', converted);
    const { status, note } = await getReRating(fixture.app, await propose(company));
    expect([status, note]).toEqual(['refused', expect.stringContaining('waits for the rate ECB/2026-03-02/USD')]);
    const rate = { day: '2026-03-02', quote: 'USD', rate: '2' };
    await recordRates(fixture.app, [rate], { source: 'ECB', by: company.approver, nowMs: Date.now() });
    const id = await propose(company);
    await decide(company, id, 'confirm');
    expect(await items(id)).toEqual([
      [1000n, 0n, 'booked'],
      [0n, 2000n, 'booked'],
    ]);
    expect(await audited(company, partner.id)).toBe(await booked(partner.id));
  });
});

describe('given everything that was worked out again above', () => {
  it('then every invariant holds', async () => {
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});
