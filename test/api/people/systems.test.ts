import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PERMITTED_ROUTES, rolesFor } from '../../../api/http/permissions.ts';
import { addActor } from '../../../commands/people/actors.ts';
import { claimToken } from '../../../commands/people/claims.ts';
import { getActor } from '../../../db/people/actors.ts';
import { findOpenClaim } from '../../../db/people/claims.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import type { Role } from '../../../domain/people/role.ts';
import { giveRole } from '../../fixtures/people.ts';
import { refusalOf, tryAll } from '../../fixtures/rows.ts';
import { VAULT } from '../../fixtures/world.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
let operator: { id: string; code: string; key: string };
beforeAll(async () => {
  api = await startApi({ vault: VAULT });
  await setUpShop(api, ['ann']);
  operator = await newSystem('operator');
});
afterAll(() => api.stop());

/** A program of the company with a key in a role. */
async function newSystem(role: Role): Promise<{ id: string; code: string; key: string }> {
  const code = `system-${randomUUID()}`;
  const body = { code, name: 'Order system', kind: 'system', email: `${code}@example.com` };
  expect((await api.ask('POST', '/v1/actors', { body })).body).toMatchObject({ code, kind: 'system' });
  const { id } = await getActor(api.db, code);
  const { key } = await giveRole(api.db, id, role);
  return { id, code, key };
}

const newPerson = async () => {
  const code = `person-${randomUUID()}`;
  return addActor(api.db, { code, name: code, email: `${code}@example.com` }, null);
};

const propose = (code: string, body: object, key?: string) =>
  api.ask('POST', `/v1/actors/${code}/grants`, { body, ...(key && { key }) });

describe('given a system with a key of an operator', () => {
  it('when it works then it may do what an operator does alone', async () => {
    const { code } = await newPerson();
    expect((await propose(code, { role: 'partner', partner: 'ann' }, operator.key)).status).toBe(201);
  });

  it.each(['preparer', 'approver', 'operator', 'auditor'] as const)(
    'when it proposes the role %s then it is refused, because one of the two people would be missing',
    async (role) => {
      const { code } = await newPerson();
      expect((await propose(code, { role }, operator.key)).body).toMatchObject({ code: 'decider_is_system' });
    },
  );

  it.each(['confirm', 'refuse'])(
    'when it would %s a role that a person proposed then it is refused',
    async (decision) => {
      const { code } = await newPerson();
      const grant = String((await propose(code, { role: 'auditor' })).body['id']);
      const decided = await api.ask('POST', `/v1/grants/${grant}/decision`, { body: { decision }, key: operator.key });
      expect(decided.body).toMatchObject({ status: 403, code: 'decider_is_system' });
      const status = decision === 'confirm' ? 'confirmed' : 'refused';
      const decideInTheDatabase = sql.unsafe`
      update role_grant set status = ${status}, decided_by = ${operator.id}, decided_at = now() where id = ${grant}`;
      expect(await tryAll(api.db, [decideInTheDatabase])).toMatch(/only people give this role/);
    },
  );

  it('when it would answer what a policy asks of an operator then it is refused, and a person may', async () => {
    const within = { days: 3, counted: 'business' };
    const stage = { role: 'operator', approvals: 1, within, atEnd: 'expire' };
    const policy = { rules: [{ title: 'all', stages: [stage], grants: { protectionDays: 30 } }] };
    await api.ask('POST', '/v1/programs/shop/policies/deal', { body: { policy } });
    const ann = await api.newKey('partner', (await getPartner(api.db, 'ann')).id);
    const asked = await api.ask('POST', '/v1/me/deals', {
      key: ann.key,
      body: {
        program: 'shop',
        customer: 'Customer',
        domain: 'customer.example',
        country: 'DE',
        productLines: ['routers'],
        currency: 'USD',
        amount: '500.00',
        expectedClose: '2099-01-01',
      },
    });
    const answer = async (key: string) =>
      (await api.ask('POST', `/v1/deals/${String(asked.body['id'])}/decision`, { body: { decision: 'approve' }, key }))
        .body;
    expect(await answer(operator.key)).toMatchObject({ status: 403, code: 'decider_is_system' });
    const insert = sql.unsafe`
      insert into policy_answer(review_id, actor_id, role, stage, decision)
      select id, ${operator.id}, 'operator', stage, 'approve' from policy_review where status = 'waiting'`;
    expect(await tryAll(api.db, [insert])).toMatch(/does not have the role that is asked/);
    expect(await answer(api.operator.key)).toMatchObject({ status: 'protected' });
  });
});

describe('given a system that would approve', () => {
  it('when somebody proposes it as an approver then the answer names the role, and the database refuses it too', async () => {
    const answer = await propose(operator.code, { role: 'approver' });
    expect(answer.body).toMatchObject({ status: 400, errors: [{ field: 'role', reason: 'is for people only' }] });
    expect(await refusalOf(giveRole(api.db, operator.id, 'approver'))).toMatch(/only a person approves/);
  });

  /** Decisions that an operator or a preparer takes. The first four ask whether the key belongs to a person. */
  const OTHERS = [
    'POST /v1/grants/{id}/decision',
    'POST /v1/deals/{id}/decision',
    'POST /v1/requests/{id}/decision',
    'POST /v1/claims/{id}/decision',
    // One person decides these, and pays nobody by it. Only an approver has the bank pay a check.
    'POST /v1/events/parked/{id}/decision',
    'POST /v1/programs/{code}/ineligible-events/decision',
    'POST /v1/quarantine/{id}/decision',
    'POST /v1/check-exceptions/{id}/decision',
  ];

  it('then every decision of a second person is for approvers alone, or asks whether a person takes it', () => {
    const decisions = PERMITTED_ROUTES.filter((route) => /\/(decision|confirm)$/.test(route));
    const open = decisions.filter((route) => rolesFor(route)?.join() !== 'approver');
    expect(open.toSorted()).toEqual(OTHERS.toSorted());
  });
});

describe('given a system that would sign in', () => {
  it('when somebody opens the link in its mail then nothing is made, and the link still gives the key', async () => {
    const code = `system-${randomUUID()}`;
    await api.ask('POST', '/v1/actors', { body: { code, name: code, kind: 'system', email: `${code}@example.com` } });
    const grant = await propose(code, { role: 'partner', partner: 'ann' });
    const token = claimToken(VAULT, await findOpenClaim(api.db, String(grant.body['id'])));
    const page = await api.app.request(`/invitations/${token}`);
    expect(page.status).toBe(404);
    expect(await page.text()).toContain('only people sign in');
    const options = { body: { token }, key: null, headers: { 'idempotency-key': '' } };
    expect((await api.ask('POST', '/v1/keys/claim', options)).body).toMatchObject({ actor: code, role: 'partner' });
  });

  it('when somebody writes a passkey or a session for it then the database refuses', async () => {
    const passkey = sql.unsafe`
      insert into passkey(actor_id, credential_id, public_key, sign_count, transports)
      values (${operator.id}, 'x', 'x', 0, '{}')`;
    expect(await tryAll(api.db, [passkey])).toMatch(/only people sign in/);
  });
});

it('given an actor whose kind is not named then it is a person', async () => {
  const { body } = await api.ask('POST', '/v1/actors', { body: { code: `p-${randomUUID()}`, name: 'Petra' } });
  expect(body).toMatchObject({ kind: 'person' });
});
