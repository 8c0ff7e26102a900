import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { Draft } from '../../../activities/earnings/known-ratings.ts';
import { replay, type Replayed } from '../../../activities/earnings/replay.ts';
import { closeWindows } from '../../../commands/earnings/closings.ts';
import { type Booked, expectLongRead, listParticipants } from '../../../db/earnings/replays.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { useOf } from '../../fixtures/budgets.ts';
import { addCompany, addPartner, type CompanyRows, type PartnerRows } from '../../fixtures/rows.ts';
import { SEED, STORIES } from '../../fixtures/property-runs.ts';
import { PARTS, story, storyInParts, worthsOf } from './story.ts';
import { addAbove, addBudgets, BUDGETS, LATE_TERMS, type Sent, tellAll, TERMS, type Told } from './telling.ts';

/**
 * The earnings of partners do not depend on how their events arrive. Each story is told to two partners: once in the order in which it
 * happened, and once shuffled, in other batches, with repetitions. Both, and the partners above them, must earn, scope by scope, what an oracle says, which works out
 * the final state with other arithmetic and knows nothing of differences. Then the shuffled stories are worked out again in memory, which
 * must give what is in the books. Budgets that have too little pay a part of it, and the rest is kept as not paid.
 */

let fixture: Fixture;
let company: CompanyRows;
const straight: Told[] = [];
const shuffled: Told[] = [];

beforeAll(async () => {
  fixture = await openFixture();
  company = await addCompany(fixture.app, { terms: TERMS });
  await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`);
  await addBudgets(fixture.app, company, STORIES);
  for (const told of fc.sample(story(3, 3, true), { numRuns: STORIES, seed: SEED })) {
    straight.push({ partner: await addPartner(fixture.app, company), story: told.seed, batches: told.straight });
    shuffled.push({ partner: await addPartner(fixture.app, company), story: told.seed, batches: told.shuffled });
  }
  await addAbove(fixture.app, [...straight, ...shuffled]);
  await tellAll(fixture.app, company, [...straight, ...shuffled], company.approver);
  while ((await closeWindows(fixture.app)) > 0) await accrueAll(fixture.app, company.code);
}, 600_000);
afterAll(() => fixture.close());

const Sum = z.object({ partner: z.string(), key: z.string(), minor: z.bigint() });
/** The earnings of each partner by scope, with the parts that budgets did not pay. */
const earnedBy = async (program: number): Promise<Map<string, Record<string, bigint>>> => {
  const rows = await fixture.app.any(sql.type(Sum)`
    select split_part(partner.code, '.', 1) as partner, sum(earning.amount_minor + coalesce(earning.unfunded_minor, 0))::bigint as minor,
      case when scope_id is null then earning.incentive_id || ' ' || split_part(origin.source_id, '/', 2)
        else earning.incentive_id || ' ' || window_start || ' ' || group_value end as key
    from earning join partner on partner.id = earning.partner_id join event origin on origin.id = origin_id left join earning_scope scope on scope.id = scope_id
    where earning.program_id = ${program}
    group by 1, 3 having sum(earning.amount_minor + coalesce(earning.unfunded_minor, 0)) <> 0`);
  const earned = new Map<string, Record<string, bigint>>();
  for (const { partner, key, minor } of rows) earned.set(partner, { ...earned.get(partner), [key]: minor });
  return earned;
};

/** These partners and those above them. */
const participants = async (told: readonly Told[]): Promise<bigint[]> => {
  const codes = sql.array(
    told.map(({ partner }) => partner.code),
    'text',
  );
  const theirs = await fixture.app.anyFirst(sql.type(z.object({ id: z.bigint() }))`
    select id from partner where split_part(code, '.', 1) = any(${codes})`);
  const wanted = new Set(theirs);
  return (await listParticipants(fixture.app, company.programId, 0n, 10_000)).filter((id) => wanted.has(id));
};

const replayAll = ({ programId }: CompanyRows, partners: readonly bigint[], draft: Draft | null = null) =>
  fixture.app.transaction(async (tx) => {
    await expectLongRead(tx);
    const found: Replayed[] = [];
    const program = { id: programId, zone: 'UTC' };
    for await (const one of replay(tx, program, partners, { draft })) found.push(one);
    return found;
  });

/** Past events are worked out as if every budget were large enough. */
const inWorth = ({ minor, unfunded, ...booked }: Booked) => ({ ...booked, minor: minor + (unfunded ?? 0n) });

const sums = (earnings: readonly { incentiveId: string; currency: string; minor: bigint }[]) => {
  const all = new Map<string, bigint>();
  for (const { incentiveId, currency, minor } of earnings)
    all.set(`${incentiveId} ${currency}`, (all.get(`${incentiveId} ${currency}`) ?? 0n) + minor);
  return Object.fromEntries(
    [...all].filter(([, minor]) => minor !== 0n).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
};

describe('given any stories of sales, refunds, payments and corrections', () => {
  it(`then ${STORIES} of them earn the same in any order, in any batches and with any repetitions, and what their state is worth`, async () => {
    const earned = await earnedBy(company.programId);
    for (const { partner, story: tale } of [...straight, ...shuffled])
      expect({ seed: SEED, tale, earned: earned.get(partner.code) ?? {} }).toEqual({
        seed: SEED,
        tale,
        earned: worthsOf(tale),
      });
    for (const code of Object.keys(BUDGETS)) {
      const { amount, used, paid, unfunded } = await useOf(fixture.app, company, code);
      expect({ code, used, isUsed: used > 0n, isWithin: used <= amount, isShort: unfunded > 0n }).toEqual({
        code,
        used: paid,
        isUsed: true,
        isWithin: true,
        isShort: true,
      });
    }
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when they are worked out again in memory then each event earns what is in the books', async () => {
    const partners = await participants(shuffled);
    const booked = await replayAll(company, partners);
    expect(booked.length).toBeGreaterThan(shuffled.length);
    for (const { event, earned } of booked)
      expect({ seed: SEED, event: event?.id, earned: sums(earned) }).toEqual({
        seed: SEED,
        event: event?.id,
        earned: sums((event?.booked ?? []).map(inWorth)),
      });
    const drafted = await replayAll(company, partners, { planId: company.planId, terms: PlanTerms.parse(TERMS) });
    expect(drafted.map(({ event, earned }) => [event?.id, sums(earned)])).toEqual(
      booked.map(({ event }) => [event?.id, sums((event?.booked ?? []).map(inWorth))]),
    );
  });
});

/** So many stories are enough for the closings of their windows. */
const LATE_RUNS = Math.ceil(STORIES / 10);

describe('given terms by which events count elsewhere that come after their window was closed', () => {
  let late: CompanyRows;
  const pairs: { one: PartnerRows; other: PartnerRows }[] = [];

  beforeAll(async () => {
    late = await addCompany(fixture.app, {
      terms: { holdDays: 10, rounding: 'half-even', incentives: LATE_TERMS },
    });
    await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${late.programId}`);
    const told: Sent[][] = PARTS.map(() => []);
    for (const parts of fc.sample(storyInParts(), { numRuns: LATE_RUNS, seed: SEED })) {
      const [one, other] = [await addPartner(fixture.app, late), await addPartner(fixture.app, late)];
      pairs.push({ one, other });
      for (const [index, { straight: asItWas, shuffled: anyhow }] of parts.entries())
        told[index]?.push({ partner: one, batches: asItWas }, { partner: other, batches: anyhow });
    }
    await addAbove(
      fixture.app,
      pairs.flatMap(({ one, other }) => [{ partner: one }, { partner: other }]),
    );
    for (const part of told) {
      await tellAll(fixture.app, late, part, late.approver, { isClosing: false });
      while ((await closeWindows(fixture.app)) > 0) await accrueAll(fixture.app, late.code);
    }
  }, 300_000);

  it(`then ${LATE_RUNS} stories earn the same in whatever order, batches and repetitions the parts between the closings come`, async () => {
    const earned = await earnedBy(late.programId);
    for (const { one, other } of pairs)
      expect({ seed: SEED, earned: earned.get(one.code) }).toEqual({ seed: SEED, earned: earned.get(other.code) });
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when they are worked out again in memory then each event earns what is in the books', async () => {
    const booked = await replayAll(late, await listParticipants(fixture.app, late.programId, 0n, 10_000));
    expect(booked.length).toBeGreaterThan(pairs.length);
    for (const { event, earned } of booked)
      expect({ seed: SEED, event: event?.id, earned: sums(earned) }).toEqual({
        seed: SEED,
        event: event?.id,
        earned: sums(event?.booked ?? []),
      });
  });
});
