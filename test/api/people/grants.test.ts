import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { claimToken } from '../../../commands/people/claims.ts';
import { findOpenClaim } from '../../../db/people/claims.ts';
import type { Role } from '../../../domain/people/role.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openOwner, tamper } from '../../fixtures/database.ts';
import { VAULT } from '../../fixtures/world.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
/** The operator who proposes is the API's own; this one confirms. */
let other: Awaited<ReturnType<Api['newKey']>>;
beforeAll(async () => {
  api = await startApi({ vault: VAULT });
  other = await api.newKey('operator');
  await setUpShop(api, ['ann']);
});
afterAll(() => api.stop());

/** Adds a person without a role. */
async function addPerson(email: string | null = `${randomUUID()}@example.com`): Promise<string> {
  const code = `person-${randomUUID()}`;
  const answer = await api.ask('POST', '/v1/actors', { body: { code, name: code, ...(email && { email }) } });
  expect(answer.status).toBe(201);
  return code;
}

const propose = (code: string, body: object, key = api.operator.key): Promise<Answer> =>
  api.ask('POST', `/v1/actors/${code}/grants`, { body, key });

const decide = (id: unknown, key: string, decision = 'confirm'): Promise<Answer> =>
  api.ask('POST', `/v1/grants/${String(id)}/decision`, { body: { decision }, key });

const claim = (token: string): Promise<Answer> =>
  api.ask('POST', '/v1/keys/claim', { body: { token }, key: null, headers: { 'idempotency-key': '' } });

/** The token that is mailed to the person who was given a role. */
const mailedToken = async (grant: unknown): Promise<string> =>
  claimToken(VAULT, await findOpenClaim(api.db, String(grant)));

/** A confirmed role, whose key nobody took yet. */
async function give(role: Role): Promise<{ code: string; grant: string }> {
  const code = await addPerson();
  const { body } = await propose(code, { role });
  await decide(body['id'], other.key);
  return { code, grant: String(body['id']) };
}

const me = async (key: unknown) => (await api.ask('GET', '/v1/me', { key: String(key) })).status;

describe('given a role that one operator proposed', () => {
  it.each(['preparer', 'approver', 'operator', 'auditor'] as const)(
    'when another operator confirms %s then the person takes the key once, with the token in their mail',
    async (role) => {
      const code = await addPerson();
      const proposed = await propose(code, { role });
      expect(proposed.body).toMatchObject({ status: 'proposed', role, firstSetup: false, decidedBy: null });
      const confirmed = await decide(proposed.body['id'], other.key);
      expect(confirmed.body).toMatchObject({ status: 'confirmed', decidedBy: other.actor.code });
      const token = await mailedToken(proposed.body['id']);
      expect(confirmed.text).not.toContain(token);
      const taken = await claim(token);
      expect(taken.body).toMatchObject({ actor: code, role });
      expect((await api.ask('GET', '/v1/me', { key: String(taken.body['key']) })).body).toMatchObject({
        actor: code,
        role,
      });
      expect((await claim(token)).body).toMatchObject({ code: 'claim_not_valid' });
    },
  );

  it('then a task asks operators until it is confirmed, refused or taken back, and the access of a partner asks nobody', async () => {
    const tasks = async (state: string) =>
      ((await api.ask('GET', `/v1/tasks?kind=role_proposed&state=${state}`)).body['items'] as Record<string, unknown>[])
        .map(({ subject, resolution }) => [subject, resolution])
        .filter(([subject]) => grants.some((id) => subject === `grant/${id}`));
    const grants: string[] = [];
    for (const _ of [1, 2, 3]) grants.push(String((await propose(await addPerson(), { role: 'auditor' })).body['id']));
    const [first, second, third] = grants;
    expect(await tasks('open')).toEqual(grants.map((id) => [`grant/${id}`, null]));
    await decide(first, other.key);
    await decide(second, other.key, 'refuse');
    await api.ask('DELETE', `/v1/grants/${third}`);
    expect(await tasks('open')).toEqual([]);
    expect(await tasks('closed')).toEqual([
      [`grant/${first}`, 'confirmed'],
      [`grant/${second}`, 'refused'],
      [`grant/${third}`, 'revoked'],
    ]);
    const { body } = await propose(await addPerson(), { role: 'partner', partner: 'ann' });
    expect(body['status']).toBe('confirmed');
    const told = await api.db.anyFirst(sql.type(z.object({ audience: z.string() }))`
      select distinct audience from notification where kind = 'task_opened' and body ->> 'kind' = 'role_proposed'`);
    expect(told).toEqual(['operators']);
    expect((await checkInvariants(api.db)).filter(({ name }) => name === 'proposals-ask-somebody')).toEqual([]);
  });

  it('when nobody confirms it then there is nothing to claim', async () => {
    const { body } = await propose(await addPerson(), { role: 'approver' });
    await expect(findOpenClaim(api.db, String(body['id']))).rejects.toThrow('no rows');
    const answer = await api.ask('POST', `/v1/grants/${String(body['id'])}/claims`);
    expect(answer.body).toMatchObject({ code: 'grant_not_open' });
  });

  it('when the same operator confirms it then they are refused', async () => {
    const { body } = await propose(await addPerson(), { role: 'approver' });
    expect((await decide(body['id'], api.operator.key)).body).toMatchObject({ code: 'decider_is_proposer' });
  });

  it('when the person who would get it confirms it then they are refused', async () => {
    const { body } = await propose(other.actor.code, { role: 'approver' });
    expect((await decide(body['id'], other.key)).body).toMatchObject({ code: 'decider_is_grantee' });
  });

  it('when its proposer is no longer an operator then nobody can confirm it', async () => {
    const leaver = await api.newKey('operator');
    const { body } = await propose(await addPerson(), { role: 'approver' }, leaver.key);
    expect((await api.ask('DELETE', `/v1/grants/${leaver.grantId}`)).status).toBe(204);
    expect((await decide(body['id'], other.key)).body).toMatchObject({ code: 'grant_not_open' });
  });

  it('when it was refused then it cannot be confirmed, and may be proposed again', async () => {
    const code = await addPerson();
    const { body } = await propose(code, { role: 'approver' });
    expect((await decide(body['id'], api.operator.key, 'refuse')).body).toMatchObject({ status: 'refused' });
    expect((await decide(body['id'], other.key)).body).toMatchObject({ code: 'grant_not_open' });
    expect((await propose(code, { role: 'approver' })).status).toBe(201);
    expect((await propose(code, { role: 'approver' })).body).toMatchObject({ code: 'already_exists' });
  });
});

describe('given somebody who asks for a role', () => {
  it('when operators propose one for themselves then they are refused', async () => {
    expect((await propose(api.operator.actor.code, { role: 'approver' })).body).toMatchObject({ code: 'not_allowed' });
  });

  it('when the person has no e-mail address then the answer names the field', async () => {
    const answer = await propose(await addPerson(null), { role: 'preparer' });
    expect(answer.body).toMatchObject({ code: 'invalid_input', errors: [{ field: 'email' }] });
  });

  it('when the role would have ended already then it is refused', async () => {
    const answer = await propose(await addPerson(), { role: 'auditor', expiresAt: '2020-01-01T00:00:00Z' });
    expect(answer.body).toMatchObject({ status: 400, errors: [{ field: 'expiresAt' }] });
  });

  it("when it is a partner's access then one operator is enough, because it shows that partner's data alone", async () => {
    const { body } = await propose(await addPerson(), { role: 'partner', partner: 'ann' });
    expect(body).toMatchObject({ status: 'confirmed', partner: 'ann', decidedBy: null });
    expect((await claim(await mailedToken(body['id']))).body).toMatchObject({ role: 'partner' });
  });

  it.each(['Petra.Twice@Gmail.com', 'petratwice+work@googlemail.com'])(
    'when another person has the mailbox %s already then no second account is made',
    async (email) => {
      const add = (code: string, address: string) =>
        api.ask('POST', '/v1/actors', { body: { code: `${code}-${randomUUID()}`, name: code, email: address } });
      await add('first', 'petratwice@gmail.com');
      expect((await add('second', email)).body).toMatchObject({ code: 'already_exists', errors: [{ field: 'email' }] });
    },
  );

  it('when another person has the same name, or a partner the same mailbox, then the one who confirms sees it', async () => {
    const name = `Dora ${randomUUID()}`;
    const add = (code: string) => api.ask('POST', '/v1/actors', { body: { code, name, email: `${code}@example.com` } });
    await add('dora-1');
    await add('dora-2');
    await api.ask('PATCH', '/v1/partners/ann', { body: { email: 'Dora-2@example.com' } });
    expect((await propose('dora-2', { role: 'approver' })).body).toMatchObject({
      namesakes: ['dora-1'],
      mailboxOf: ['ann'],
    });
  });
});

describe('given a confirmed role', () => {
  it('when it is revoked then its keys and its unused token stop at once', async () => {
    const { grant } = await give('operator');
    const { body } = await claim(await mailedToken(grant));
    await api.ask('POST', `/v1/grants/${grant}/claims`);
    const unused = await mailedToken(grant);
    expect(await me(body['key'])).toBe(200);
    expect((await api.ask('DELETE', `/v1/grants/${grant}`)).status).toBe(204);
    expect(await me(body['key'])).toBe(401);
    expect((await claim(unused)).body).toMatchObject({ code: 'claim_not_valid' });
  });

  it('when a new link is sent then the old one stops, and the keys in use go on', async () => {
    const { grant } = await give('auditor');
    const first = await mailedToken(grant);
    expect((await api.ask('POST', `/v1/grants/${grant}/claims`)).status).toBe(201);
    const second = await mailedToken(grant);
    expect((await claim(first)).body).toMatchObject({ code: 'claim_not_valid' });
    const keys = [(await claim(second)).body['key']];
    await api.ask('POST', `/v1/grants/${grant}/claims`);
    keys.push((await claim(await mailedToken(grant))).body['key']);
    for (const key of keys) expect(await me(key)).toBe(200);
  });

  it('when the link is older than three days then it gives no key', async () => {
    const { grant } = await give('auditor');
    const token = await mailedToken(grant);
    const owner = await openOwner(api.url);
    await tamper(owner, sql.unsafe`update key_claim set expires_at = now() where grant_id = ${grant}`);
    await owner.end();
    expect((await claim(token)).body).toMatchObject({ code: 'claim_not_valid' });
  });

  it('then no row of the database holds its token or its key', async () => {
    const { grant } = await give('auditor');
    const token = await mailedToken(grant);
    const { body } = await claim(token);
    const stored = await api.db.oneFirst(sql.type(z.object({ text: z.string() }))`
      select concat((select string_agg(key_claim::text, ' ') from key_claim), (select string_agg(api_key::text, ' ') from api_key),
        (select string_agg(notification::text, ' ') from notification), (select string_agg(body, ' ') from idempotency_key)) as text`);
    for (const secret of [token.slice(4), String(body['key']).slice(-43)]) {
      expect(stored).not.toContain(secret);
      expect(stored).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
    }
  });

  it('then the audit log says who proposed, who confirmed, and who took the key', async () => {
    const { code, grant } = await give('preparer');
    await claim(await mailedToken(grant));
    const { items } = (await api.ask('GET', `/v1/audit?limit=200&subject=actor/${code}`)).body as {
      items: { action: string; actor: string | null }[];
    };
    expect(items.map(({ action, actor }) => [action, actor])).toEqual([
      ['actor.add', api.operator.actor.code],
      ['grant.propose', api.operator.actor.code],
      ['grant.confirm', other.actor.code],
      ['key.send_claim', other.actor.code],
    ]);
  });
});

describe('given somebody who guesses tokens', () => {
  it('when twenty were wrong within a minute then the next one is not looked up', async () => {
    const { grant } = await give('auditor');
    const token = await mailedToken(grant);
    const codes: unknown[] = [];
    for (let tries = 0; tries < 45; tries += 1) codes.push((await claim(`bsc_${'a'.repeat(43)}`)).body['code']);
    expect(codes.at(-1)).toBe('too_many_tries');
    expect((await claim(token)).body).toMatchObject({ status: 429 });
  });
});
