import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { checkInvariants } from '../../scripts/check-invariants.ts';
import { type Company, openCompany } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import { reconcileToday, type RunSeen, runBecomes } from '../fixtures/runs.ts';
import { tamper } from '../fixtures/database.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import {
  addPayees,
  alarmsOf,
  attemptBecomes,
  type Business,
  calm,
  codeOf,
  decide,
  openBusiness,
  orCode,
  owedTo,
  paidFor,
  payoutBecomes,
  payoutOf,
  startPaying,
  sweep,
  tell,
} from './fixture.ts';

let world: World;
let company: Company;

beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
});
afterAll(() => world.close());
beforeEach(() => calm(world));

/** Makes it look as if its provider had been asked so many days ago. 0 is now. */
const askedDaysAgo = (payoutId: string, days: number): Promise<void> =>
  tamper(
    world.owner,
    sql.unsafe`
      update payout_attempt set submitted_at = now() - ${days} * interval '1 day' where payout_id = ${payoutId}`,
  );

type Task = { id: string; kind: string; closedAt: string | null; closedBy: string | null; resolution: string | null };
type Resolution = { id: string; status: string; decidedBy: string | null };
type Case = {
  case: {
    attempts: { requestHash: string; submittedAt: string | null }[];
    ledger: { kind: string }[];
    history: { to: string; saidBy: string | null; resolutionId: string | null }[];
    resolutions: Resolution[];
  };
};

const tasksOf = (payoutId: string, state = 'open'): Promise<Task[]> =>
  company.auditor.api.all<Task>(`/v1/tasks?payout=${payoutId}&state=${state}`);
const caseOf = async (taskId: string) => (await company.auditor.api.get<Case>(`/v1/tasks/${taskId}`)).case;

type Person = Company['operator'];

const propose = (id: string, outcome: string, more: object = {}, person: Person = company.operator): Promise<string> =>
  orCode(async () => {
    const body = { outcome, evidence: 'PayPal support wrote us case 4711: we saw the payee’s statement', ...more };
    return (await person.api.post<Resolution>(`/v1/payouts/${id}/resolution`, body)).status;
  });
const settle = (id: string, decision: 'confirm' | 'refuse', person: Person = company.approver): Promise<string> =>
  orCode(
    async () =>
      (await person.api.post<Resolution>(`/v1/payouts/${id}/resolution/decision`, { decision, note: 'I read it too' }))
        .status,
  );
const replace = (id: string, person: Person = company.preparer): Promise<RunSeen> =>
  person.api.post<RunSeen>(`/v1/payouts/${id}/replacement`, { reason: 'the partner waits' });

/** A payment by PayPal whose response is lost and which may no longer be repeated, so that nobody knows its outcome. */
async function lose(code: string, amount: string, { isPaid = true, outcome = '' } = {}) {
  const business = await openBusiness(company, { code });
  await addPayees(business, [{ name: 'ann', method: 'paypal', amount }]);
  const path = '/v1/payments/payouts$';
  if (outcome) await tell(world, 'paypal', 'outcomes', { match: `${code}-ann@`, outcome, afterMs: 0 });
  if (isPaid) await tell(world, 'paypal', 'faults', { method: 'POST', path, fault: 'commit-then-drop' });
  await tell(world, 'paypal', 'faults', { method: 'POST', path, fault: '500-before-commit', times: 1000 });
  const run = await startPaying(business);
  const { id } = await payoutOf(business, run, 'ann');
  await attemptBecomes(business, id, 'unknown');
  return { business, run, id };
}

async function becomesUndecidable(id: string): Promise<Task> {
  await askedDaysAgo(id, 26);
  return eventually('a task asks people', async () => {
    await world.activities.advancePayout(id);
    return (await tasksOf(id)).at(0);
  });
}

/** The batch that PayPal made of a payment whose response never came, as a person would find it: its webhooks name it. */
const batchOf = (payoutId: string): Promise<string> =>
  eventually('PayPal names the batch', async () => {
    const found = await world.db.maybeOneFirst(sql.type(z.object({ provider_ref: z.string() }))`
      select provider_ref from webhook_inbox
      where provider_ref is not null
        and provider_key = (select provider_key from payout_attempt where payout_id = ${payoutId}) limit 1`);
    return found ?? false;
  });

const alarmIsRaised = (business: Business, id: string) =>
  eventually('an alarm is raised', async () =>
    (await alarmsOf(business)).some(({ kind, subject }) => kind === 'provider_answer' && subject === `payout/${id}`),
  );

describe('given a payment whose outcome its provider can still report', () => {
  it('when a person proposes an outcome then that is refused, with the time of the next look-up, and nothing replaces the payment', async () => {
    const { business, id } = await lose('early', '10.00');

    expect(await propose(id, 'paid')).toBe('resolution_not_asked');
    await expect(replace(id)).rejects.toThrow(/nobody knows whether its provider paid/);
    expect(await tasksOf(id)).toEqual([]);

    await calm(world);
    await eventually('PayPal itself tells', async () => {
      await world.activities.advancePayout(id);
      return (await attemptBecomes(business, id, 'settled')).state === 'settled';
    });
  });
});

describe('given a payment whose outcome nobody can report any longer', () => {
  it('when two people decide that it was paid then it is settled in the books, and the evidence names them', async () => {
    const { business, run, id } = await lose('paid', '11.00');
    const task = await becomesUndecidable(id);
    const before = await caseOf(task.id);
    expect(before.attempts[0]).toMatchObject({ requestHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(new Set(before.ledger.map(({ kind }) => kind))).toEqual(new Set(['send']));

    expect(await propose(id, 'paid')).toBe('proposed');
    expect(await propose(id, 'not_paid')).toBe('resolution_open');
    expect(await settle(id, 'confirm')).toBe('confirmed');

    await payoutBecomes(business, run, 'ann', 'settled');
    const { history, resolutions, ledger } = await caseOf(task.id);
    expect(resolutions).toMatchObject([{ status: 'applied', decidedBy: 'anna' }]);
    expect(history.at(-1)).toMatchObject({ to: 'settled', saidBy: 'people', resolutionId: resolutions[0]?.id });
    expect(ledger.map(({ kind }) => kind)).toContain('debit');
    expect(await tasksOf(id)).toEqual([]);
    expect(await tasksOf(id, 'closed')).toMatchObject([{ closedBy: 'anna' }]);
    expect(await owedTo(business, 'ann')).toBe(0n);
    expect(await paidFor(world, id)).toEqual(['11.00']);
  });

  it('when two people decide that it was not paid then its lines are free, and the replacement pays once', async () => {
    const { business, run, id } = await lose('not-paid', '12.00', { isPaid: false });
    await becomesUndecidable(id);
    await propose(id, 'not_paid');
    await settle(id, 'confirm');
    await payoutBecomes(business, run, 'ann', 'failed');
    expect(await owedTo(business, 'ann')).toBe(1200n);
    await calm(world);

    const asked = await replace(id);
    await expect(replace(id)).rejects.toThrow(/under way/);
    const again = await runBecomes(company, asked.id, 'review');
    const preparer = await world.person('paula', 'approver');
    expect(await decide(preparer, again)).toBe('approver_is_preparer');
    expect(await decide(company.approver, again)).toBe('approved');

    const paid = await payoutBecomes(business, again, 'ann', 'settled');
    expect(paid).toMatchObject({ replaces: id });
    expect(await paidFor(world, paid.id)).toEqual(['12.00']);
    expect(await paidFor(world, id)).toEqual([]);
    expect(await owedTo(business, 'ann')).toBe(0n);
    await expect(replace(paid.id)).rejects.toThrow(/has the money/);
  });

  it('when one person proposes and decides, or decides about their own payout, then they are refused', async () => {
    const { business, id } = await lose('alone', '13.00');
    await becomesUndecidable(id);
    const olgaAgain = await world.person('olga', 'approver');
    const partnerId = BigInt(
      String(await world.db.oneFirst(sql.unsafe`select id from partner where code = ${codeOf(business, 'ann')}`)),
    );
    await world.person('peter', 'partner', partnerId);
    const peterApproves = await world.person('peter', 'approver');
    const peterOperates = await world.person('peter', 'operator');

    expect(await propose(id, 'paid', {}, peterOperates)).toBe('approver_is_payee');
    expect(await propose(id, 'paid')).toBe('proposed');
    expect(await settle(id, 'confirm', olgaAgain)).toBe('decider_is_proposer');
    expect(await settle(id, 'confirm', peterApproves)).toBe('approver_is_payee');

    expect(await settle(id, 'refuse')).toBe('refused');
    expect(await settle(id, 'confirm')).toBe('resolution_not_open');
    expect(await tasksOf(id)).toMatchObject([{ kind: 'outcome_unknown' }]);
    expect(await propose(id, 'keep')).toBe('resolution_not_asked');
    expect(await propose(id, 'returned')).toBe('proposed');
    await settle(id, 'confirm');
    await eventually('it is back', async () => (await owedTo(business, 'ann')) === 1300n);
  });

  it('when the provider replies after all then a person’s proposal is overtaken', async () => {
    const { business, id } = await lose('overtaken', '14.00');
    const task = await becomesUndecidable(id);
    await propose(id, 'not_paid');
    await calm(world);
    await askedDaysAgo(id, 0);

    await eventually('PayPal tells', async () => {
      await world.activities.advancePayout(id);
      return (await attemptBecomes(business, id, 'settled', 'unknown', 'accepted')).state === 'settled';
    });

    expect((await caseOf(task.id)).resolutions).toMatchObject([{ status: 'overtaken' }]);
    expect(await settle(id, 'confirm')).toBe('resolution_not_open');
    expect(await tasksOf(id)).toEqual([]);
  });

  it('when people decide that it was paid, but the provider reports a failure under the reference they found, then an alarm is raised and nothing is overwritten', async () => {
    const { business, run, id } = await lose('contradicted', '15.00', { outcome: 'fail' });
    await becomesUndecidable(id);
    await calm(world);
    await propose(id, 'paid', { reference: await batchOf(id) });
    await settle(id, 'confirm');
    await payoutBecomes(business, run, 'ann', 'settled');

    await world.db.query(sql.unsafe`update payout set due_at = now() where id = ${id}`);
    await sweep(world);

    await alarmIsRaised(business, id);
    expect((await payoutOf(business, run, 'ann')).status).toBe('settled');
    const breaks = await company.auditor.api.all<{ kind: string }>('/v1/breaks');
    expect(breaks.map(({ kind }) => kind)).toContain('missing_at_provider');
  });
});

it('when people decided that it was not paid but it was then look-up and statement find it, and the books still hold', async () => {
  const { business, run, id } = await lose('wrong', '16.00');
  await becomesUndecidable(id);
  await calm(world);
  const reference = await batchOf(id);
  await propose(id, 'not_paid', { reference });
  await settle(id, 'confirm');
  await payoutBecomes(business, run, 'ann', 'failed');

  await world.db.query(sql.unsafe`update payout set due_at = now() where id = ${id}`);
  await sweep(world);
  await alarmIsRaised(business, id);
  const breaks = await eventually('the statement shows it', async () => {
    const found = await reconcileToday(world, company);
    return found.some(({ kind }) => kind === 'missing_in_ledger') && found;
  });

  expect(breaks.map(({ kind }) => kind)).toContain('missing_in_ledger');
  expect(await checkInvariants(world.db)).toEqual([]);
});
