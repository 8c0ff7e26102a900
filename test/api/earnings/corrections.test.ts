import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { getPartner } from '../../../db/partners/partners.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { giveRole } from '../../fixtures/people.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
type Key = Awaited<ReturnType<Api['newKey']>>;
let [preparer, approver, auditor]: [Key, Key, Key] = [] as never;

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob', 'cleo', 'dan', 'eve', 'fay', 'gus', 'hal', 'ivy']);
  await api.ask('PUT', '/v1/payers/acme/gateways/paypal', {
    body: { gateway: 'paypal', accountRef: 'PayPal', settings: {} },
  });
  preparer = await api.newKey('preparer');
  approver = await api.newKey('approver');
  auditor = await api.newKey('auditor');
});
afterAll(() => api.stop());

const ABOUT = { program: 'shop', currency: 'USD', reason: 'Chargeback fee for order 1001' };

const propose = (body: object, key = preparer.key): Promise<Answer> =>
  api.ask('POST', '/v1/corrections', { body: { ...ABOUT, ...body }, key });

const decide = (id: unknown, decision = 'confirm', key = approver.key): Promise<Answer> =>
  api.ask('POST', `/v1/corrections/${String(id)}/decision`, { body: { decision }, key });

/** Proposes a correction as one person and confirms it as another one. */
async function correct(body: object): Promise<Record<string, unknown>> {
  const proposed = await propose(body);
  expect(proposed.status, proposed.text).toBe(201);
  const confirmed = await decide(proposed.body['id']);
  expect(confirmed.status, confirmed.text).toBe(200);
  return confirmed.body;
}

const Notice = z.object({ partner: z.string(), body: z.record(z.string(), z.string()) });

/** The notices of a correction to its partners. */
const told = (id: unknown) =>
  api.db.any(sql.type(Notice)`
    select partner.code as partner, notification.body from notification join partner on partner.id = notification.partner_id
    where notification.kind = 'balance_corrected' and notification.body ->> 'correction' = ${String(id)} order by partner.code`);

type Standing = { payable: string; outcome: string };

const standing = async (partner: string): Promise<string> => {
  const { body } = await api.ask('GET', `/v1/partners/${partner}/payability`);
  const [first] = body['items'] as Standing[];
  return `${first?.payable} ${first?.outcome}`;
};

const earnings = async (partner: string): Promise<Record<string, unknown>[]> => {
  const { key } = await api.newKey('partner', (await getPartner(api.db, partner)).id);
  const { body } = await api.ask('GET', '/v1/me/earnings', { key });
  return body['items'] as Record<string, unknown>[];
};

const openTasks = async (id: unknown): Promise<unknown[]> => {
  const { body } = await api.ask('GET', '/v1/tasks?kind=correction_proposed&limit=200');
  return (body['items'] as { subject: string }[]).filter(({ subject }) => subject === `correction/${String(id)}`);
};

const balanceOf = (code: string): Promise<bigint> =>
  api.db.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(entry.amount_minor), 0)::bigint as minor
    from ledger_account account join ledger_entry entry on entry.account_id = account.id where account.code = ${code}`);

const accountOf = async (partner: string) => `partner:payable:${(await getPartner(api.db, partner)).id}:USD`;

describe('given a deduction that one person proposed', () => {
  it('when nobody has confirmed it then nothing counts, and a task asks for the other person', async () => {
    const { body } = await propose({ kind: 'deduction', partner: 'ann', amount: '15.00', reference: 'ticket 4711' });
    expect(body).toMatchObject({
      kind: 'deduction',
      status: 'proposed',
      reference: 'ticket 4711',
      proposedBy: preparer.actor.code,
      decidedBy: null,
      totals: [{ currency: 'USD', amount: '-15.00', items: 1 }],
      items: [{ no: 1, partner: 'ann', program: 'shop', amount: '-15.00' }],
    });
    expect(await openTasks(body['id'])).toMatchObject([{ closedAt: null }]);
    expect(await told(body['id'])).toEqual([]);
    expect(await standing('ann')).toBe('0.00 nothing_due');
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when another person confirms it then the partner is owed less, and reads why', async () => {
    const { id } = await correct({ kind: 'deduction', partner: 'bob', amount: '15.00', reference: 'ticket 4711' });
    expect(await standing('bob')).toBe('-15.00 negative_balance');
    expect(await openTasks(id)).toEqual([]);
    expect(await told(id)).toEqual([
      {
        partner: 'bob',
        body: { correction: id, kind: 'deduction', added: '', taken: '15.00 USD', reason: ABOUT.reason },
      },
    ]);
    expect(await earnings('bob')).toMatchObject([
      {
        source: 'correction',
        kind: 'adjusted',
        amount: '-15.00',
        program: 'shop',
        plan: null,
        explanation: { correction: id, kind: 'deduction', reason: ABOUT.reason, reference: 'ticket 4711' },
      },
    ]);
    expect(await balanceOf(await accountOf('bob'))).toBe(1500n);
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when it is decided again then the second decision is refused, and it counts once', async () => {
    const { id } = await correct({ kind: 'credit', partner: 'hal', amount: '25.00' });
    expect((await decide(id)).body).toMatchObject({ code: 'correction_not_open', status: 409 });
    expect((await decide(id, 'refuse')).body).toMatchObject({ code: 'correction_not_open' });
    expect(await standing('hal')).toBe('25.00 paid');
  });

  it('when two people confirm it at the same moment then one of them does, and it counts once', async () => {
    const other = await api.newKey('approver');
    const { body } = await propose({ kind: 'credit', partner: 'ivy', amount: '3.00' });
    const answers = await Promise.all([
      decide(body['id'], 'confirm', approver.key),
      decide(body['id'], 'confirm', other.key),
      decide(body['id'], 'refuse', other.key),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body: { code } }) => code === 'correction_not_open')).toHaveLength(2);
    const isConfirmed = answers.some(({ body: { status } }) => status === 'confirmed');
    expect(await standing('ivy')).toBe(isConfirmed ? '3.00 paid' : '0.00 nothing_due');
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when the other person refuses it then nothing counts, and the task is closed', async () => {
    const { body } = await propose({ kind: 'credit', partner: 'ann', amount: '99.00' });
    expect((await decide(body['id'], 'refuse')).body).toMatchObject({
      status: 'refused',
      decidedBy: approver.actor.code,
    });
    expect(await openTasks(body['id'])).toEqual([]);
    expect(await standing('ann')).toBe('0.00 nothing_due');
    expect((await decide(body['id'])).body).toMatchObject({ code: 'correction_not_open' });
  });

  it('when its line is paid then the people who approve the run know who proposed it', async () => {
    const { id } = await correct({ kind: 'credit', partner: 'ann', amount: '1.00' });
    const makers = await api.db.oneFirst(sql.type(z.object({ madeBy: z.array(z.string()) }))`
      select made_by as "madeBy" from earning_line where correction_id = ${String(id)}`);
    expect(makers).toEqual([preparer.actor.id]);
  });
});

describe('given people who had a hand in a correction', () => {
  const wish = { kind: 'credit', partner: 'cleo', amount: '1.00' };

  it('when the proposer decides with another key then they are refused', async () => {
    const { body } = await propose(wish);
    const again = await giveRole(api.db, preparer.actor.id, 'approver');
    expect((await decide(body['id'], 'confirm', again.key)).body).toMatchObject({
      code: 'decider_is_proposer',
      status: 403,
    });
  });

  it('when the proposer gave the other person their role then that person is refused', async () => {
    const operator = await api.newKey('operator');
    const second = await api.newKey('operator');
    const friend = await api.newKey('auditor');
    const granted = await giveRole(api.db, friend.actor.id, 'approver', {
      givers: [operator.actor.id, second.actor.id],
    });
    const { body } = await propose(wish, operator.key);
    expect((await decide(body['id'], 'confirm', granted.key)).body).toMatchObject({ code: 'role_given_by_editor' });
    expect((await decide(body['id'])).status).toBe(200);
  });

  it('when a person is paid through the partner then they neither propose nor confirm', async () => {
    const { id } = await getPartner(api.db, 'cleo');
    const payee = await api.newKey('partner', id);
    const prepares = await giveRole(api.db, payee.actor.id, 'preparer');
    const approves = await giveRole(api.db, payee.actor.id, 'approver');
    expect((await propose(wish, prepares.key)).body).toMatchObject({ code: 'approver_is_payee', status: 403 });
    const { body } = await propose(wish);
    expect((await decide(body['id'], 'confirm', approves.key)).body).toMatchObject({ code: 'approver_is_payee' });
  });

  it('when the proposer is given access to the partner before it is decided then it is no longer confirmed', async () => {
    const { id } = await getPartner(api.db, 'cleo');
    const late = await api.newKey('preparer');
    const { body } = await propose(wish, late.key);
    await giveRole(api.db, late.actor.id, 'partner', { partnerId: id });
    expect((await decide(body['id'])).body).toMatchObject({ code: 'approver_is_payee' });
    expect((await decide(body['id'], 'refuse')).status).toBe(200);
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when an auditor or a partner proposes, or an operator decides, then the role does not allow it', async () => {
    expect((await propose(wish, auditor.key)).status).toBe(403);
    const { body } = await propose(wish);
    expect((await decide(body['id'], 'confirm', api.operator.key)).status).toBe(403);
  });
});

describe('given amounts and names that cannot be', () => {
  it.each([
    { body: { kind: 'credit', partner: 'ann', amount: '0.00' }, field: 'amount' },
    { body: { kind: 'credit', partner: 'ann', amount: '-1.00' }, field: 'amount' },
    { body: { kind: 'credit', partner: 'ann', amount: '1.005' }, field: 'amount' },
    { body: { kind: 'credit', partner: 'ann', amount: 'much' }, field: 'amount' },
    { body: { kind: 'credit', partner: 'nobody', amount: '1.00' }, field: 'partner' },
    { body: { kind: 'credit', partner: 'ann', amount: '1.00', program: 'other' }, field: 'program' },
    { body: { kind: 'credit', partner: 'ann', amount: '1.00', reason: ' ' }, field: 'reason' },
    { body: { kind: 'transfer', from: 'ann', to: 'ann', amount: '1.00' }, field: 'to' },
    { body: { kind: 'transfer', from: 'nobody', to: 'ann', amount: '1.00' }, field: 'from' },
    { body: { kind: 'transfer', from: 'ann', to: 'nobody', amount: '1.00' }, field: 'to' },
    { body: { kind: 'write_off', partner: 'ann', amount: '1000000.00' }, field: 'amount' },
    { body: { kind: 'gift', partner: 'ann', amount: '1.00' }, field: 'kind' },
  ])('when somebody proposes $body then $field is named, and nothing is recorded', async ({ body, field }) => {
    const before = (await api.ask('GET', '/v1/corrections?limit=200')).body['items'] as unknown[];
    const answer = await propose(body);
    expect(answer.body).toMatchObject({ code: 'invalid_input', errors: [{ field }] });
    expect((await api.ask('GET', '/v1/corrections?limit=200')).body['items']).toHaveLength(before.length);
  });

  it('when a partner was never in the program then the correction would never be paid, so it is refused', async () => {
    await api.ask('POST', '/v1/programs', { body: { code: 'elsewhere', name: 'Elsewhere', schedule: 'monthly' } });
    const answer = await propose({ kind: 'credit', partner: 'ann', amount: '1.00', program: 'elsewhere' });
    expect(answer.body).toMatchObject({ code: 'invalid_input', errors: [{ field: 'program' }] });
  });
});

describe('given a transfer between two partners', () => {
  it('when it is confirmed then one is owed less and the other as much more, and no expense arises', async () => {
    const before = await balanceOf('program:adjustments:1:USD');
    const { id, totals } = await correct({ kind: 'transfer', from: 'dan', to: 'eve', amount: '12.34' });
    expect(totals).toEqual([{ currency: 'USD', amount: '0.00', items: 2 }]);
    expect(await standing('dan')).toBe('-12.34 negative_balance');
    expect(await standing('eve')).toBe('12.34 paid');
    const notice = { correction: id, kind: 'transfer', reason: ABOUT.reason };
    expect(await told(id)).toEqual([
      { partner: 'dan', body: { ...notice, added: '', taken: '12.34 USD' } },
      { partner: 'eve', body: { ...notice, added: '12.34 USD', taken: '' } },
    ]);
    expect(await balanceOf('program:adjustments:1:USD')).toBe(before);
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});

describe('given a balance to be given up', () => {
  it('when a partner owes 20.00 then the whole of it is written off, and once only', async () => {
    await correct({ kind: 'deduction', partner: 'fay', amount: '20.00' });
    const [first, second] = [
      await propose({ kind: 'write_off', partner: 'fay' }),
      await propose({ kind: 'write_off', partner: 'fay', amount: '5.00' }),
    ];
    expect(first.body).toMatchObject({ totals: [{ amount: '20.00' }] });
    expect((await decide(first.body['id'])).status).toBe(200);
    expect(await standing('fay')).toBe('0.00 nothing_due');
    expect(await balanceOf('writeoff:USD')).toBe(2000n);

    expect((await decide(second.body['id'])).body).toMatchObject({ code: 'correction_overtaken', status: 409 });
    expect(await openTasks(second.body['id'])).toHaveLength(1);
    expect((await decide(second.body['id'], 'refuse')).status).toBe(200);
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when a partner is owed less than the smallest payout then it may be given up, and otherwise not', async () => {
    await correct({ kind: 'credit', partner: 'gus', amount: '0.40' });
    expect((await propose({ kind: 'write_off', partner: 'gus' })).body).toMatchObject({
      errors: [{ field: 'amount', reason: expect.stringContaining('smallest payout') }],
    });
    await api.ask('PATCH', '/v1/schedules/monthly', { body: { minimums: [{ currency: 'USD', amount: '1.00' }] } });
    await correct({ kind: 'write_off', partner: 'gus', amount: '0.30' });
    expect(await standing('gus')).toBe('0.10 below_minimum');
    expect(await earnings('gus')).toMatchObject([{ kind: 'written_off', amount: '-0.30' }, { kind: 'adjusted' }]);
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});

describe('given corrections in a list', () => {
  it('when somebody asks for those of a partner, a kind or a status then only these are listed', async () => {
    const of = async (query: string) =>
      (await api.ask('GET', `/v1/corrections?${query}`, { key: auditor.key })).body['items'] as Record<
        string,
        unknown
      >[];
    expect(await of('partner=eve')).toMatchObject([{ kind: 'transfer', itemCount: 2 }]);
    expect((await of('kind=write_off')).map(({ status }) => status)).toEqual(['confirmed', 'refused', 'confirmed']);
    const [open] = await of('status=proposed');
    const { body } = await api.ask('GET', `/v1/corrections/${String(open?.['id'])}/items`);
    expect(body['items']).toHaveLength(1);
  });
});
