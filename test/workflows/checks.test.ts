import { type QuerySqlToken, sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { listTasks, type Task } from '../../db/tasks/tasks.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { checkInvariants } from '../../scripts/check-invariants.ts';
import { TASK_QUEUES } from '../../temporal/messages.ts';
import { checkSettings, type Company, openCompany } from '../fixtures/company.ts';
import { tamper } from '../fixtures/database.ts';
import { eventually } from '../fixtures/eventually.ts';
import type { RunSeen } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import {
  addPayees,
  alarmsOf,
  attemptBecomes,
  booksOf,
  type Business,
  calm,
  mailChecks,
  openBusiness,
  orCode,
  owedTo,
  paidFor,
  payoutBecomes,
  payoutOf,
  sell,
  startPaying,
  tell,
} from './fixture.ts';

const ACCOUNT = '123456789012';

type StopSeen = {
  id: string;
  outcome: string | null;
  expiresOn: string | null;
  requestedBy: string;
  renews: string | null;
};
type CheckSeen = {
  number: string;
  state: string;
  word: string | null;
  account: string;
  acknowledgedAt: string | null;
  sentAt: string | null;
  deadAt: string | null;
  datedOn: string | null;
  dormantOn: string | null;
  dueDiligenceOn: string | null;
  stops: StopSeen[];
};

const NAMES = ['ann', 'bob', 'cem', 'dan', 'fay'];

let world: World;
let company: Company;
let business: Business;
let run: RunSeen;

/** One month's checks. Nobody cashes the checks of ann, bob and cem. The bank asks about those of dan and fay. */
beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
  business = await openBusiness(company, { code: 'life' });
  for (const name of ['ann', 'bob', 'cem'])
    await tell(world, 'bank', 'outcomes', { match: `Holder life-${name}`, outcome: 'never-cleared' });
  for (const name of ['dan', 'fay'])
    await tell(world, 'bank', 'outcomes', { match: `Holder life-${name}`, outcome: 'fail' });
  await addPayees(
    business,
    NAMES.map((name) => ({ name, method: 'check' as const, amount: '10.00' })),
  );
  run = await startPaying(business);
  await mailChecks(business, run, ...NAMES);
});
afterAll(() => world.close());
beforeEach(() => calm(world));

const idOf = async (name: string): Promise<string> => (await payoutOf(business, run, name)).id;
const checkOf = (id: string): Promise<CheckSeen> => company.auditor.api.get(`/v1/payouts/${id}/check`);
const askToStop = (id: string): Promise<CheckSeen> =>
  company.operator.api.post(`/v1/payouts/${id}/check/stop`, { reason: 'lost in the post' });

/** Presents a check at the bank. */
const present = (number: string, amount: string) =>
  tell(world, 'bank', 'present', { account: ACCOUNT, number, amount });

const openTasks = async (kind: Task['kind']): Promise<readonly Task[]> =>
  listTasks(world.db, { kind, isOpen: true }, null, 50);
const closedTasks = async (kind: Task['kind']): Promise<readonly Task[]> =>
  listTasks(world.db, { kind, isOpen: false }, null, 50);

const decideException = (person: Company['approver'], task: Task, decision: 'pay' | 'return') =>
  orCode(async () => {
    const body = { decision, reason: 'compared with the register' };
    return (await person.api.post<{ decision: string }>(`/v1/check-exceptions/${task.id}/decision`, body)).decision;
  });

/** Makes our rows look as if time had passed, which the triggers let nobody write. */
const moveBack = (change: QuerySqlToken): Promise<void> => tamper(world.owner, change);

describe('given checks that are printed', () => {
  it('when nobody has mailed them then a person is asked once, the partner is told nothing, and only the mailed ones become sent', async () => {
    await tell(world, 'bank', 'outcomes', { match: 'Holder life-', outcome: 'never-cleared' });
    await addPayees(business, [
      { name: 'kim', method: 'check', amount: '10.00' },
      { name: 'lee', method: 'check', amount: '11.00' },
    ]);
    const printed = await startPaying(business);
    const [kim, lee] = await Promise.all(['kim', 'lee'].map((name) => payoutOf(business, printed, name)));
    if (!kim || !lee) throw new Error('both are paid');
    for (const { id } of [kim, lee]) await attemptBecomes(business, id, 'accepted');
    await Promise.all([world.activities.gatherNews(), world.activities.gatherNews()]);
    const tasks = (await openTasks('checks_to_mail')).filter(({ subject }) => subject.startsWith(`run/${printed.id}/`));
    expect(tasks).toHaveLength(1);
    const path = `/v1/tasks/${tasks[0]?.id}`;
    const { checks } = await company.auditor.api.get<{ checks: { number: string; partner: string }[] }>(
      `${path}/checks`,
    );
    expect(checks.map(({ partner }) => partner).toSorted()).toEqual(['life-kim', 'life-lee']);
    const pdf = await fetch(`${world.url}${path}/checks.pdf`, {
      headers: { authorization: `Bearer ${company.preparer.key}` },
    });
    expect(Buffer.from(await pdf.arrayBuffer()).toString('latin1')).toContain('/Count 2'); // pages

    const mailed = (numbers: readonly string[], mailedOn = new Date().toISOString().slice(0, 10)) =>
      orCode(async () => {
        const { closedBy } = await company.preparer.api.post<{ closedBy: string | null }>(`${path}/mailed`, {
          mailedOn,
          numbers,
        });
        return closedBy ?? 'open';
      });
    const [first = '', second = ''] = checks.map(({ number }) => number);
    expect(await mailed(['999'])).toBe('invalid_input');
    expect(await mailed([first], '2999-01-01')).toBe('invalid_input');
    expect(await mailed([first])).toBe('open');
    expect(await mailed([first])).toBe('invalid_input'); // it was recorded before
    for (const { id } of [kim, lee]) await world.activities.advancePayout(id);
    const states = async () =>
      (await Promise.all([kim, lee].map(({ id }) => checkOf(id)))).map(({ state }) => state).toSorted();
    expect(await states()).toEqual(['accepted', 'sent']);
    expect(await mailed([second])).toBe('paula');
    for (const { id } of [kim, lee]) await world.activities.advancePayout(id);
    expect(await states()).toEqual(['sent', 'sent']);
  });

  it('when the bank pays the last check that nobody recorded as mailed then its task ends by itself', async () => {
    await tell(world, 'bank', 'outcomes', { match: 'Holder life-mia', outcome: 'never-cleared' });
    await addPayees(business, [{ name: 'mia', method: 'check', amount: '12.00' }]);
    const printed = await startPaying(business);
    const { id } = await payoutOf(business, printed, 'mia');
    await attemptBecomes(business, id, 'accepted');
    await world.activities.gatherNews();
    const mailings = async () =>
      (await openTasks('checks_to_mail')).filter(({ subject }) => subject.startsWith(`run/${printed.id}/`));
    expect(await mailings()).toHaveLength(1);

    await present((await checkOf(id)).number, '12.00');
    await payoutBecomes(business, printed, 'mia', 'settled');
    await world.activities.gatherNews();
    expect(await mailings()).toEqual([]);
  });
});

describe('given a check that is to be stopped', () => {
  it('when the bank cannot be reached then nothing is free, and when it confirms then the check failed, is void, and is paid anew under another number', async () => {
    const id = await idOf('ann');
    const before = await checkOf(id);
    expect(before).toMatchObject({ state: 'sent', word: 'issued', account: 'checking ...9012' });
    expect(Date.parse(before.acknowledgedAt ?? '')).toBeLessThanOrEqual(Date.parse(before.sentAt ?? ''));
    await tell(world, 'bank', 'faults', { path: '/stop-payments', fault: 'commit-then-502', times: 1000 });
    await tell(world, 'bank', 'faults', { path: '/checks/', fault: '500-before-commit', times: 1000 });
    const asked = await askToStop(id);
    expect(asked.stops).toMatchObject([{ outcome: null, requestedBy: 'olga' }]);
    expect(await orCode(async () => (await askToStop(id)).state)).toBe('already_exists');
    expect(await world.activities.advancePayout(id)).toMatchObject({ status: 'sent', state: 'sent' });
    expect(await owedTo(business, 'ann')).toBe(0n);

    await calm(world);
    await world.activities.advancePayout(id);

    await payoutBecomes(business, run, 'ann', 'failed');
    expect(await owedTo(business, 'ann')).toBe(1000n);
    const { stops, ...dead } = await checkOf(id);
    expect(dead).toMatchObject({ state: 'failed', word: 'stopped', dormantOn: null, deadAt: expect.any(String) });
    expect(stops).toMatchObject([{ outcome: 'stopped', expiresOn: sixMonthsFrom(new Date()), isVoid: true }]);
    const file = await positivePayOf(run);
    expect(file).toContain(`V,${ACCOUNT},${dead.number},10.00,USD,`);
    // The rows are those that the bank was told: the account's number, and the payee and the date on the check.
    const { number, datedOn } = await checkOf(await idOf('bob'));
    expect(file).toContain(`I,${ACCOUNT},${number},10.00,USD,${datedOn},Holder life-bob\r\n`);
    expect(await orCode(async () => (await askToStop(id)).state)).toBe('check_not_out');

    const again = await startPaying(business);
    const { id: secondId } = await payoutBecomes(business, again, 'ann', 'settled');
    expect((await checkOf(secondId)).number).not.toBe(dead.number);
    expect(await paidFor(world, secondId)).toEqual(['10.00']);
    expect(await paidFor(world, id)).toEqual([]);
  });

  it('when the bank has already paid the check then the payout settles, and the person who asked sees why', async () => {
    const id = await idOf('bob');
    const { number } = await checkOf(id);
    await tell(world, 'bank', 'faults', { path: '/statements/', fault: '500-before-commit', times: 1000 });
    await present(number, '10.00');
    await askToStop(id);
    await eventually('the bank has answered', async () => (await checkOf(id)).stops[0]?.outcome === 'already_paid');
    await calm(world);

    await world.activities.advancePayout(id);

    await payoutBecomes(business, run, 'bob', 'settled');
    expect(await paidFor(world, id)).toEqual(['10.00']);
    expect(await owedTo(business, 'bob')).toBe(0n);
  });
});

describe('given a check that nobody cashes', () => {
  it('when it is 180 days old then it is stale and a person is asked, but it stays owed, and if it is still cashed it settles', async () => {
    const id = await idOf('cem');
    await moveBack(
      sql.unsafe`update payout_attempt set state_at = now() - interval '181 days' where payout_id = ${id}`,
    );
    await world.activities.advancePayout(id);

    await attemptBecomes(business, id, 'stale');
    expect(await openTasks('check_stale')).toMatchObject([{ subject: `payout/${id}` }]);
    expect(await owedTo(business, 'cem')).toBe(0n);
    const { datedOn, dormantOn } = await checkOf(id);
    expect(Number(dormantOn?.slice(0, 4)) - Number(datedOn?.slice(0, 4))).toBe(3);
    const stale = await company.auditor.api.all<CheckSeen>('/v1/checks?payer=acme&state=stale');
    expect(stale).toHaveLength(1);

    await present((await checkOf(id)).number, '10.00');
    await world.activities.advancePayout(id);

    await payoutBecomes(business, run, 'cem', 'settled');
    expect(await openTasks('check_stale')).toEqual([]);
    expect(await paidFor(world, id)).toEqual(['10.00']);
  });
});

describe('given a check that the bank asks about', () => {
  const taskOf = (number: string) =>
    eventually(`a person is asked about check ${number}`, async () =>
      (await openTasks('check_exception')).find(({ evidence }) => evidence['number'] === number),
    );

  it('when it matches what we wrote then only an approver may have it paid, and it settles', async () => {
    const id = await idOf('dan');
    const { number } = await checkOf(id);
    await world.activities.workCheckDesk();
    const task = await taskOf(number);
    expect(task).toMatchObject({ payoutId: id, evidence: { amount: '10.00', reason: 'refer to maker' } });
    expect(task.deadlineAt?.getTime()).toBeGreaterThan(Date.now());

    expect(await decideException(company.operator, task, 'pay')).toBe('not_allowed');
    expect(await decideException(company.approver, task, 'pay')).toBe('pay');

    await payoutBecomes(business, run, 'dan', 'settled');
    expect(await paidFor(world, id)).toEqual(['10.00']);
    expect(await decideException(company.approver, task, 'return')).toBe('check_exception_over');
    expect((await closedTasks('check_exception'))[0]).toMatchObject({ subject: task.subject, closedBy: 'anna' });
  });

  it.each([
    { what: 'nobody wrote', number: async () => '900001', amount: '10.00' },
    { what: 'was paid once already', number: async () => (await checkOf(await idOf('bob'))).number, amount: '10.00' },
  ])('when it is a check that $what then even an approver can only have it returned', async ({ number, amount }) => {
    const presented = await number();
    const before = await booksOf(world, 'bank');
    await present(presented, amount);
    await world.activities.workCheckDesk();
    const task = await taskOf(presented);
    expect(await decideException(company.approver, task, 'pay')).toBe('check_must_be_returned');
    expect(await decideException(company.operator, task, 'return')).toBe('return');
    await eventually('the bank was told', async () => (await outcomeOf(task)) === 'returned');
    expect(await booksOf(world, 'bank')).toEqual(before);
  });

  it('when people decided to pay it then it cannot be stopped, and if it dies before the bank is told then it is returned', async () => {
    const id = await idOf('fay');
    const { number } = await checkOf(id);
    const task = await taskOf(number);
    await tell(world, 'bank', 'faults', { path: 'decision$', fault: '500-before-commit', times: 1000 });
    expect(await decideException(company.approver, task, 'pay')).toBe('pay');
    expect(await orCode(async () => (await askToStop(id)).state)).toBe('check_not_out');
    await voidByHand(number, '10.00');
    await world.activities.advancePayout(id);
    expect(await owedTo(business, 'fay')).toBe(1000n);

    await calm(world);
    await world.activities.workCheckDesk();

    expect(await outcomeOf(task)).toBe('returned');
    expect((await alarmsOf(business)).map(({ kind }) => kind)).toContain('check_not_as_decided');
    expect(await paidFor(world, id)).toEqual([]);
  });

  it('when its payment is stopped then the bank returns it without asking', async () => {
    await present((await checkOf(await idOf('ann'))).number, '10.00');
    expect(await world.activities.workCheckDesk()).toBe(0);
    expect(await openTasks('check_exception')).toEqual([]);
  });

  it('when it bounced, and was paid anew after its number was void, then even an approver can only have it returned', async () => {
    await tell(world, 'bank', 'outcomes', { match: 'Holder life-gus', outcome: 'bounced' });
    await tell(world, 'bank', 'faults', { path: '/statements/', fault: '500-before-commit', times: 1000 });
    await addPayees(business, [{ name: 'gus', method: 'check', amount: '10.00' }]);
    const first = await startPaying(business);
    const { id } = await payoutOf(business, first, 'gus');
    await attemptBecomes(business, id, 'accepted');
    const { number } = await checkOf(id);
    const kinds = async () =>
      (await booksOf(world, 'bank')).filter(({ key }) => key === `${ACCOUNT}/${number}`).map(({ kind }) => kind);
    await eventually('it bounced', async () => (await kinds()).length === 2);
    expect(await owedTo(business, 'gus')).toBe(0n);
    await calm(world);
    await world.activities.advancePayout(id);
    await payoutBecomes(business, first, 'gus', 'returned');
    expect(await owedTo(business, 'gus')).toBe(1000n);

    const again = await startPaying(business);
    const { id: secondId } = await payoutBecomes(business, again, 'gus', 'settled');
    await present(number, '10.00');
    await world.activities.workCheckDesk();
    const task = await taskOf(number);
    expect(task).toMatchObject({ payoutId: id, evidence: { reason: 'check is void' } });
    expect(await decideException(company.approver, task, 'pay')).toBe('check_must_be_returned');
    expect(await decideException(company.approver, task, 'return')).toBe('return');
    await world.activities.workCheckDesk();

    expect(await kinds()).toEqual(['paid', 'returned']);
    expect(await paidFor(world, secondId)).toEqual(['10.00']);
  });
});

describe('given numbers that none of our checks can have', () => {
  it('when a person records them as spoiled then the next checks skip them, and every number is explained', async () => {
    const { api } = company.operator;
    const used = await company.auditor.api.all<CheckSeen>('/v1/checks?payer=acme');
    const next = Math.max(...used.map(({ number }) => Number(number))) + 1;
    const reason = 'the printer ate two sheets';
    await api.post('/v1/payers/acme/checks/spoiled', { from: next, to: next + 1, reason });
    const once = () => api.post<object>('/v1/payers/acme/checks/spoiled', { from: next + 1, to: next + 2, reason });
    expect(await orCode(async () => JSON.stringify(await once()))).toBe('already_exists');
    await sell(business, [{ name: 'cem', amount: '11.00', id: 'more' }]);

    const { id } = await payoutBecomes(business, await startPaying(business), 'cem', 'settled');

    expect(Number((await checkOf(id)).number)).toBeGreaterThanOrEqual(next + 2);
    const all = (await company.auditor.api.all<CheckSeen>('/v1/checks?payer=acme')).map(({ number }) => Number(number));
    const since = all.filter((number) => number >= next).toSorted((a, b) => a - b);
    expect(since).toEqual(since.map((_, index) => next + index));
    const leap = { ...(await checkSettings(world, 'printed-check')), accountRef: 'main', checkNumberNext: next + 50 };
    expect(await orCode(async () => JSON.stringify(await api.put('/v1/payers/acme/gateways/check', leap)))).toBe(
      'invalid_input',
    );
  });
});

describe('given a check by Lob, drawn on the same account as our printed checks', () => {
  it('when the mail returns it then a person is asked, and only the confirmed stop frees its lines', async () => {
    await company.operator.api.put('/v1/payers/acme/gateways/check', await checkSettings(world, 'lob'));
    await tell(world, 'lob', 'outcomes', { match: 'Holder life-eve', outcome: 'returned-to-sender' });
    await addPayees(business, [{ name: 'eve', method: 'check', amount: '12.00' }]);
    const second = await startPaying(business);
    const { id } = await payoutBecomes(business, second, 'eve', 'sent');
    await eventually('a person is asked', async () => (await openTasks('check_returned_mail')).length === 1);
    expect(await owedTo(business, 'eve')).toBe(0n);
    const numbers = (await company.auditor.api.all<CheckSeen>('/v1/checks')).map(({ number }) => Number(number));
    expect(Number((await checkOf(id)).number)).toBe(Math.max(...numbers));
    expect(new Set(numbers).size).toBe(numbers.length);

    await askToStop(id);

    await payoutBecomes(business, second, 'eve', 'failed');
    expect(await owedTo(business, 'eve')).toBe(1200n);
    await eventually('nobody is asked', async () => (await openTasks('check_returned_mail')).length === 0);
  });
});

describe('given a bank whose questions about checks cannot be read', () => {
  it('when that lasts then an alarm sends a person to the bank’s site', async () => {
    await tell(world, 'bank', 'faults', { path: '/exceptions', fault: '401', times: 1000 });
    const desk = { taskQueue: TASK_QUEUES.main, workflowId: 'check-desk-refused' };
    await expect(world.temporal.workflow.execute('checkDesk', desk)).rejects.toThrow('failed');
    expect((await alarmsOf(business)).map(({ kind }) => kind)).toContain('check_desk_silent');
  });
});

describe('given a stop that lapses after six months', () => {
  const lastStop = async () => (await checkOf(await idOf('ann'))).stops.at(-1);
  const lapsesIn = (days: number, id: string) =>
    moveBack(sql.unsafe`update check_stop set expires_on = current_date + ${days}::int where id = ${id}`);

  it('when it is renewed then it holds longer, and when it lapses then the bank asks because the number is void, and returns the check at its deadline', async () => {
    const id = await idOf('ann');
    const first = await lastStop();
    await tell(world, 'bank', 'clock', { advanceMs: 100 * DAY_MS });
    await company.operator.api.post(`/v1/payouts/${id}/check/stop/renew`, { reason: 'still missing' });
    await world.activities.workCheckDesk();
    const renewed = await eventually('the stop is renewed', async () => {
      const stop = await lastStop();
      return stop?.renews === first?.id && stop?.outcome === 'stopped' && stop;
    });
    expect(Date.parse(renewed.expiresOn ?? '')).toBeGreaterThan(Date.parse(first?.expiresOn ?? ''));
    expect(await openTasks('check_stop_expiring')).toEqual([]);

    await lapsesIn(29, renewed.id);
    await world.activities.workCheckDesk();
    expect(await openTasks('check_stop_expiring')).toMatchObject([{ payoutId: id }]);
    await lapsesIn(-1, renewed.id);
    await world.activities.workCheckDesk();
    expect(await closedTasks('check_stop_expiring')).toMatchObject([{ closedBy: null }]);

    await tell(world, 'bank', 'clock', { advanceMs: 190 * DAY_MS });
    const { number } = await checkOf(id);
    await present(number, '10.00');
    await world.activities.workCheckDesk();
    const [task] = await openTasks('check_exception');
    expect(task?.evidence).toMatchObject({ number, reason: 'check is void' });
    await tell(world, 'bank', 'clock', { advanceMs: 2 * DAY_MS });
    await world.activities.workCheckDesk();
    expect(await openTasks('check_exception')).toEqual([]);
    expect((await closedTasks('check_exception')).at(-1)?.resolution).toContain('Nobody decided in time');
    expect(await paidFor(world, id)).toEqual([]);
  });
});

it('when all tests have run then every invariant holds', async () => {
  expect(await checkInvariants(world.db)).toEqual([]);
});

const outcomeOf = async ({ subject }: Task): Promise<unknown> =>
  world.db.maybeOneFirst(
    sql.unsafe`select outcome from check_exception where id::text = ${subject.replace('check-exception/', '')}`,
  );

/** Does what a person asks of the bank by telephone. */
const voidByHand = (number: string, amount: string) =>
  fetch(`${world.sandbox.bank.url}/positive-pay/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.sandbox.secrets.bank.key}`, 'content-type': 'text/csv' },
    body: `type,account,number,amount,currency,date,payee\nV,${ACCOUNT},${number},${amount},USD,2026-03-01,x\n`,
  });

const positivePayOf = async ({ id }: RunSeen): Promise<string> => {
  const headers = { authorization: `Bearer ${company.auditor.key}` };
  return (await fetch(`${world.url}/v1/runs/${id}/positive-pay`, { headers })).text();
};

function sixMonthsFrom(day: Date): string {
  const end = new Date(day);
  end.setUTCMonth(end.getUTCMonth() + 6);
  return end.toISOString().slice(0, 10);
}
