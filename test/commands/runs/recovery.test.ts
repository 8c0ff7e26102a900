import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { capRecovery } from '../../../commands/partners/recovery.ts';
import { askForReplacement } from '../../../commands/runs/ask.ts';
import { cutFromRun } from '../../../commands/runs/changes.ts';
import { prepareRun } from '../../../commands/runs/prepare.ts';
import { redrawRun } from '../../../commands/runs/redraw.ts';
import { Instant } from '../../../db/column-types.ts';
import { listNegativeBalances } from '../../../db/books/negative-balances.ts';
import { listPartnerPayability, lockPayability } from '../../../db/payouts/payability.ts';
import { updatePayout } from '../../../db/payouts/payouts.ts';
import { listOutcomes } from '../../../db/runs/outcomes.ts';
import { getRun } from '../../../db/runs/runs.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import {
  addCompany,
  addInstrument,
  addLine,
  addPartner,
  addRun,
  type CompanyRows,
  type PartnerRows,
  payDrafted,
  sendPayout,
} from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const JANUARY = { periodStart: '2026-01-01', periodEnd: '2026-02-01' };
const FEBRUARY = { periodStart: '2026-02-01', periodEnd: '2026-03-01' };
const MARCH = { periodStart: '2026-03-01', periodEnd: '2026-04-01' };
type Period = typeof JANUARY;

const OLD = '2025-12-15';

/** A partner of a schedule that takes back this percentage, with lines as amounts and release days. */
async function open(percent: string | null, lines: readonly (readonly [bigint, string])[], minimumMinor = 0n) {
  const company = await addCompany(fixture.app, { minimumMinor });
  const partner = await addPartner(fixture.app, company);
  const cap = (wish: { percent: string | null; partner?: string }) =>
    capRecovery(fixture.app, {
      schedule: company.code,
      partner: null,
      reason: 'as agreed',
      by: company.preparer,
      ...wish,
    });
  if (percent !== null) await cap({ percent });
  const earn = (minor: bigint, availableOn: string) => addLine(fixture.app, company, partner, { minor, availableOn });
  for (const [minor, availableOn] of lines) await earn(minor, availableOn);
  return { company, partner, earn, cap };
}
type Opened = Awaited<ReturnType<typeof open>>;

async function draft({ company }: { company: CompanyRows }, period: Period): Promise<string> {
  const runId = await addRun(fixture.app, company, period);
  await prepareRun(fixture.app, runId);
  return runId;
}

const LineRow = z.strictObject({ minor: z.bigint() });
const drawnBy = async (runId: string): Promise<bigint[]> =>
  (
    await fixture.app.any(sql.type(LineRow)`
      select taken.amount_minor as minor from payout_line taken join payout on payout.id = taken.payout_id
      where payout.run_id = ${runId} and taken.released_at is null order by 1`)
  ).map(({ minor }) => minor);

const GrossRow = z.strictObject({ id: z.string(), gross: z.bigint() });
const payoutsOf = (runId: string) =>
  fixture.app.any(sql.type(GrossRow)`
    select id, gross_minor as gross from payout where run_id = ${runId} and status <> 'cancelled'`);
const paidBy = async (runId: string) => (await payoutsOf(runId)).map(({ gross }) => gross);

/** Pays a drafted run. */
async function pay({ company }: Opened, runId: string): Promise<void> {
  await payDrafted(fixture.app, runId, company.approver);
  for (const { id } of await payoutsOf(runId)) await sendPayout(fixture.app, id);
}

async function preview({ company, partner }: { company: CompanyRows; partner: PartnerRows }, period: Period) {
  const { periodStart: start, periodEnd: end } = period;
  const rows = await listPartnerPayability(fixture.app, company.scheduleId, { start, end }, partner.id);
  const [row] = rows;
  return row && { payable: row.payableMinor, held: row.heldMinor, debtLeft: row.debtLeftMinor, outcome: row.outcome };
}

const DEBT: readonly (readonly [bigint, string])[] = [
  [-8000n, OLD],
  [10_000n, '2026-01-15'],
];

describe('given a debt of 80.00 from before the period, and 100.00 earned in it', () => {
  it.each([
    { percent: null, pays: 2000n, left: 0n, because: 'nothing caps the recovery' },
    { percent: '25', pays: 7500n, left: 5500n, because: 'a quarter of 100.00 is taken back' },
    { percent: '33.33', pays: 6667n, left: 4667n, because: '33.33 is taken back' },
    { percent: '90', pays: 2000n, left: 0n, because: 'the debt is less than 90.00' },
    { percent: '100', pays: 2000n, left: 0n, because: 'all of it may be taken back' },
  ])('when the cap is $percent % then $pays is paid and $left is left: $because', async ({ percent, pays, left }) => {
    const opened = await open(percent, DEBT);
    expect(await preview(opened, JANUARY)).toEqual({ payable: pays, held: 0n, debtLeft: left, outcome: 'paid' });

    const runId = await draft(opened, JANUARY);

    expect(await paidBy(runId)).toEqual([pays]);
    expect(await listOutcomes(fixture.app, runId, { partnerId: 0n, currency: '' }, 10)).toMatchObject([
      { outcome: 'paid', payableMinor: pays },
    ]);
    expect(await redrawRun(fixture.app, runId)).toBe(false);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when runs follow then each takes back a quarter of its period, oldest debt first, until the debt is gone', async () => {
    const opened = await open('25', [
      [-3000n, '2025-11-15'],
      [-5000n, OLD],
      [10_000n, '2026-01-15'],
    ]);
    const { earn, partner } = opened;
    const since = await oldestOf(partner);
    const first = await draft(opened, JANUARY);
    expect(await drawnBy(first)).toEqual([-2500n, 10_000n]);
    await pay(opened, first);
    expect(await debtOf(partner)).toEqual({ minor: -5500n, since });

    await earn(10_000n, '2026-02-15');
    expect(await preview(opened, FEBRUARY)).toMatchObject({ payable: 7500n, debtLeft: 3000n });
    const second = await draft(opened, FEBRUARY);
    expect(await drawnBy(second)).toEqual([-2000n, -500n, 10_000n]);
    await pay(opened, second);
    expect(await debtOf(partner)).toMatchObject({ minor: -3000n });

    await earn(20_000n, '2026-03-15');
    const third = await draft(opened, MARCH);
    expect(await paidBy(third)).toEqual([17_000n]);
    await pay(opened, third);
    expect(await debtOf(partner)).toBeUndefined();
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when the agreement of the partner ends then the last run takes back all of it', async () => {
    const opened = await open('25', DEBT);
    await leave(opened);
    expect(await preview(opened, JANUARY)).toMatchObject({ payable: 2000n, debtLeft: 0n });
  });

  it('when a partner has a cap of their own then it comes before that of the schedule, until it ends', async () => {
    const opened = await open('25', DEBT);
    const { cap, partner } = opened;
    await cap({ percent: '50', partner: partner.code });
    expect(await preview(opened, JANUARY)).toMatchObject({ payable: 5000n });
    await cap({ percent: '10' });
    expect(await preview(opened, JANUARY)).toMatchObject({ payable: 5000n });
    await cap({ percent: null, partner: partner.code });
    expect(await preview(opened, JANUARY)).toMatchObject({ payable: 9000n });
    await cap({ percent: null });
    expect(await preview(opened, JANUARY)).toMatchObject({ payable: 2000n });
  });

  it('when what is left of the earnings is below the minimum then nothing is paid, and nothing is split', async () => {
    const opened = await open('25', DEBT, 8000n);
    const runId = await draft(opened, JANUARY);
    expect(await listOutcomes(fixture.app, runId, { partnerId: 0n, currency: '' }, 10)).toMatchObject([
      { outcome: 'below_minimum', payableMinor: 7500n },
    ]);
    expect(await fixture.app.exists(sql.unsafe`select from earning_line where carried_from = ${runId}`)).toBe(false);
  });
});

describe('given refunds within the period', () => {
  it('when they exceed what it earned then nothing is paid: a cap is about older debts', async () => {
    const opened = await open('25', [
      [10_000n, '2026-01-15'],
      [-12_000n, '2026-01-15'],
    ]);
    expect(await preview(opened, JANUARY)).toMatchObject({
      payable: -2000n,
      debtLeft: 0n,
      outcome: 'negative_balance',
    });
  });

  it('when earnings from before the period cover older refunds then no debt is left', async () => {
    const opened = await open('25', [
      [3000n, OLD],
      [-2000n, OLD],
      [10_000n, '2026-01-15'],
    ]);
    expect(await preview(opened, JANUARY)).toMatchObject({ payable: 11_000n, debtLeft: 0n });
  });
});

describe('given a run in review that takes back a quarter', () => {
  it.each([
    { later: -4000n, on: '2026-01-20', pays: 4500n, because: 'a quarter of 60.00 is taken back' },
    { later: -2000n, on: OLD, pays: 7500n, because: 'an older refund adds to the debt' },
    { later: 4000n, on: '2026-01-20', pays: 10_500n, because: 'a quarter of 140.00 is taken back' },
    { later: 9000n, on: OLD, pays: 11_000n, because: 'older earnings cover the debt' },
  ])('when $later follows on $on then $pays is paid: $because', async ({ later, on, pays }) => {
    const opened = await open('25', DEBT);
    const runId = await draft(opened, JANUARY);
    await opened.earn(later, on);

    expect(await redrawRun(fixture.app, runId)).toBe(pays !== 7500n);

    expect(await paidBy(runId)).toEqual([pays]);
    expect(await redrawRun(fixture.app, runId)).toBe(false);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when the cap changes then the run keeps the one with which it began', async () => {
    const opened = await open('25', DEBT);
    const runId = await draft(opened, JANUARY);
    await opened.cap({ percent: '50' });
    expect(await redrawRun(fixture.app, runId)).toBe(false);
    expect(await paidBy(runId)).toEqual([7500n]);
  });

  it('when the agreement goes on after all then the draft is drawn again, with what the cap leaves', async () => {
    const opened = await open('25', DEBT);
    await leave(opened);
    const runId = await draft(opened, JANUARY);
    expect(await paidBy(runId)).toEqual([2000n]);
    await comeBack(opened);

    expect(await redrawRun(fixture.app, runId)).toBe(true);

    expect(await paidBy(runId)).toEqual([7500n]);
    expect(await redrawRun(fixture.app, runId)).toBe(false);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when it was approved then older refunds cut nothing, and a refund of the period does', async () => {
    const opened = await open('25', DEBT);
    const runId = await draft(opened, JANUARY);
    await payDrafted(fixture.app, runId, opened.company.approver);
    const owed = async () => {
      const run = await getRun(fixture.app, runId);
      const now = await fixture.app.transaction((tx) => lockPayability(tx, run, 'USD', [opened.partner.id]));
      return now.get(opened.partner.id)?.payableMinor;
    };
    await opened.earn(-50_000n, OLD);
    expect(await owed()).toBe(7500n);
    await opened.earn(-1000n, '2026-01-20');
    expect(await owed()).toBe(6750n);
  });

  it('when it pays nobody after all then the next run starts from the whole debt', async () => {
    const opened = await open('25', DEBT);
    const runId = await draft(opened, JANUARY);
    const [payout] = await payoutsOf(runId);
    await cutFromRun(fixture.app, payout?.id ?? '', opened.company.preparer, 'not now');
    expect(await preview(opened, JANUARY)).toMatchObject({ payable: 7500n, debtLeft: 5500n });
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});

describe('given a refund within the period, besides the older debt', () => {
  const REFUNDED: Parameters<typeof open>[1] = [...DEBT, [-1000n, '2026-01-20']];

  it('when a run ends without paying then the next one of this period gives the same answer', async () => {
    const opened = await open('25', REFUNDED);
    const first = await draft(opened, JANUARY);
    expect(await paidBy(first)).toEqual([6750n]);
    const [payout] = await payoutsOf(first);
    await cutFromRun(fixture.app, payout?.id ?? '', opened.company.preparer, 'not now');

    expect(await preview(opened, JANUARY)).toMatchObject({ payable: 6750n, debtLeft: 5750n });
    const second = await draft(opened, JANUARY);
    expect(await paidBy(second)).toEqual([6750n]);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when a run pays the first part of a period then the run of the whole one takes back a quarter of the rest', async () => {
    const opened = await open('25', [
      [-8000n, OLD],
      [20_000n, '2026-01-05'],
      [-5000n, '2026-01-05'],
    ]);
    const first = await draft(opened, { ...JANUARY, periodEnd: '2026-01-15' });
    expect(await paidBy(first)).toEqual([11_250n]);
    await pay(opened, first);
    await opened.earn(4000n, '2026-01-20');
    expect(await preview(opened, JANUARY)).toMatchObject({ payable: 3000n, debtLeft: 3250n });

    const second = await draft(opened, JANUARY);

    expect(await paidBy(second)).toEqual([3000n]);
    expect(await redrawRun(fixture.app, second)).toBe(false);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when its payout fails then the replacement pays the same, and leaves the lines of other partners whole', async () => {
    const opened = await open('25', REFUNDED);
    const { company } = opened;
    const first = await draft(opened, JANUARY);
    await payDrafted(fixture.app, first, company.approver);
    const payoutId = (await payoutsOf(first))[0]?.id ?? '';
    await fixture.app.transaction((tx) => updatePayout(tx, payoutId, 'failed', 'a test'));
    const other = await addPartner(fixture.app, company);
    for (const [minor, availableOn] of DEBT) await addLine(fixture.app, company, other, { minor, availableOn });

    const again = { payoutId, reason: 'a test', actorId: company.preparer, key: 'a-key', nowMs: Date.now() };
    const { id: second } = await askForReplacement(fixture.app, again);
    await prepareRun(fixture.app, second);

    expect(await paidBy(second)).toEqual([6750n]);
    expect(
      await fixture.app.exists(sql.unsafe`
        select from earning_line where partner_id = ${other.id} and split_from is not null`),
    ).toBe(false);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});

describe('given a draft whose partner changes to a gateway of whole units', () => {
  it('then the draft is drawn again, and the rest is left', async () => {
    const company = await addCompany(fixture.app);
    const partner = await addPartner(fixture.app, company);
    await addLine(fixture.app, company, partner, { minor: 123_45n, currency: 'HUF' as 'USD' });
    const runId = await draft({ company }, JANUARY);
    expect(await paidBy(runId)).toEqual([123_45n]);
    await addInstrument(fixture.app, partner.id, { method: 'paypal' });

    await redrawRun(fixture.app, runId);

    expect(await paidBy(runId)).toEqual([123_00n]);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});

it('for all lines and caps, a run takes back at most the cap, and the books keep the rest', async () => {
  const Line = fc.tuple(
    fc.bigInt(-9000n, 9000n).filter((minor) => minor !== 0n),
    fc.constantFrom(OLD, '2026-01-15'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(Line, { minLength: 1, maxLength: 6 }),
      fc.array(Line, { maxLength: 3 }),
      fc.integer({ min: 1, max: 100 }),
      async (before, after, percent) => {
        const opened = await open(String(percent), before);
        const runId = await draft(opened, JANUARY);
        if ((await payoutsOf(runId)).length === 0) return;
        for (const [minor, day] of after) await opened.earn(minor, day);
        await redrawRun(fixture.app, runId);
        const sum = (lines: readonly (readonly [bigint, string])[]) =>
          lines.reduce((total, [minor]) => total + minor, 0n);
        const lines = [...before, ...after];
        const fresh = sum(lines.filter(([, day]) => day !== OLD));
        const older = sum(lines.filter(([, day]) => day === OLD));
        for (const gross of await paidBy(runId)) {
          expect(gross).toBeGreaterThanOrEqual(fresh - (fresh * BigInt(percent)) / 100n);
          expect(gross).toBeGreaterThanOrEqual(fresh + older);
          expect(gross).toBeLessThanOrEqual(fresh + (older > 0n ? older : 0n));
        }
        expect(await redrawRun(fixture.app, runId)).toBe(false);
      },
    ),
    { numRuns: 40 },
  );
  expect(await checkInvariants(fixture.app)).toEqual([]);
});

async function debtOf({ code }: PartnerRows) {
  const rows = await listNegativeBalances(fixture.app, null, 1000);
  const row = rows.find(({ partner }) => partner === code);
  return row && { minor: row.minor, since: row.since };
}

const oldestOf = ({ id }: PartnerRows) =>
  fixture.app.oneFirst(sql.type(z.object({ at: Instant }))`
    select min(booked_at) as at from earning_line where partner_id = ${id}`);

/** Ends the agreement of the partner, or lets it go on as if it had not ended. */
const agree = ({ company, partner }: Opened, startsOn: string, planId: number | null) =>
  fixture.app.query(sql.unsafe`
    insert into agreement_term(partner_id, program_id, plan_id, starts_on)
    values (${partner.id}, ${company.programId}, ${planId}, ${startsOn})`);
const leave = (opened: Opened) => agree(opened, '2026-01-20', null);
const comeBack = (opened: Opened) => agree(opened, '2026-01-20', opened.company.planId);
