import { sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createDecisionActivities } from '../../activities/earnings/decisions.ts';
import { createSweepActivities } from '../../activities/sweep.ts';
import { extendDeal, registerDeal } from '../../commands/earnings/deals.ts';
import { addClaim } from '../../commands/earnings/fund-claims.ts';
import { addPolicyVersion } from '../../commands/programs/policies.ts';
import { getClaim } from '../../db/earnings/fund-claims.ts';
import { getDeal } from '../../db/earnings/deals.ts';
import { getProgram } from '../../db/programs/programs.ts';
import { addDays } from '../../domain/calendar.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { POLICY_OF } from '../../domain/programs/policies.ts';
import { decisionWorkflowId } from '../../temporal/messages.ts';
import { wakeDecision } from '../../temporal/starts.ts';
import { type Fixture, openFixture } from '../db/fixture.ts';
import { tamper } from '../fixtures/database.ts';
import { addActor, addCompany, addPartner, freshCode } from '../fixtures/rows.ts';
import { openSkippedTime, type SkippedTime } from '../fixtures/skipped-time.ts';

let fixture: Fixture;
let time: SkippedTime;
/** How far the clock of the workflows is ahead of the rows. */
let aheadMs = 0;
let company: Awaited<ReturnType<typeof addCompany>>;
let partner: Awaited<ReturnType<typeof addPartner>>;
let registrar: string;

const TODAY = new Date().toISOString().slice(0, 10);
const days = (count: number) => ({ days: count, counted: 'calendar' });
const RULES = [
  {
    title: 'small',
    when: { ask: ['registration'], amount: { atMost: '100.00' }, currency: ['USD'] },
    automatic: 'approve',
    grants: { protectionDays: 30 },
  },
  {
    title: 'all others',
    stages: [
      {
        role: 'preparer',
        approvals: 1,
        within: days(2),
        escalate: { role: 'operator', within: days(3) },
        atEnd: 'expire',
      },
    ],
    grants: { protectionDays: 60 },
  },
];

beforeAll(async () => {
  fixture = await openFixture();
  const activities = createDecisionActivities({ db: fixture.app, now: () => Date.now() + aheadMs });
  time = await openSkippedTime(activities, async (ms) => void (aheadMs += ms));
  company = await addCompany(fixture.app);
  partner = await addPartner(fixture.app, company);
  registrar = await addActor(fixture.app, 'paul');
  const program = await getProgram(fixture.app, company.code);
  const wish = { subject: 'deal', policy: POLICY_OF.deal.parse({ rules: RULES }), effectiveFrom: null } as const;
  await addPolicyVersion(fixture.app, program, wish, { by: registrar, nowMs: Date.now() });
});
afterAll(async () => {
  await time.close();
  await fixture.close();
});
beforeEach(async () => {
  await time.begin();
  aheadMs = 0;
});

const register = (minor: bigint) =>
  registerDeal(
    fixture.app,
    {
      program: company.code,
      partner: partner.code,
      customer: 'Kim',
      domain: `${freshCode('kim')}.example`,
      registrationNumber: null,
      country: 'US',
      productLines: ['routers'],
      currency: 'USD',
      minor,
      expectedClose: addDays(TODAY, 90),
    },
    { by: registrar, nowMs: Date.now() },
  );

async function follow(id: string) {
  await wakeDecision(time.temporal, { subject: 'deal', id });
  const workflow = time.temporal.workflow.getHandle(decisionWorkflowId('deal', id));
  const status = await workflow.result();
  const { startTime, closeTime } = await workflow.describe();
  return { status, days: Math.ceil(((closeTime?.getTime() ?? 0) - startTime.getTime()) / DAY_MS) };
}

const toldOf = (id: string) =>
  fixture.app.anyFirst(sql.type(z.object({ told: z.string() }))`
    select audience || ' ' || coalesce(body ->> 'what', kind) as told from notification
    where body ->> 'deal' = ${id} or body ->> 'subject' = ${`deal/${id}`} order by id`);

describe('given a deal that nobody answers', () => {
  it('when days pass then it escalates to another role, and at the end it expires, and each is told once', async () => {
    const { id } = await register(500_00n);

    expect(await follow(id)).toEqual({ status: 'expired', days: 6 }); // the 2nd and the 5th day after end at midnight

    expect(await getDeal(fixture.app, id)).toMatchObject({ status: 'expired', reason: 'Nobody answered in time.' });
    expect(await toldOf(id)).toEqual([
      'finance task_opened',
      'partner registered',
      'operators task_opened',
      'partner expired',
    ]);
  });
});

describe('given a protected deal', () => {
  it('when its days are over then it expires, and its customer is free', async () => {
    const { id } = await register(50_00n);
    expect((await follow(id)).status).toBe('expired');
    expect(await toldOf(id)).toEqual(['partner protected', 'partner expired']);
    expect(await fixture.app.exists(sql.unsafe`select from deal_customer where deal_id = ${id} and is_held`)).toBe(
      false,
    );
  });

  it('when an extension waits then the protection goes on until nobody answered it', async () => {
    const { id, protectedUntil } = await register(50_00n);
    const asked = { until: addDays(protectedUntil ?? '', 60), reason: 'They decide later' };
    await extendDeal(fixture.app, id, asked, { by: registrar, nowMs: Date.now() });
    await tamper(
      fixture.owner,
      sql.unsafe`update policy_review set asked_at = asked_at + interval '29 days' where subject_id = ${id}`,
    );

    expect(await follow(id)).toMatchObject({ status: 'expired', days: 35 });
    expect(await toldOf(id)).toEqual([
      'partner protected',
      'finance task_opened',
      'operators task_opened',
      'partner extension_declined',
      'partner expired',
    ]);
  });

  it('when its workflow is lost then the sweep starts it again', async () => {
    const { id } = await register(50_00n);
    await tamper(
      fixture.owner,
      sql.unsafe`update deal set protected_until = ${addDays(TODAY, -1)}, due_at = now() - interval '1 day' where id = ${id}`,
    );
    await createSweepActivities({ db: fixture.app, temporal: time.temporal }).wakeOverdue();
    expect(await time.temporal.workflow.getHandle(decisionWorkflowId('deal', id)).result()).toBe('expired');
  });
});

describe('given a claim that nobody answers', () => {
  it('when its time is over then it expires, nothing is credited, and the partner is told', async () => {
    const program = await getProgram(fixture.app, company.code);
    const stage = { role: 'approver', approvals: 2, within: days(4), atEnd: 'expire' };
    const policy = POLICY_OF.claim.parse({ rules: [{ title: 'all', stages: [stage] }] });
    const wish = { subject: 'claim', policy, effectiveFrom: null } as const;
    await addPolicyVersion(fixture.app, program, wish, { by: registrar, nowMs: Date.now() });
    const { id } = await addClaim(
      fixture.app,
      {
        program: company.code,
        partner: partner.code,
        fundId: null,
        currency: 'USD',
        minor: 50_00n,
        wish: 'The stand',
        proof: 'invoice 4711',
        proofSha256: 'ab'.repeat(32),
      },
      { by: registrar, nowMs: Date.now() },
    );

    await wakeDecision(time.temporal, { subject: 'claim', id });
    expect(await time.temporal.workflow.getHandle(decisionWorkflowId('claim', id)).result()).toBe('expired');

    expect(await getClaim(fixture.app, id)).toMatchObject({ status: 'expired', correctionId: null });
    const told = await fixture.app.anyFirst(sql.type(z.object({ told: z.string() }))`
      select audience || ' ' || coalesce(body ->> 'what', kind) as told from notification
      where body ->> 'claim' = ${id} or body ->> 'subject' = ${`claim/${id}`} order by id`);
    expect(told).toEqual(['finance task_opened', 'partner received', 'partner expired']);
  });
});
