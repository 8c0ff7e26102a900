import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cutFromRun } from '../../../commands/runs/changes.ts';
import { decideRun } from '../../../commands/runs/decide.ts';
import { prepareRun } from '../../../commands/runs/prepare.ts';
import { holdPayout } from '../../../commands/runs/holds.ts';
import { redrawRun } from '../../../commands/runs/redraw.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { countChangedSince, listOutcomes, listRunChanges } from '../../../db/runs/outcomes.ts';
import { getRun } from '../../../db/runs/runs.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { giveRole } from '../../fixtures/people.ts';
import {
  addActor,
  addCompany,
  addInstrument,
  addLine,
  addPartner,
  addRun,
  type CompanyRows,
  type PartnerRows,
  type CompanyWish,
} from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const START = { periodStart: '2026-01-01', periodEnd: '2026-02-01' };

/** A run in review of three partners, each of whom earned 10.00. */
async function openReview(wish: CompanyWish = {}) {
  const company = await addCompany(fixture.app, wish);
  const partners: PartnerRows[] = [];
  for (let index = 0; index < 3; index += 1) {
    const partner = await addPartner(fixture.app, company);
    await addLine(fixture.app, company, partner);
    partners.push(partner);
  }
  const runId = await addRun(fixture.app, company, START);
  await prepareRun(fixture.app, runId);
  const [first] = partners;
  if (!first) throw new Error('a run has a partner');
  return { company, partners, first, runId };
}
type Review = Awaited<ReturnType<typeof openReview>>;

const hashOf = async (runId: string): Promise<string> => (await getRun(fixture.app, runId)).contentHash ?? '';
const hold = (partner: PartnerRows, reason: string | null = 'in dispute') =>
  fixture.app.query(sql.unsafe`update partner set on_hold_reason = ${reason} where id = ${partner.id}`);
const earn = (company: CompanyRows, partner: PartnerRows, minor: bigint) =>
  addLine(fixture.app, company, partner, { minor });

const PayoutRow = z.strictObject({ id: z.string(), status: z.string(), gross: z.bigint(), instrument: z.string() });
const payoutsOf = ({ runId }: Review, partner: PartnerRows) =>
  fixture.app.any(sql.type(PayoutRow)`
    select id, status, gross_minor as gross, instrument_version_id as instrument from payout
    where run_id = ${runId} and partner_id = ${partner.id} order by created_at, status`);
const outcomeOf = async ({ runId }: Review, partner: PartnerRows) =>
  (await listOutcomes(fixture.app, runId, { partnerId: 0n, currency: '' }, 100)).find(
    ({ partnerId }) => partnerId === partner.id,
  );

describe('given a run in review in which a person holds a payout', () => {
  it('then the content and the approvals stay, and the hold stays while the run follows what is owed', async () => {
    const review = await openReview();
    const before = await hashOf(review.runId);
    const [draft] = await payoutsOf(review, review.first);
    const by = await addActor(fixture.app);
    await holdPayout(fixture.app, draft?.id ?? '', by, 'a test');
    expect(await hashOf(review.runId)).toBe(before);

    await earn(review.company, review.first, -1000n);
    await redrawRun(fixture.app, review.runId);
    await earn(review.company, review.first, 300n);
    await redrawRun(fixture.app, review.runId);

    const drawn = (await payoutsOf(review, review.first)).find(({ status }) => status === 'draft');
    expect(drawn?.gross).toBe(300n);
    expect((await getPayout(fixture.app, drawn?.id ?? '')).heldReason).toBe('a test');
  });
});

describe('given a run in review', () => {
  it.each([
    {
      what: 'a sale is refunded in part',
      change: ({ company, first }: Review) => earn(company, first, -400n),
      payouts: [{ status: 'draft', gross: 600n }],
      outcome: 'paid',
    },
    {
      what: 'a late sale is counted',
      change: ({ company, first }: Review) => earn(company, first, 250n),
      payouts: [{ status: 'draft', gross: 1250n }],
      outcome: 'paid',
    },
    {
      what: 'all is refunded',
      change: ({ company, first }: Review) => earn(company, first, -1000n),
      payouts: [{ status: 'cancelled', gross: 1000n }],
      outcome: 'nothing_due',
    },
    {
      what: 'more is refunded than was earned',
      change: ({ company, first }: Review) => earn(company, first, -1001n),
      payouts: [{ status: 'cancelled', gross: 1000n }],
      outcome: 'negative_balance',
    },
    {
      what: 'the partner is put on hold',
      change: ({ first }: Review) => hold(first),
      payouts: [{ status: 'cancelled', gross: 1000n }],
      outcome: 'partner_on_hold',
    },
    {
      what: 'the only details are withdrawn',
      change: async ({ first }: Review) =>
        fixture.app.query(sql.unsafe`
          insert into instrument_withdrawal(instrument_id, reason, withdrawn_by)
          values (${first.instrumentId}, 'a test', ${await addActor(fixture.app)})`),
      payouts: [{ status: 'cancelled', gross: 1000n }],
      outcome: 'no_instrument',
    },
    {
      what: 'the partner gives other details, which count at once',
      change: ({ first }: Review) => addInstrument(fixture.app, first.id, { method: 'paypal' }),
      payouts: [{ status: 'draft', gross: 1000n }],
      outcome: 'paid',
    },
  ])(
    'when $what then the payout follows, and the approval of what was seen is void',
    async ({ change, ...expected }) => {
      const review = await openReview({ approvalsRequired: 2 });
      const before = await hashOf(review.runId);
      await change(review);

      expect(await redrawRun(fixture.app, review.runId)).toBe(true);

      expect(await payoutsOf(review, review.first)).toMatchObject(expected.payouts);
      expect((await outcomeOf(review, review.first))?.outcome).toBe(expected.outcome);
      expect(await hashOf(review.runId)).not.toBe(before);
      expect(await countChangedSince(fixture.app, review.runId, before)).toBe(1);
      expect(await listRunChanges(fixture.app, review.runId, 0n, 10)).toMatchObject([
        { partner: review.first.code, beforeOutcome: 'paid', beforeMinor: 1000n, afterOutcome: expected.outcome },
      ]);
      expect(await redrawRun(fixture.app, review.runId)).toBe(false);
    },
  );

  it('when a hold ends again, and a cooling-off passes, then the partner has a new payout', async () => {
    const review = await openReview();
    await hold(review.first);
    await redrawRun(fixture.app, review.runId);
    await hold(review.first, null);
    await redrawRun(fixture.app, review.runId);
    expect(await payoutsOf(review, review.first)).toMatchObject([
      { status: 'cancelled' },
      { status: 'draft', gross: 1000n },
    ]);
  });

  it('when a partner joins who was not in it then they are paid, too', async () => {
    const review = await openReview();
    const late = await addPartner(fixture.app, review.company);
    await earn(review.company, late, 700n);
    await redrawRun(fixture.app, review.runId);
    expect(await payoutsOf(review, late)).toMatchObject([{ status: 'draft', gross: 700n }]);
  });

  it('when a person took a payout out of it then it stays out, whatever is earned', async () => {
    const review = await openReview();
    const [payout] = await payoutsOf(review, review.first);
    await cutFromRun(fixture.app, payout?.id ?? '', await addActor(fixture.app), 'a test');
    await earn(review.company, review.first, 5000n);
    expect(await redrawRun(fixture.app, review.runId)).toBe(false);
    expect(await payoutsOf(review, review.first)).toMatchObject([{ status: 'cancelled' }]);
  });

  it('when one of two people had approved it then finance is told that the approval is void, once', async () => {
    const review = await openReview({ approvalsRequired: 2 });
    const by = await addActor(fixture.app, 'approver');
    await giveRole(fixture.app, by, 'approver');
    const decision = { by, decision: 'approve', contentHash: await hashOf(review.runId), noteId: null } as const;
    expect(await decideRun(fixture.app, review.runId, decision)).toBeUndefined();

    await earn(review.company, review.first, -100n);
    await redrawRun(fixture.app, review.runId);
    await earn(review.company, review.first, -100n);
    await redrawRun(fixture.app, review.runId);

    expect(
      await fixture.app.any(sql.type(z.strictObject({ body: z.unknown() }))`
        select body from notification where kind = 'approvals_void' and body ->> 'run' = ${review.runId}`),
    ).toMatchObject([{ body: { approvals: 1 } }]);
  });

  it('when people took out all its payouts then it ends, and says so', async () => {
    const review = await openReview();
    const by = await addActor(fixture.app);
    for (const partner of review.partners) {
      const [payout] = await payoutsOf(review, partner);
      await cutFromRun(fixture.app, payout?.id ?? '', by, 'a test');
    }
    expect(await getRun(fixture.app, review.runId)).toMatchObject({
      status: 'disbursed',
      statusReason: 'every payout was taken out of the run',
    });
  });

  it('when nobody in it can be paid any longer then it ends, and the schedule is free for another run', async () => {
    const review = await openReview();
    for (const partner of review.partners) await hold(partner);
    await redrawRun(fixture.app, review.runId);
    expect(await getRun(fixture.app, review.runId)).toMatchObject({
      status: 'disbursed',
      statusReason: 'nobody is due a payout',
    });
  });

  it('when it changed since somebody read it then their decision is refused with the number of partners, and the change stays', async () => {
    const review = await openReview();
    const by = await addActor(fixture.app, 'approver');
    await giveRole(fixture.app, by, 'approver');
    const seen = await hashOf(review.runId);
    for (const partner of review.partners.slice(0, 2)) await earn(review.company, partner, -100n);

    const decision = { by, decision: 'approve', contentHash: seen, noteId: null } as const;
    expect(await decideRun(fixture.app, review.runId, decision)).toMatchObject({
      code: 'run_changed_since_seen',
      message: expect.stringContaining('for 2 partners') as string,
    });

    const contentHash = await hashOf(review.runId);
    expect(contentHash).not.toBe(seen);
    expect(await decideRun(fixture.app, review.runId, { ...decision, contentHash })).toBeUndefined();
    expect((await getRun(fixture.app, review.runId)).status).toBe('approved');
  });

  it('when it is approved then it follows no longer, and nobody can change its payouts', async () => {
    const review = await openReview();
    const by = await addActor(fixture.app, 'approver');
    await giveRole(fixture.app, by, 'approver');
    const decision = { by, decision: 'approve', contentHash: await hashOf(review.runId), noteId: null } as const;
    expect(await decideRun(fixture.app, review.runId, decision)).toBeUndefined();
    await earn(review.company, review.first, 9000n);
    expect(await redrawRun(fixture.app, review.runId)).toBe(false);
    expect(await payoutsOf(review, review.first)).toMatchObject([{ status: 'approved', gross: 1000n }]);
  });

  it('then every invariant holds', async () => {
    expect(await checkInvariants(fixture.app, { grace: '1 day' })).toEqual([]);
  });
});
