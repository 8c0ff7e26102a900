import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Draft, replay, type Replayed } from '../../../activities/earnings/replay.ts';
import { expectLongRead, listParticipants } from '../../../db/earnings/replays.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { RUNS } from '../../fixtures/property-runs.ts';
import { addCompany, addPartner, type CompanyRows } from '../../fixtures/rows.ts';
import { story } from './story.ts';
import { addAbove, tellAll, TERMS, type Told } from './telling.ts';

/** Past events are worked out again in memory, and give what is in the books. */

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const replayAll = ({ programId }: CompanyRows, partners: readonly bigint[], draft: Draft | null = null) =>
  fixture.app.transaction(async (tx) => {
    await expectLongRead(tx);
    const found: Replayed[] = [];
    const program = { id: programId, zone: 'UTC' };
    for await (const one of replay(tx, program, partners, { draft })) found.push(one);
    return found;
  });

const sums = (earnings: readonly { incentiveId: string; currency: string; minor: bigint }[]) => {
  const all = new Map<string, bigint>();
  for (const { incentiveId, currency, minor } of earnings)
    all.set(`${incentiveId} ${currency}`, (all.get(`${incentiveId} ${currency}`) ?? 0n) + minor);
  return Object.fromEntries(
    [...all].filter(([, minor]) => minor !== 0n).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
};

describe('given any stories of sales, refunds and corrections', () => {
  it('when they are worked out again in memory then each event earns what is in the books', async () => {
    const company = await addCompany(fixture.app, { terms: TERMS });
    await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`);
    const seed = Date.now() % 2 ** 31;
    const told: Told[] = [];
    for (const { seed: tale, shuffled } of fc.sample(story(3, 3), { numRuns: RUNS.numRuns, seed }))
      told.push({ partner: await addPartner(fixture.app, company), story: tale, batches: shuffled });
    await addAbove(fixture.app);
    await tellAll(fixture.app, company, told, company.approver);
    const partners = await listParticipants(fixture.app, company.programId, 0n, 10_000);
    const booked = await replayAll(company, partners);
    expect(booked.length).toBeGreaterThan(told.length);
    for (const { event, earned } of booked)
      expect({ seed, event: event?.id, earned: sums(earned) }).toEqual({
        seed,
        event: event?.id,
        earned: sums(event?.booked ?? []),
      });
    const drafted = await replayAll(company, partners, { planId: company.planId, terms: PlanTerms.parse(TERMS) });
    expect(drafted.map(({ event, earned }) => [event?.id, sums(earned)])).toEqual(
      booked.map(({ event, earned }) => [event?.id, sums(earned)]),
    );
  }, 300_000);
});
