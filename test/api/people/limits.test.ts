import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { Role } from '../../../domain/people/role.ts';
import { openOwner, tamper } from '../../fixtures/database.ts';
import { giveRole } from '../../fixtures/people.ts';
import { openVisitor, type SignedInPerson } from '../../fixtures/passkey.ts';
import { refusalOf } from '../../fixtures/rows.ts';
import { VAULT } from '../../fixtures/world.ts';
import { addPayout, type Answer, type Api, setUpShop, startApi, TERMS } from '../api.ts';

/** Roles that are limited to programs or payers: how they are given, and the rules besides `test/api/reach.test.ts`. */

let api: Api;
let other: Awaited<ReturnType<Api['newKey']>>;
let olga: SignedInPerson;
let oscar: SignedInPerson;
beforeAll(async () => {
  api = await startApi({ vault: VAULT });
  other = await api.newKey('operator');
  await setUpShop(api, ['ann']);
  await addPayout(api.db, 'ann');
  olga = await openVisitor(api, 'olga', ['operator']);
  oscar = await openVisitor(api, 'oscar', ['operator']);
  const steps = [
    ['/v1/payers', { code: 'other', name: 'Other Ltd', country: 'US', currency: 'USD' }],
    ['/v1/schedules', { code: 'weekly', payer: 'other', frequency: 'monthly', zone: 'America/New_York', payDays: 2 }],
    ['/v1/programs', { code: 'elsewhere', name: 'Elsewhere', schedule: 'weekly' }],
  ] as const;
  for (const [path, body] of steps) await api.ask('POST', path, { body });
});
afterAll(() => api.stop());

async function addPerson(): Promise<string> {
  const code = `person-${randomUUID()}`;
  await api.ask('POST', '/v1/actors', { body: { code, name: code, email: `${code}@example.com` } });
  return code;
}
const propose = (code: string, body: object): Promise<Answer> => api.ask('POST', `/v1/actors/${code}/grants`, { body });
const confirm = (id: unknown, key = other.key): Promise<Answer> =>
  api.ask('POST', `/v1/grants/${String(id)}/decision`, { body: { decision: 'confirm' }, key });
const newKey = async (role: Role, limited: { programs?: string[]; payers?: string[] }): Promise<string> =>
  (await api.newKey(role, null, { programs: [], payers: [], ...limited })).key;
const writePlan = (program: string, key: string): Promise<Answer> =>
  api.ask('POST', `/v1/programs/${program}/plans`, { body: { code: `plan-${randomUUID()}`, terms: TERMS }, key });
const correct = (program: string, key: string): Promise<Answer> =>
  api.ask('POST', '/v1/corrections', {
    body: { kind: 'credit', partner: 'ann', program, currency: 'USD', amount: '1.00', reason: 'a test' },
    key,
  });

describe('given an operator who proposes a limited role', () => {
  it('when another one confirms it then the grant, the task and the audit log name its limits', async () => {
    const code = await addPerson();
    const { body } = await propose(code, { role: 'approver', payers: ['other', 'acme'] });
    expect(body).toMatchObject({ status: 'proposed', programs: [], payers: ['acme', 'other'] });
    expect((await api.ask('GET', '/v1/tasks')).text).toContain('the role approver for the payers acme and other');
    expect((await confirm(body['id'])).body).toMatchObject({ status: 'confirmed', payers: ['acme', 'other'] });
    expect((await api.ask('GET', '/v1/audit')).text).toContain('acme other');
  });

  it.each([
    { role: 'auditor', limited: { payers: ['acme'] }, field: 'payers' },
    { role: 'partner', limited: { partner: 'ann', programs: ['shop'] }, field: 'programs' },
    { role: 'approver', limited: { payers: ['acme'], programs: ['shop'] }, field: 'payers' },
    { role: 'approver', limited: { programs: ['shop', 'nothing'] }, field: 'programs' },
    { role: 'approver', limited: { payers: [] }, field: 'payers' },
  ])(
    'when the role $role has the limits $limited then the field $field is refused',
    async ({ role, limited, field }) => {
      const answer = await propose(await addPerson(), { role, ...limited });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain(`"field":"${field}"`);
    },
  );

  it('when the same role with the same limits is proposed twice then it is refused, and other limits need two people again', async () => {
    const code = await addPerson();
    await confirm((await propose(code, { role: 'operator', programs: ['shop'] })).body['id']);
    expect((await propose(code, { role: 'operator', programs: ['shop'] })).status).toBe(409);
    const wider = await propose(code, { role: 'operator', programs: ['elsewhere', 'shop'] });
    expect(wider.body).toMatchObject({ status: 'proposed' });
    expect((await confirm(wider.body['id'], api.operator.key)).body).toMatchObject({ code: 'decider_is_proposer' });
  });

  it('when the limits of a grant would change then the database refuses', async () => {
    const { id } = (await propose(await addPerson(), { role: 'operator', programs: ['shop'] })).body;
    for (const change of [sql.fragment`program_ids = null`, sql.fragment`payer_ids = '{1}', program_ids = null`])
      expect(
        await refusalOf(api.db.query(sql.unsafe`update role_grant set ${change} where id = ${String(id)}`)),
      ).toMatch(/permission denied|refused/);
  });

  it('then a person signs it in the console, and every page about the role says its limits', async () => {
    const code = await addPerson();
    const fields = { role: 'approver', payers: 'acme, other' };
    expect((await olga.post(`/settings/people/${code}/roles/new`, { ...fields, payers: 'nobody' })).text).toContain(
      'Only for these payers names nobody, which does not exist.',
    );
    const proposed = await olga.sign(`/settings/people/${code}/roles/new`, fields);
    expect(proposed.status, proposed.text).toBe(303);
    const words = 'Approver for the payers acme and other';
    expect((await oscar.open(proposed.location ?? '')).text).toContain(words);
    expect((await oscar.sign(`${proposed.location ?? ''}/confirm`)).status).toBe(303);
    expect((await oscar.open(`/settings/people/${code}`)).text).toContain(words);
    expect((await oscar.open(`/settings/people?q=${code}`)).text).toContain(words);
  });
});

describe('given a key with limits', () => {
  it('when its program is written to then it may, and another program is not there', async () => {
    for (const limited of [{ programs: ['shop'] }, { payers: ['acme'] }]) {
      const key = await newKey('operator', limited);
      expect((await writePlan('shop', key)).status).toBe(201);
      expect((await writePlan('elsewhere', key)).status).toBe(404);
      expect((await api.ask('GET', '/v1/me', { key })).body).toMatchObject(limited);
    }
  });

  it('when a body names a program out of reach then it is refused, and nothing is written', async () => {
    const key = await newKey('preparer', { programs: ['shop'] });
    expect((await correct('shop', key)).status).toBe(201);
    expect((await correct('elsewhere', key)).status).toBe(403);
    const events = [
      { source: 'shop', id: 'e-1', program: 'shop' },
      { source: 'shop', id: 'e-2', program: 'elsewhere' },
    ];
    const operator = await newKey('operator', { programs: ['shop'] });
    expect((await api.ask('POST', '/v1/events', { body: { events }, key: operator })).status).toBe(403);
  });

  it('when it would give a role, change a partner or read the people then it needs a role without limits', async () => {
    const key = await newKey('operator', { payers: ['acme'] });
    const code = await addPerson();
    expect((await api.ask('POST', `/v1/actors/${code}/grants`, { body: { role: 'auditor' }, key })).status).toBe(403);
    expect((await api.ask('PATCH', '/v1/partners/ann', { body: { name: 'Eve' }, key })).status).toBe(403);
    expect((await api.ask('GET', '/v1/actors', { key })).status).toBe(403);
  });

  it('when it would say what partners are, by events or by a ladder, then it needs a role without limits', async () => {
    const key = await newKey('operator', { programs: ['shop'] });
    const grants = [{ kind: 'trained', key: 'certification', value: 'net-1' }];
    const ladder = { from: '2026-01-01', terms: null, reason: 'a test' };
    const granting = await api.ask('PUT', '/v1/programs/shop/fact-grants', { body: { grants }, key });
    expect(granting.status, granting.text).toBe(403);
    expect((await api.ask('POST', '/v1/programs/shop/ladders/tier', { body: ladder, key })).status).toBe(403);
  });

  it('when a correction of another program is confirmed in the database then the second wall refuses', async () => {
    const actor = (await api.newKey('approver', null, { programs: ['elsewhere'], payers: [] })).actor;
    const { id } = (await correct('shop', await newKey('preparer', { programs: ['shop'] }))).body;
    const decided = api.db.query(sql.unsafe`
      update correction set status = 'confirmed', decided_by = ${actor.id}, decided_at = now() where id = ${String(id)}`);
    expect(await refusalOf(decided)).toMatch(/do not reach it/);
  });

  it('when a balance is written off then it needs a role for the payer, whose programs share the balance', async () => {
    const writeOff = { kind: 'write_off', partner: 'ann', program: 'shop', currency: 'USD', reason: 'a test' };
    const giveUp = async (limited: object) =>
      api.ask('POST', '/v1/corrections', { body: writeOff, key: await newKey('preparer', limited) });
    await api.ask('POST', '/v1/programs', { body: { code: 'second', name: 'Second', schedule: 'monthly' } });
    await api.ask('POST', '/v1/programs/second/plans', { body: { code: 'standard', terms: TERMS } });
    const agreement = { program: 'second', plan: 'standard', startsOn: '2026-01-01' };
    await api.ask('POST', '/v1/partners/ann/agreements', { body: agreement });
    const debt = {
      kind: 'deduction',
      partner: 'ann',
      program: 'second',
      currency: 'USD',
      amount: '70.00',
      reason: 'a test',
    };
    const { id: debtId } = (await api.ask('POST', '/v1/corrections', { body: debt })).body;
    const decide = async (id: unknown, limited: { programs?: string[]; payers?: string[] }) =>
      api.ask('POST', `/v1/corrections/${String(id)}/decision`, {
        body: { decision: 'confirm' },
        key: await newKey('approver', limited),
      });
    expect((await decide(debtId, { programs: ['second'] })).status).toBe(200);
    expect((await giveUp({ programs: ['shop'] })).status).toBe(403);
    const proposed = await giveUp({ payers: ['acme'] });
    expect(proposed.status, proposed.text).toBe(201);
    expect((await decide(proposed.body['id'], { programs: ['shop'] })).status).toBe(404);
    expect((await decide(proposed.body['id'], { payers: ['acme'] })).status).toBe(200);
  });

  it('when an operator with limits proposes a role in the database then the second wall refuses', async () => {
    const { actor } = await api.newKey('operator', null, { programs: ['shop'], payers: [] });
    const someone = await api.db.oneFirst(
      sql.type(z.object({ id: z.string() }))`select id from actor where code = ${await addPerson()}`,
    );
    expect(await refusalOf(giveRole(api.db, someone, 'auditor', { givers: [actor.id, other.actor.id] }))).toMatch(
      /only an operator proposes a role/,
    );
  });
});

describe('given notices to finance', () => {
  it('when a notice is about a run then the people who reach its payer read it, and no others', async () => {
    const run = await api.db.oneFirst(sql.type(z.object({ id: z.string() }))`select id from payout_run`);
    const owner = await openOwner(api.url);
    await tamper(
      owner,
      sql.unsafe`
        insert into notification(dedupe_key, kind, audience, body, content, told_at)
        values ('a-run', 'run_decided', 'finance', ${JSON.stringify({ run })}::jsonb,
          ${JSON.stringify({ subject: 'A run was decided', parts: [] })}::jsonb, now())`,
    );
    await owner.end();
    for (const [payer, sees] of [
      ['acme', true],
      ['other', false],
    ] as const) {
      const reader = await openVisitor(api, `reader-of-${payer}`, []);
      const { key } = await giveRole(api.db, reader.id, 'approver', { limited: { programs: [], payers: [payer] } });
      expect((await reader.open('/notices')).text.includes('A run was decided')).toBe(sees);
      expect((await api.ask('GET', '/v1/me/notices', { key })).text.includes('A run was decided')).toBe(sees);
    }
  });
});

describe('given a payout that failed', () => {
  it('when a role is limited to one of its programs then neither the failures nor the search show it, and its payer shows it', async () => {
    const owner = await openOwner(api.url);
    await tamper(owner, sql.unsafe`update payout set status = 'failed', status_reason = 'refused', status_at = now()`);
    await owner.end();
    const id = await api.db.oneFirst(sql.type(z.object({ id: z.string() }))`select id from payout`);
    for (const [limited, sees] of [
      [{ programs: ['shop'], payers: [] }, false],
      [{ programs: [], payers: ['acme'] }, true],
    ] as const) {
      const reader = await openVisitor(api, `failures-${sees}`, []);
      await giveRole(api.db, reader.id, 'operator', { limited, withKey: false });
      expect((await reader.open('/failures')).text.includes('5.00')).toBe(sees);
      expect((await reader.open(`/search?q=${id}`)).location).toBe(sees ? `/payouts/${id}` : null);
    }
  });
});

describe('given an operator who is limited to a payer', () => {
  it('when a payout of it is unclear then they read both books on the page of its task, and nobody from outside does', async () => {
    const id = await api.db.oneFirst(sql.type(z.object({ id: z.string() }))`
      insert into task(kind, subject, payout_id, detail) select 'outcome_unknown', 'payout/' || id, id, 'a test' from payout returning id`);
    for (const [payer, status] of [
      ['acme', 200],
      ['other', 404],
    ] as const) {
      const reader = await openVisitor(api, `books-${payer}`, []);
      await giveRole(api.db, reader.id, 'operator', { limited: { programs: [], payers: [payer] }, withKey: false });
      expect((await reader.open(`/tasks/${id}`)).status).toBe(status);
    }
  });

  it('when they set the account that a gateway draws on then it is refused, because it may be that of another payer', async () => {
    const key = await newKey('operator', { payers: ['acme'] });
    const body = { gateway: 'wise', accountRef: '4711' };
    expect((await api.ask('PUT', '/v1/payers/acme/gateways/bank', { body, key })).status).toBe(403);
  });
});

describe('given a person who is signed in with limited roles', () => {
  it('when a role is taken away then the next request finds nothing, and a new role with other limits counts at once', async () => {
    const petra = await openVisitor(api, 'petra', []);
    const limited = { programs: ['shop'], payers: [] };
    const { grantId } = await giveRole(api.db, petra.id, 'operator', { limited, withKey: false });
    expect((await petra.open('/account')).text).toContain('Operator for the program shop');
    expect((await petra.open('/programs/shop')).status).toBe(200);
    expect((await api.ask('DELETE', `/v1/grants/${grantId}`)).status).toBe(204);
    expect((await petra.open('/programs/shop')).status).toBe(404);
    await giveRole(api.db, petra.id, 'operator', { limited: { programs: ['elsewhere'], payers: [] }, withKey: false });
    expect((await petra.open('/programs/shop')).status).toBe(404);
    expect((await petra.open('/programs/elsewhere')).status).toBe(200);
  });

  it('when one role reads everything then the other one still decides in its reach alone', async () => {
    const both = await openVisitor(api, 'both', ['auditor']);
    await giveRole(api.db, both.id, 'operator', { limited: { programs: ['shop'], payers: [] }, withKey: false });
    expect((await both.open('/programs')).text).toContain('Elsewhere');
    expect((await both.open('/programs/elsewhere')).status).toBe(200);
    expect((await both.post('/programs/elsewhere/plans/standard/versions', {})).status).toBe(404);
    expect((await both.open('/settings/people')).status).toBe(200);
    expect((await both.open('/settings/new-person')).status).toBe(403);
  });
});
