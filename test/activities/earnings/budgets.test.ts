import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createAccrualActivities } from '../../../activities/earnings/accrual.ts';
import { createReRateActivities } from '../../../activities/earnings/re-rate.ts';
import { replay } from '../../../activities/earnings/replay.ts';
import { expectLongRead, listParticipants } from '../../../db/earnings/replays.ts';
import { lockBudget } from '../../../db/programs/budgets.ts';
import { shardOf } from '../../../domain/earnings/shard.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { type Api, setUpShop, startApi } from '../../api/api.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { useOf } from '../../fixtures/budgets.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { outbox, sendTo } from '../../fixtures/outbox.ts';
import { refusalOf } from '../../fixtures/rows.ts';

/** Budgets pay what incentives earn as long as something is left, and never more. */

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
});
afterAll(() => api.stop());

async function ask(method: string, path: string, body: unknown, { status = 201, key = api.operator.key } = {}) {
  const answer = await api.ask(method, path, { body, key });
  if (answer.status !== status) throw new Error(answer.text);
  return answer.body;
}

type Wish = {
  /** The budgets, each with its amount in US dollars. */
  budgets?: Record<string, string>;
  incentives: object[];
  partners?: readonly string[];
};

/** A program of its own, with budgets, a plan and partners. */
async function open(program: string, { budgets = { spring: '20.00' }, incentives, partners = ['ann'] }: Wish) {
  await ask('POST', '/v1/programs', { code: program, name: 'Shop', schedule: 'monthly' });
  for (const [code, amount] of Object.entries(budgets))
    await ask('POST', `/v1/programs/${program}/budgets`, { ...SPRING, code, amount });
  await ask('POST', `/v1/programs/${program}/plans`, { code: 'standard', terms: termsOf(incentives) });
  for (const partner of partners)
    await ask('POST', '/v1/partners', {
      code: `${program}-${partner}`,
      name: partner,
      kind: 'affiliate',
      country: 'US',
      agreements: [{ program, plan: 'standard', startsOn: '2026-01-01' }],
    });
}
const SPRING = { code: 'spring', title: 'Spring SPIFF', unit: 'USD', amount: '20.00', reason: 'The spring campaign' };
const termsOf = (incentives: object[]) => ({ holdDays: 0, rounding: 'half-even', incentives });
const SPIFF = { id: 'spiff', unit: 'USD', budget: 'spring', pay: { rule: 'percent', percent: '10' } };

const saleOf = (program: string, id: string, amount: string, more: object = {}) => ({
  source: 'store',
  id: `${program}-${id}`,
  program,
  partner: `${program}-ann`,
  kind: 'sale',
  occurredAt: '2026-03-02T15:00:00Z',
  currency: 'USD',
  amount,
  ...more,
});
async function send(program: string, ...events: object[]) {
  await ask('POST', '/v1/events', { events }, { status: 200 });
  await accrueAll(api.db, program);
}
const refundOf = (program: string, id: string, of: string, amount: string) =>
  saleOf(program, id, amount, { kind: 'refund', refundOf: `${program}-${of}`, occurredAt: '2026-03-05T15:00:00Z' });

const budgetOf = async (program: string, code = 'spring') => {
  const { amount, used, left } = (await api.ask('GET', `/v1/programs/${program}/budgets/${code}`)).body;
  return { amount, used, left };
};
const raise = (program: string, amount: string, code = 'spring') =>
  ask('PUT', `/v1/programs/${program}/budgets/${code}/amount`, { amount, reason: 'It went well' }, { status: 200 });

const Sum = z.object({ id: z.string(), minor: z.bigint(), unfunded: z.bigint() });
/** The earnings of each event by an incentive, and the parts that were not paid, in cents. */
async function earnedIn(program: string, incentive = 'spiff'): Promise<Record<string, [bigint, bigint]>> {
  const rows = await api.db.any(sql.type(Sum)`
    select split_part(event.source_id, '-', 2) as id, sum(earning.amount_minor)::bigint as minor,
      coalesce(sum(unfunded_minor), 0)::bigint as unfunded
    from earning join event on event.id = event_id join program on program.id = earning.program_id
    where program.code = ${program} and incentive_id = ${incentive} group by 1 order by min(event.id)`);
  return Object.fromEntries(rows.map(({ id, minor, unfunded }) => [id, [minor, unfunded]]));
}
const programId = (program: string) =>
  api.db.oneFirst(sql.type(z.object({ id: z.number() }))`select id from program where code = ${program}`);
const stepsOf = async (partner: string): Promise<string[]> => {
  const { items } = (await api.ask('GET', `/v1/partners/${partner}/earnings`)).body as {
    items: { explanation: { steps: string[] } }[];
  };
  return items[0]?.explanation.steps ?? [];
};

const box = outbox();
/** The subjects of the mails about budgets that are sent now. */
async function told(): Promise<string[]> {
  await sendTo(box, api.db);
  const subjects = box.subjects().filter((subject) => subject.includes('budget'));
  box.empty();
  return subjects;
}

describe('given a budget of 20.00, and 10 % of each sale from it', () => {
  beforeAll(() => open('pot', { incentives: [SPIFF] }));

  it('when sales are worth more than it has then the last one is paid in part, and the next one not at all', async () => {
    await send('pot', saleOf('pot', 's1', '160.00'));
    expect(await told()).toEqual(['80 % of the budget Spring SPIFF is used: 16.00 USD of 20.00 USD']);
    await send('pot', saleOf('pot', 's2', '100.00'));
    await send('pot', saleOf('pot', 's3', '50.00'));
    expect(await earnedIn('pot')).toEqual({ s1: [1600n, 0n], s2: [400n, 600n], s3: [0n, 500n] });
    expect(await budgetOf('pot')).toEqual({ amount: '20.00', used: '20.00', left: '0.00' });
    expect(await told()).toEqual(['100 % of the budget Spring SPIFF is used: 20.00 USD of 20.00 USD']);
  });

  it('then the partner reads what was not paid, and why', async () => {
    const { items } = (await api.ask('GET', '/v1/partners/pot-ann/earnings')).body as { items: object[] };
    expect(items).toMatchObject([
      { amount: '0.00', unfunded: '5.00' },
      { amount: '4.00', unfunded: '6.00' },
      { amount: '16.00', unfunded: '0.00' },
    ]);
    expect(await stepsOf('pot-ann')).toContain('the budget spring had nothing left, so 5.00 USD was not paid');
    expect(JSON.stringify(items)).toContain('the budget spring had only 4.00 USD left, so 6.00 USD was not paid');
  });

  it('when goods come back then what was not paid falls first, and what is taken back pays later sales', async () => {
    await send('pot', refundOf('pot', 'r2', 's2', '80.00'));
    expect((await earnedIn('pot'))['r2']).toEqual([-200n, -600n]);
    await send('pot', saleOf('pot', 's4', '30.00'));
    expect((await earnedIn('pot'))['s4']).toEqual([200n, 100n]);
    expect(await told()).toEqual([]);
  });

  it('when it is raised then it pays later sales only, and each level is told again', async () => {
    expect(await raise('pot', '25.00')).toMatchObject({ amount: '25.00', used: '20.00', left: '5.00' });
    await send('pot', saleOf('pot', 's5', '10.00'));
    expect((await earnedIn('pot'))['s5']).toEqual([100n, 0n]);
    expect((await earnedIn('pot'))['s3']).toEqual([0n, 500n]);
    expect(await told()).toEqual(['80 % of the budget Spring SPIFF is used: 21.00 USD of 25.00 USD']);
  });

  it('when it is lowered below what is used, or raised once it is closed, then that is refused', async () => {
    const path = '/v1/programs/pot/budgets/spring';
    const low = await api.ask('PUT', `${path}/amount`, { body: { amount: '20.99', reason: 'It is over' } });
    expect(low.body).toMatchObject({
      status: 400,
      errors: [{ field: 'amount', reason: 'is less than 21.00 USD, which is used already' }],
    });
    await ask('POST', `${path}/close`, { reason: 'It is over' }, { status: 200 });
    await send('pot', saleOf('pot', 's6', '10.00'));
    expect((await earnedIn('pot'))['s6']).toEqual([0n, 100n]);
    expect(await budgetOf('pot')).toEqual({ amount: '25.00', used: '21.00', left: '0.00' });
    const late = await api.ask('PUT', `${path}/amount`, { body: { amount: '99.00', reason: 'More' } });
    expect(late.body).toMatchObject({ status: 409, code: 'budget_closed' });
    expect((await api.ask('POST', `${path}/close`, { body: { reason: 'Again' } })).status).toBe(409);
  });

  it('then its history says who changed it, when and why', async () => {
    const { items } = (await api.ask('GET', '/v1/programs/pot/budgets/spring/changes')).body;
    const by = api.operator.actor.code;
    expect(items).toMatchObject([
      { no: 3, kind: 'closed', amount: '25.00', reason: 'It is over', by },
      { no: 2, kind: 'raised', amount: '25.00', reason: 'It went well', by },
      { no: 1, kind: 'created', amount: '20.00', reason: 'The spring campaign', by },
    ]);
  });

  it('then the people who gave it its amount had a hand in what it paid', async () => {
    const madeBy = await api.db.manyFirst(sql.type(z.object({ madeBy: z.array(z.string()) }))`
      select made_by as "madeBy" from earning_line where partner_id = (select id from partner where code = 'pot-ann')`);
    for (const people of madeBy) expect(people).toContain(api.operator.actor.id);
  });

  it.each([
    { what: 'pays though it is closed', change: sql.fragment`used_minor = used_minor + 1`, says: 'it is closed' },
    { what: 'opens again', change: sql.fragment`closed_at = null`, says: 'it is closed' },
  ])('when it $what then the database refuses', async ({ change, says }) => {
    expect(await refusalOf(api.db.query(sql.unsafe`update budget set ${change} where code = 'spring'`))).toContain(
      says,
    );
  });

  it('when an open budget is overdrawn, changes without a reason or goes away then the database refuses', async () => {
    await ask('POST', '/v1/programs/pot/budgets', { ...SPRING, code: 'autumn' });
    const change = (what: ReturnType<typeof sql.fragment>) => refusalOf(api.db.query(sql.unsafe`${what}`));
    expect(await change(sql.fragment`update budget set used_minor = 2001 where code = 'autumn'`)).toContain(
      'budget_is_not_overdrawn',
    );
    expect(await change(sql.fragment`update budget set amount_minor = 1 where code = 'autumn'`)).toContain(
      'amount_has_its_change',
    );
    expect(await change(sql.fragment`delete from budget where code = 'autumn'`)).not.toBe('accepted');
    expect(await change(sql.fragment`update budget_change set reason = 'x'`)).not.toBe('accepted');
  });
});

describe('given many partners, whose shares are worked out at once', () => {
  /** The pages that may wait for a lock at once, so that somebody can still look. */
  const CONNECTIONS_FREE = 3;
  const PARTNERS = Array.from({ length: 12 }, (_, index) => `p${index}`);
  beforeAll(() =>
    open('crowd', {
      budgets: { spring: '100.00', autumn: '50.00' },
      incentives: [SPIFF, { ...SPIFF, id: 'month', budget: 'autumn', window: 'month' }],
      partners: PARTNERS,
    }),
  );

  it('then the pages wait for each other, and pay exactly what the budgets have', async () => {
    const events = PARTNERS.flatMap((partner) =>
      [1, 2, 3].map((n) => saleOf('crowd', `${partner}x${n}`, '70.00', { partner: `crowd-${partner}` })),
    );
    await ask('POST', '/v1/events', { events }, { status: 200 });
    const { accruePage } = createAccrualActivities({ db: api.db });
    const held = await leaveOpen(api.db, (tx) => lockBudget(tx, 'crowd', 'autumn'));
    const ids = await api.db.anyFirst(sql.type(z.object({ id: z.bigint() }))`
      select id from partner where code like 'crowd-%' order by id`);
    const shards = [...new Set(ids.map(shardOf))];
    const pagesOf = (some: readonly number[]) =>
      Promise.all(some.map((shard) => accruePage({ program: 'crowd', shard })));
    const first = pagesOf(shards.slice(0, CONNECTIONS_FREE));
    await eventually('several pages wait for the budget', async () => (await countWaiting(api.db)) > 1n);
    await held.commit();
    const taken = [...(await first), ...(await pagesOf(shards.slice(CONNECTIONS_FREE)))];
    expect(taken.reduce((sum, count) => sum + count, 0)).toBe(events.length);
    const company = { programId: await programId('crowd') };
    const worth = BigInt(events.length) * 700n;
    expect(await useOf(api.db, company, 'spring')).toEqual({
      amount: 10_000n,
      used: 10_000n,
      paid: 10_000n,
      unfunded: worth - 10_000n,
    });
    expect(await useOf(api.db, company, 'autumn')).toMatchObject({ used: 5000n, unfunded: worth - 5000n });
  });
});

describe('given a budget that is used up by the sale of one partner', () => {
  beforeAll(() => open('move', { incentives: [SPIFF], partners: ['ann', 'bob'] }));

  it('when a correction gives the sale to another partner then what comes back pays that one', async () => {
    await send('move', saleOf('move', 's1', '300.00'));
    await send('move', saleOf('move', 's1', '300.00', { partner: 'move-bob', revision: 2 }));
    const sums = await api.db.any(sql.type(z.object({ partner: z.string(), minor: z.bigint(), worth: z.bigint() }))`
      select partner.code as partner, sum(amount_minor)::bigint as minor, sum(amount_minor + unfunded_minor)::bigint as worth
      from earning join partner on partner.id = partner_id where partner.code like 'move-%' group by 1 order by 1`);
    expect(sums.map(({ partner, worth }) => [partner, worth])).toEqual([
      ['move-ann', 0n],
      ['move-bob', 3000n],
    ]);
    expect(sums.find(({ partner }) => partner === 'move-ann')?.minor).toBe(0n);
  });
});

describe('given an incentive with a budget, and one that deducts', () => {
  const fee = { id: 'fee', deduct: true, unit: 'USD', pay: { rule: 'flat', amount: '12.00' } };
  const commission = { id: 'commission', pay: { rule: 'percent', percent: '10' } };
  beforeAll(() => open('fee', { budgets: { spring: '1.00' }, incentives: [SPIFF, commission, fee] }));

  it('then nothing is deducted from what the budget may not pay', async () => {
    await send('fee', saleOf('fee', 's1', '100.00'));
    expect([await earnedIn('fee'), await earnedIn('fee', 'commission'), await earnedIn('fee', 'fee')]).toEqual([
      { s1: [100n, 900n] },
      { s1: [1000n, 0n] },
      { s1: [-1000n, 0n] },
    ]);
  });
});

describe('given a month that one budget pays, and a version of the plan that names another one', () => {
  const monthly = { ...SPIFF, window: 'month' };
  beforeAll(() => open('two', { budgets: { spring: '5.00', autumn: '50.00' }, incentives: [monthly] }));

  it('when the sales of the old version are worked out again then they move from one budget to the other', async () => {
    await send('two', saleOf('two', 's1', '100.00'));
    expect(await earnedIn('two')).toEqual({ s1: [500n, 500n] });
    await ask('POST', '/v1/programs/two/plans/standard/versions', {
      effectiveFrom: '2026-03-01T00:00:00Z',
      terms: termsOf([{ ...monthly, budget: 'autumn' }]),
    });
    await send('two', saleOf('two', 's2', '20.00'));
    expect((await earnedIn('two'))['s2']).toEqual([200n, 0n]);
    const preparer = (await api.newKey('preparer')).key;
    const approver = (await api.newKey('approver')).key;
    const wish = { from: '2026-03-01', reason: 'The budget was the wrong one' };
    const { id } = await ask('POST', '/v1/programs/two/re-ratings', wish, { key: preparer });
    const worker = createReRateActivities({ db: api.db });
    while (await worker.advanceReRating(String(id)));
    await ask('POST', `/v1/re-ratings/${String(id)}/decision`, { decision: 'confirm' }, { status: 200, key: approver });
    while (await worker.advanceReRating(String(id)));
    expect(await budgetOf('two', 'spring')).toMatchObject({ used: '0.00' });
    expect(await budgetOf('two', 'autumn')).toMatchObject({ used: '12.00' });
  });

  it('then the partner reads where each window stands, and which budget pays it', async () => {
    const { items } = (await api.ask('GET', '/v1/partners/two-ann/standing')).body;
    expect(items).toMatchObject([
      { budget: 'autumn', earned: '12.00', unfunded: '0.00' },
      { budget: 'spring', earned: '0.00', unfunded: '0.00' },
    ]);
  });
});

describe('given a month that is paid in part', () => {
  const monthly = { ...SPIFF, window: 'month' };
  beforeAll(() => open('short', { budgets: { spring: '5.00' }, incentives: [monthly] }));

  it('then its standing says what was not paid', async () => {
    await send('short', saleOf('short', 's1', '80.00'));
    const { items } = (await api.ask('GET', '/v1/partners/short-ann/standing')).body;
    expect(items).toMatchObject([
      {
        earned: '5.00',
        worth: '8.00',
        unfunded: '3.00',
        words: expect.stringContaining(
          'The budget spring had too little left: 3.00 USD of that was not paid.',
        ) as string,
      },
    ]);
  });
});

describe('given a budget that is raised before the mail is sent that it is used up', () => {
  it('then nobody is told', async () => {
    await open('calm', { incentives: [SPIFF] });
    await told();
    await send('calm', saleOf('calm', 's1', '900.00'));
    await raise('calm', '100.00');
    expect(await told()).toEqual([]);
  });
});

describe('given points that a budget limits', () => {
  it('then partners get no more points than it has', async () => {
    await open('care', { budgets: {}, incentives: [{ id: 'none', pay: { rule: 'percent', percent: '1' } }] });
    await ask('POST', '/v1/programs/care/units', { code: 'points-pot', name: 'Points' });
    await ask('POST', '/v1/programs/care/budgets', { ...SPRING, unit: 'points-pot', amount: '120' });
    const pay = { rule: 'rate', earn: '1', per: '1.00' };
    await ask('POST', '/v1/programs/care/plans/standard/versions', {
      terms: termsOf([{ id: 'spiff', unit: 'points-pot', currency: 'USD', budget: 'spring', pay }]),
    });
    const occurredAt = new Date().toISOString();
    await send('care', saleOf('care', 's1', '100.00', { occurredAt }), saleOf('care', 's2', '50.00', { occurredAt }));
    expect(await budgetOf('care')).toEqual({ amount: '120', used: '120', left: '0' });
    const { items } = (await api.ask('GET', '/v1/partners/care-ann/points')).body;
    expect(JSON.stringify(items)).toContain('120');
  });
});

describe('given terms that name a budget', () => {
  beforeAll(async () => {
    await open('terms', { budgets: { closed: '1.00' }, incentives: [{ ...SPIFF, budget: 'closed' }] });
    await ask('POST', '/v1/programs/terms/budgets/closed/close', { reason: 'It is over' }, { status: 200 });
    for (const [code, unit] of [
      ['euros', 'EUR'],
      ['spring', 'USD'],
    ])
      await ask('POST', '/v1/programs/terms/budgets', {
        ...SPRING,
        code,
        unit,
        from: '2026-03-01',
        until: '2026-06-01',
      });
  });

  it.each([
    { more: { budget: 'winter' }, reason: 'winter is not a budget of program terms' },
    { more: { budget: 'euros' }, reason: 'euros pays EUR, and the incentive earns USD' },
    { more: { budget: 'closed' }, reason: 'closed is closed' },
    {
      more: { when: { kinds: ['sale'], from: '2026-06-01' } },
      reason: 'spring pays only for days from 2026-03-01 until 2026-06-01',
    },
  ])('when they are saved and $reason then they are refused', async ({ more, reason }) => {
    const body = { terms: termsOf([{ ...SPIFF, ...more }]) };
    expect((await api.ask('POST', '/v1/programs/terms/plans/standard/versions', { body })).body).toMatchObject({
      status: 400,
      errors: [{ field: 'terms.incentives[0].budget', reason }],
    });
  });

  it('when an event happens on another day then nothing is paid, and its words say so', async () => {
    await ask('POST', '/v1/programs/terms/plans/standard/versions', { terms: termsOf([SPIFF]) });
    await send('terms', saleOf('terms', 's1', '10.00', { occurredAt: new Date().toISOString() }));
    expect(await earnedIn('terms')).toEqual({ s1: [0n, 100n] });
    expect(await stepsOf('terms-ann')).toContain(
      'the budget spring pays only for days from 2026-03-01 until 2026-06-01',
    );
  });

  it('when a budget of a taken code, of nothing, or of a unit of another program is added then it is refused', async () => {
    const add = (body: object) => api.ask('POST', '/v1/programs/terms/budgets', { body: { ...SPRING, ...body } });
    expect((await add({})).status).toBe(409);
    expect((await add({ code: 'zero', amount: '0.00' })).body).toMatchObject({
      status: 400,
      errors: [{ field: 'amount', reason: 'is 0' }],
    });
    expect((await add({ code: 'points', unit: 'points-pot', amount: '1' })).body).toMatchObject({
      status: 400,
      errors: [{ field: 'unit', reason: 'is not a unit of program terms' }],
    });
  });
});

describe('given everything above', () => {
  it('when all is worked out again in memory then each event is worth what is in the books', async () => {
    for (const program of ['pot', 'crowd', 'move', 'fee', 'two', 'short', 'care']) {
      const id = await programId(program);
      await api.db.transaction(async (tx) => {
        await expectLongRead(tx);
        const partners = await listParticipants(tx, id, 0n, 1000);
        for await (const { event, earned } of replay(tx, { id, zone: 'America/New_York' }, partners)) {
          const sum = (earnings: readonly { minor: bigint; unfunded?: bigint | null }[]) =>
            earnings.reduce((all, { minor, unfunded }) => all + minor + (unfunded ?? 0n), 0n);
          expect([event?.id, sum(earned)]).toEqual([event?.id, sum(event?.booked ?? [])]);
        }
      });
    }
  });

  it('then every invariant holds', async () => {
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});
