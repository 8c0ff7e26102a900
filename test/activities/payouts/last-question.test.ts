import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPayout } from '../../../db/payouts/payouts.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { type Company, IN_PERIOD, instrumentFor, openCompany } from '../../fixtures/company.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { addInstrument, addLine } from '../../fixtures/rows.ts';
import { listRunPayouts, type RunSeen, runBecomes } from '../../fixtures/runs.ts';
import { openWorld, type World } from '../../fixtures/world.ts';
import {
  addPayees,
  allBecome,
  type Business,
  codeOf,
  decide,
  everythingIsDue,
  openBusiness,
  owedTo,
  paidFor,
  payoutOf,
  prepare,
  sweep,
} from '../../workflows/fixture.ts';
import { type Frozen, frozenPayout } from './frozen.ts';

const BATCH_MAX = 3;

let world: World;
let company: Company;
let fixture: Fixture;
beforeAll(async () => {
  world = await openWorld({ batchItemsMax: BATCH_MAX, askTimeoutMs: 2_000, wiseReturnWindowMs: 0 });
  company = await openCompany(world);
  fixture = await openFixture();
});
afterAll(() => Promise.all([fixture.close(), world.close()]));

/** The changes that arrive after the approval, each with what becomes of the payout. */
const CHANGES = {
  async refunded(business: Business, name: string) {
    const partner = codeOf(business, name);
    const refund = { source: 'shop', id: `${partner}-back`, program: business.code, partner, kind: 'refund' };
    const event = {
      ...refund,
      occurredAt: IN_PERIOD,
      currency: 'USD',
      amount: '4.00',
      refundOf: `${business.code}-first-${name}`,
    };
    await company.operator.api.post('/v1/events', { events: [event] });
    await accrueAll(world.db, business.code);
    await eventually('the refund is accrued', async () => (await owedTo(business, name)) === 600n);
  },
  async deducted(business: Business, name: string) {
    const { id } = await company.operator.api.post<{ id: string }>('/v1/corrections', {
      kind: 'deduction',
      partner: codeOf(business, name),
      program: business.code,
      currency: 'USD',
      amount: '3.00',
      reason: 'Chargeback fee',
      availableOn: IN_PERIOD.slice(0, 10),
    });
    await company.approver.api.post(`/v1/corrections/${id}/decision`, { decision: 'confirm' });
  },
  held: (business: Business, name: string) =>
    company.operator.api.post(`/v1/partners/${codeOf(business, name)}/hold`, { reason: 'in dispute' }),
  moved: (business: Business, name: string) =>
    company.operator.api.post(
      `/v1/partners/${codeOf(business, name)}/instruments`,
      instrumentFor({ code: `${codeOf(business, name)}-2`, method: 'paypal' }),
    ),
  cut: async (business: Business, name: string) => {
    const { id } = await payoutIn(business, name);
    await company.preparer.api.post(`/v1/payouts/${id}/cut`, { reason: 'the invoice is disputed' });
  },
} as const;

/** The only payout of a partner. */
async function payoutIn(business: Business, name: string): Promise<{ id: string }> {
  const [payout] = await company.auditor.api.all<{ id: string }>(`/v1/payouts?partner=${codeOf(business, name)}`);
  if (!payout) throw new Error(`${name} has no payout`);
  return payout;
}

const OUTCOMES = {
  refunded: 'changed_after_approval',
  deducted: 'changed_after_approval',
  held: 'held_after_approval',
  moved: 'changed_after_approval',
  cut: 'cut_after_approval',
};
const CHANGED = Object.keys(CHANGES) as (keyof typeof CHANGES)[];

/** Each kind of change strikes one payout of each method. The other payouts stay as they were approved. */
const nameOf = (method: string, what: string): string => `${method}-${what}`;
const METHODS = ['bank', 'paypal', 'check'] as const;
const UNCHANGED = ['one', 'two'];

async function open(code: string): Promise<Business> {
  const business = await openBusiness(company, { code });
  const wishes = METHODS.flatMap((method) =>
    [...CHANGED, ...UNCHANGED].map((what) => ({ name: nameOf(method, what), method, amount: '10.00' })),
  );
  await addPayees(business, wishes);
  return business;
}

const changeAll = async (business: Business): Promise<void> => {
  for (const method of METHODS) for (const what of CHANGED) await CHANGES[what](business, nameOf(method, what));
};

type OutcomeSeen = { partner: string; outcome: string };
const outcomesOf = async (run: RunSeen): Promise<Map<string, string>> => {
  const outcomes = await company.auditor.api.all<OutcomeSeen>(`/v1/runs/${run.id}/outcomes`);
  return new Map(outcomes.map(({ partner, outcome }) => [partner, outcome]));
};

/** The changed payouts left the run with their reason, the others were paid once, and finance was told of each. */
async function onlyTheOthersArePaid(business: Business, run: RunSeen): Promise<void> {
  const payouts = await allBecome(business, run, 'settled', 'cancelled');
  const outcomes = await outcomesOf(run);
  const told = await world.db.anyFirst(sql.type(z.object({ key: z.string() }))`
    select dedupe_key as key from notification where kind = 'payout_cut' and body ->> 'run' = ${run.id}`);
  for (const method of METHODS) {
    for (const what of CHANGED) {
      const { id, status } = await payoutOf(business, run, nameOf(method, what));
      expect({ status, paid: await paidFor(world, id) }).toEqual({ status: 'cancelled', paid: [] });
      expect(outcomes.get(codeOf(business, nameOf(method, what)))).toBe(OUTCOMES[what]);
      expect(told).toContain(`payout_cut/${id}`);
    }
    for (const what of UNCHANGED) {
      const { id, status } = await payoutOf(business, run, nameOf(method, what));
      expect({ status, paid: await paidFor(world, id) }).toEqual({ status: 'settled', paid: ['10.00'] });
    }
  }
  expect(told).toHaveLength(METHODS.length * CHANGED.length);
  expect(payouts).toHaveLength(METHODS.length * (CHANGED.length + UNCHANGED.length));
  await runBecomes(company, run.id, 'disbursed');
}

describe('given a run that was approved, and sales that are refunded, amounts that are deducted, partners who are held and details that change after it', () => {
  it('when its payouts are not frozen yet then those are not paid, and the rest of the run is', async () => {
    const business = await open('unfrozen');
    const run = await prepare(business);
    await world.workers.pause();
    const decision = {
      by: company.approver.id,
      decision: 'approve',
      contentHash: run.contentHash ?? '',
      noteId: null,
    } as const;
    await world.activities.recordDecision(run.id, decision);

    await changeAll(business);
    await world.workers.start();
    await everythingIsDue(world);
    await sweep(world);

    await onlyTheOthersArePaid(business, run);
  });

  it('when its payouts are frozen and wait behind a pause then those are not paid, and the rest of the run is', async () => {
    const business = await open('frozen');
    const gateways = ['wise', 'paypal', 'printed-check'];
    for (const gateway of gateways)
      await company.operator.api.post(`/v1/gateways/${gateway}/pause`, { reason: 'a test' });
    const run = await prepare(business);
    await decide(company.approver, run);
    await eventually(
      'every payout is frozen',
      async () =>
        (await world.db.oneFirst(sql.type(z.object({ count: z.bigint() }))`
        select count(*) from payout_attempt attempt join payout on payout.id = attempt.payout_id
        where payout.run_id = ${run.id} and attempt.state = 'prepared'`)) ===
        BigInt((await listRunPayouts(company, run.id)).length),
    );

    await changeAll(business);
    for (const gateway of gateways) await company.operator.api.post(`/v1/gateways/${gateway}/resume`, {});
    await sweep(world);

    await onlyTheOthersArePaid(business, run);
  });
});

describe('given an approved run in which finance holds a payout of a batch and a payout that is not started', () => {
  it('when the rest is paid then the run waits for them alone, and pays each once after its release', async () => {
    const business = await openBusiness(company, { code: 'holds' });
    await addPayees(
      business,
      ['in-batch', 'one', 'two'].map((name) => ({ name, method: 'paypal', amount: '10.00' }) as const),
    );
    await addPayees(business, [{ name: 'alone', method: 'bank', amount: '10.00' }]);
    const run = await prepare(business);
    const asked = async (verb: 'hold' | 'release', name: string) => {
      const { id } = await payoutIn(business, name);
      await company.approver.api.post(`/v1/payouts/${id}/${verb}`, verb === 'hold' ? { reason: 'disputed' } : {});
      return id;
    };
    await company.preparer.api.post(`/v1/payouts/${(await payoutIn(business, 'alone')).id}/hold`, {
      reason: 'disputed',
    });
    await company.operator.api.post('/v1/gateways/paypal/pause', { reason: 'a test' });
    await decide(company.approver, run);
    const inBatch = (await payoutIn(business, 'in-batch')).id;
    await eventually('the batch is frozen', () =>
      world.db.exists(sql.unsafe`select 1 from payout_attempt where payout_id = ${inBatch} and batch_id is not null`),
    );
    await asked('hold', 'in-batch');
    await company.operator.api.post('/v1/gateways/paypal/resume', {});
    await sweep(world);

    await eventually('the others are paid', async () => {
      const payouts = await listRunPayouts(company, run.id);
      return payouts.filter(({ status }) => status === 'settled').length === 2;
    });
    expect(await company.auditor.api.get(`/v1/runs/${run.id}`)).toMatchObject({
      status: 'disbursing',
      held: 2,
      contentHash: run.contentHash,
    });
    expect(await company.auditor.api.get(`/v1/payouts/${inBatch}`)).toMatchObject({
      status: 'executing',
      waitsFor: { reason: 'release', words: expect.stringMatching(/^Finance holds it since .*: disputed$/) },
    });
    const alone = await asked('release', 'alone');
    await asked('release', 'in-batch');
    await sweep(world);
    await allBecome(business, run, 'settled');
    await runBecomes(company, run.id, 'disbursed');
    for (const id of [alone, inBatch]) expect(await paidFor(world, id)).toEqual(['10.00']);
  });
});

describe('given these runs', () => {
  it('then every invariant holds, and the providers paid nothing else', async () => {
    const books = [world.sandbox.wise, world.sandbox.paypal, world.sandbox.bank].map(({ url }) => url);
    expect(await checkInvariants(world.db, { books })).toEqual([]);
  });
});

describe('given a payout that is about to be asked for, and a change that is not committed yet', () => {
  it.each([
    {
      what: 'a refund',
      change: ({ company: rows, partners: [partner] }: Frozen) =>
        leaveOpen(fixture.app, async (tx) => partner && addLine(tx, rows, partner, { minor: -1n })),
    },
    {
      what: 'a hold',
      change: ({ partners: [partner] }: Frozen) =>
        leaveOpen(fixture.app, (tx) =>
          tx.query(sql.unsafe`update partner set on_hold_reason = 'in dispute' where id = ${partner?.id ?? 0n}`),
        ),
    },
    {
      what: 'an instrument',
      change: ({ partners: [partner] }: Frozen) =>
        leaveOpen(fixture.app, async (tx) => {
          await tx.query(sql.unsafe`select from partner where id = ${partner?.id ?? 0n} for update`);
          return addInstrument(tx, partner?.id ?? 0n, {});
        }),
    },
  ])('when $what is under way then the claim waits for it, and nobody is asked', async ({ change }) => {
    const frozen = await frozenPayout(fixture);
    const changing = await change(frozen);
    const claimed = frozen.advance();
    await eventually('the claim waits', async () => (await countWaiting(fixture.owner)) === 1n);
    await changing.commit();
    await claimed;
    expect(await getPayout(fixture.app, frozen.payoutIds[0] ?? '')).toMatchObject({ status: 'cancelled' });
    expect(frozen.countAsked()).toBe(0);
  });

  it('when more is earned then the claim asks for the approved amount, and keeps what was owed', async () => {
    const frozen = await frozenPayout(fixture);
    const [partner] = frozen.partners;
    if (partner) await addLine(fixture.app, frozen.company, partner, { minor: 500n });
    await frozen.advance();
    expect(frozen.countAsked()).toBe(1);
    const kept = await fixture.app.oneFirst(sql.type(z.object({ owed: z.bigint() }))`
      select owed_minor as owed from payout_attempt where payout_id = ${frozen.payoutIds[0] ?? ''}`);
    expect(kept).toBe(1500n);
  });
});
