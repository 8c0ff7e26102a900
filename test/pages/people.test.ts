import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { PRESENT } from '../../activities/tasks/present.ts';
import { claimKey, claimToken } from '../../commands/people/claims.ts';
import { findActor, getActor } from '../../db/people/actors.ts';
import { listAuditEntries } from '../../db/people/audit.ts';
import { findOpenClaim } from '../../db/people/claims.ts';
import { insertLoss } from '../../db/people/losses.ts';
import { listPasskeys } from '../../db/people/passkeys.ts';
import { checkInvariants } from '../../scripts/check-invariants.ts';
import { VAULT } from '../fixtures/world.ts';
import { getGrant, listGrants } from '../../db/people/grants.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

let api: Api;
/** Two operators. Olga asks, and Oscar confirms. */
let olga: SignedInPerson;
let oscar: SignedInPerson;
let audrey: SignedInPerson;
beforeAll(async () => {
  api = await startApi({ vault: VAULT });
  await setUpShop(api, ['ann']);
  olga = await openVisitor(api, 'olga', ['operator']);
  oscar = await openVisitor(api, 'oscar', ['operator']);
  audrey = await openVisitor(api, 'audrey', ['auditor']);
});
afterAll(() => api.stop());

const newPerson = async (): Promise<string> => {
  const code = `person-${randomUUID()}`;
  const added = await olga.post('/settings/new-person', { code, name: code, email: `${code}@people.test` });
  expect(added.location).toBe(`/settings/people/${code}/roles/new`);
  return code;
};
const propose = async (code: string, fields: Record<string, string> = { role: 'approver' }): Promise<string> => {
  const proposed = await olga.sign(`/settings/people/${code}/roles/new`, fields);
  expect(proposed.status, proposed.text).toBe(303);
  return (proposed.location ?? '').replace('/settings/roles/', '');
};
const signatures = async (grantId: string) =>
  api.db.one(sql.type(z.object({ proposed: z.string().nullable(), decided: z.string().nullable() }))`
    select proposal.statement as proposed, decision.statement as decided from role_grant
    left join signature proposal on proposal.id = proposal_signature_id
    left join signature decision on decision.id = decision_signature_id where role_grant.id = ${grantId}`);

describe('given an operator who invites a person', () => {
  it('when another operator confirms with a passkey then the role is given, and both signatures are kept with it', async () => {
    const code = await newPerson();
    const id = await propose(code);
    expect((await oscar.open(`/settings/roles/${id}`)).text).toContain('waits for a second person');
    const confirmed = await oscar.sign(`/settings/roles/${id}/confirm`);
    expect(confirmed.location).toBe(`/settings/roles/${id}`);
    expect(await getGrant(api.db, id)).toMatchObject({ status: 'confirmed', proposedBy: 'olga', decidedBy: 'oscar' });
    const { proposed, decided } = await signatures(id);
    expect(proposed).toMatch(new RegExp(`^bursar propose role actor/${code} content [0-9a-f]{64} nonce `));
    expect(decided).toMatch(new RegExp(`^bursar confirm role grant/${id} content [0-9a-f]{64} nonce `));
    expect((await audrey.open(`/settings/people/${code}`)).text).toContain('open');
  });

  it('when the same operator would confirm then the page says why not, and the form is refused', async () => {
    const id = await propose(await newPerson());
    expect((await olga.open(`/settings/roles/${id}`)).text).toContain('You proposed this role');
    expect((await olga.post(`/settings/roles/${id}/confirm`)).status).toBe(403);
    expect((await getGrant(api.db, id)).status).toBe('proposed');
  });

  it('when the role changes between the touch and the request then nothing is done, and the question comes back', async () => {
    const code = await newPerson();
    const id = await propose(code);
    const path = `/settings/roles/${id}/revoke`;
    const question = await oscar.post(path);
    await olga.sign(`/settings/roles/${id}/refuse`, { reason: 'not her' });
    const answer = await oscar.touch(path, question);
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('It is no longer what you saw');
    expect((await getGrant(api.db, id)).status).toBe('refused');
  });

  it.each([
    { what: 'what was typed', changed: { reason: 'another one' }, status: 409 },
    { what: 'the hash', changed: { content: 'f'.repeat(64) }, status: 409 },
    { what: 'the nonce', changed: { nonce: 'AAAA' }, status: 401 },
    { what: 'the signature', changed: { credential: '{}' }, status: 401 },
  ])('when $what is not what was signed then nothing is done', async ({ changed, status }) => {
    const id = await propose(await newPerson());
    const path = `/settings/roles/${id}/refuse`;
    const answer = await oscar.touch(path, await oscar.post(path, { reason: 'not her' }), changed);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain('data-options');
    expect((await getGrant(api.db, id)).status).toBe('proposed');
  });

  it('when a person sends the signature of another one then nothing is done', async () => {
    const id = await propose(await newPerson());
    const path = `/settings/roles/${id}/refuse`;
    const theirs = await oscar.post(path, { reason: 'not her' });
    const answer = await olga.touch(path, theirs);
    expect(answer.status).toBe(401);
    expect((await getGrant(api.db, id)).status).toBe('proposed');
  });

  it('when a signature is sent a second time then nothing more is done', async () => {
    const code = await newPerson();
    const path = `/settings/people/${code}/roles/new`;
    const question = await olga.post(path, { role: 'auditor' });
    expect((await olga.touch(path, question)).status).toBe(303);
    expect((await olga.touch(path, question)).status).toBe(409);
    const { id } = await getActor(api.db, code);
    expect(await listGrants(api.db, { actorId: id }, null, 10)).toHaveLength(1);
  });

  it.each([
    { fields: { role: 'partner' }, says: 'Code of the partner is missing.' },
    { fields: { role: 'partner', partner: 'nobody' }, says: 'Code of the partner is not known.' },
    { fields: { role: 'auditor', partner: 'ann' }, says: 'Code of the partner is only for the role Partner.' },
    { fields: { role: 'auditor', until: '2020-01-01' }, says: 'Last day is in the past.' },
    { fields: {}, says: 'Role is missing.' },
  ])('when the form says $fields then it comes back with: $says', async ({ fields, says }) => {
    const answer = await olga.post(`/settings/people/${await newPerson()}/roles/new`, fields);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(says);
  });

  it('when the access to a partner is proposed then it is given at once', async () => {
    const id = await propose(await newPerson(), { role: 'partner', partner: 'ann', until: '2099-12-31' });
    const grant = await getGrant(api.db, id);
    expect(grant).toMatchObject({ status: 'confirmed', partner: 'ann' });
    expect(grant.expiresAt?.toISOString()).toBe('2100-01-01T00:00:00.000Z');
  });

  it('when the mailbox is that of another person then the form comes back, and nobody is added', async () => {
    const code = `person-${randomUUID()}`;
    const answer = await olga.post('/settings/new-person', { code, name: 'Twin', email: 'Oscar+2@people.test' });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('E-mail address belongs to another person.');
    expect(answer.text).toContain('Twin');
    expect(await findActor(api.db, code)).toBeNull();
  });

  it('when a role is taken away with a signature then its link stops too', async () => {
    const code = await newPerson();
    const id = await propose(code);
    await oscar.sign(`/settings/roles/${id}/confirm`);
    expect((await olga.sign(`/settings/roles/${id}/link`)).status).toBe(303);
    expect((await olga.sign(`/settings/roles/${id}/revoke`)).status).toBe(303);
    const page = (await audrey.open(`/settings/people/${code}`)).text;
    expect(page).toContain('taken away');
    expect(page).not.toContain('data-tone="watch">open');
  });
});

describe('given a person with a key and a session', () => {
  it('when an operator revokes the key then it stops, and the signature is kept with it', async () => {
    const { actor, key, id } = await api.newKey('auditor');
    expect((await olga.sign(`/settings/keys/${id}/revoke`)).location).toBe(`/settings/people/${actor.code}`);
    expect((await api.ask('GET', '/v1/me', { key })).status).toBe(401);
    expect((await audrey.open(`/settings/people/${actor.code}`)).text).toContain('revoked');
    expect((await olga.post(`/settings/keys/${randomUUID()}/revoke`)).status).toBe(404);
  });

  it('when an operator signs them out everywhere then their next page asks them to sign in', async () => {
    const vera = await openVisitor(api, 'vera', ['auditor']);
    expect((await vera.open('/settings')).status).toBe(200);
    await olga.post('/settings/people/vera/sessions/end');
    expect((await vera.open('/settings')).location).toMatch(/^\/sign-in/);
  });

  it('when somebody searches then people are found by a part of their name, and by their role', async () => {
    expect((await audrey.open('/settings/people?q=OLG')).text).toContain('olga@people.test');
    const auditors = (await audrey.open('/settings/people?role=auditor')).text;
    expect(auditors).toContain('audrey@people.test');
    expect(auditors).not.toContain('olga@people.test');
    expect((await audrey.open('/settings/people?q=%25')).text).toContain('Nobody fits these filters.');
    expect((await audrey.open('/settings/people/nobody')).status).toBe(404);
  });
});

describe('given a person who lost their passkey', () => {
  const report = (code: string, by = olga) =>
    by.sign(`/settings/people/${code}/lost-passkey`, { reason: 'her laptop was stolen' });
  const idOf = ({ location }: { location: string | null }) => (location ?? '').replace('/settings/lost-passkeys/', '');
  const passkeys = async (actorId: string) => (await listPasskeys(api.db, actorId)).length;

  it('when they approve runs then two operators give them a new link, and until then nothing changes', async () => {
    const paula = await openVisitor(api, 'paula', ['approver']);
    const id = idOf(await report('paula'));
    expect(await passkeys(paula.id)).toBe(1);
    expect((await paula.open('/settings')).status).toBe(200);
    expect((await olga.open(`/settings/lost-passkeys/${id}`)).text).toContain('You reported the loss');
    expect((await olga.post(`/settings/lost-passkeys/${id}/confirm`)).status).toBe(403);
    expect((await checkInvariants(api.db)).filter(({ name }) => name === 'proposals-ask-somebody')).toEqual([]);
    expect((await oscar.sign(`/settings/lost-passkeys/${id}/confirm`)).status).toBe(303);
    expect(await passkeys(paula.id)).toBe(0);
    expect((await paula.open('/settings')).location).toMatch(/^\/sign-in/);
    const [grant] = await listGrants(api.db, { actorId: paula.id, status: 'confirmed' }, null, 1);
    expect(await findOpenClaim(api.db, grant?.id ?? '')).toBeTruthy();
    const log = await listAuditEntries(api.db, 'actor/paula', 0n, 100);
    expect(log.slice(1).map(({ action, actor }) => [action, actor])).toEqual([
      ['passkey.report_loss', 'olga'],
      ['passkey.confirm_loss', 'oscar'],
      ['passkey.end_all', 'oscar'],
      ['key.send_claim', 'oscar'],
    ]);
  });

  it('when they may only read then one operator is enough', async () => {
    const rita = await openVisitor(api, 'rita', ['auditor']);
    await report('rita');
    expect(await passkeys(rita.id)).toBe(0);
  });

  it('when another operator refuses then everything stays', async () => {
    const pia = await openVisitor(api, 'pia', ['approver']);
    const id = idOf(await report('pia'));
    await oscar.sign(`/settings/lost-passkeys/${id}/refuse`, { reason: 'she has it in her hand' });
    expect(await passkeys(pia.id)).toBe(1);
    expect((await oscar.post(`/settings/lost-passkeys/${id}/confirm`)).status).toBe(409);
  });

  it.each([
    { who: 'the one who lost it', twinOf: 'lena' },
    { who: 'the one who reported it', twinOf: 'olga' },
  ])('when a second account with the name of $who confirms then it is refused', async ({ twinOf }) => {
    const code = `lena-${twinOf}`;
    const lost = await openVisitor(api, code, ['operator'], { name: twinOf === 'lena' ? 'Lena Twin' : code });
    const twin = await openVisitor(api, `twin-of-${twinOf}`, ['operator'], {
      name: twinOf === 'lena' ? ' lena twin' : 'OLGA',
    });
    const id = idOf(await report(code));
    const refused = await twin.post(`/settings/lost-passkeys/${id}/confirm`);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('You have the same name');
    expect(await passkeys(lost.id)).toBe(1);
  });

  it('when they report their own loss, or the database is asked for one person alone, then it is refused', async () => {
    expect((await report('olga')).status).toBe(403);
    const tina = await openVisitor(api, 'tina', ['approver']);
    const alone = { actorId: tina.id, reason: 'lost', needsTwo: false, by: olga.id, signatureId: null };
    await expect(insertLoss(api.db, alone)).rejects.toThrow('check integrity constraint');
  });
});

describe('given a link for a person who has a passkey', () => {
  it('when it is opened then it makes no second passkey, so only a reported loss gives a new way in', async () => {
    const uma = await openVisitor(api, 'uma', ['approver']);
    const [grant] = await listGrants(api.db, { actorId: uma.id }, null, 1);
    const id = grant?.id ?? '';
    expect((await olga.sign(`/settings/roles/${id}/link`)).status).toBe(303);
    const token = claimToken(VAULT, await findOpenClaim(api.db, id));
    const answer = await api.app.request(`/invitations/${token}`);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('You can sign in already');
  });

  it('then they are reminded once, and not after the link was used', async () => {
    const code = await newPerson();
    const id = await propose(code, { role: 'partner', partner: 'ann' });
    const claim = await findOpenClaim(api.db, id);
    const mails = await api.db.any(sql.type(z.object({ hours: z.number(), waits: z.number() }))`
      select (body ->> 'hours')::int as hours, extract(epoch from due_at - created_at)::int / 3600 as waits
      from notification where kind = 'key_claim' and body ->> 'claim' = ${claim} order by id`);
    expect(mails).toEqual([
      { hours: 72, waits: 0 },
      { hours: 24, waits: 48 },
    ]);
    const facts = { claim, person: code, kind: 'person' as const, role: 'partner', partner: 'ann', hours: 24 };
    const present = () => PRESENT.key_claim(api.db, facts, { id: 1n, vault: VAULT });
    expect(await present()).toMatchObject({ body: { token: claimToken(VAULT, claim) } });
    await claimKey(api.db, claimToken(VAULT, claim));
    expect(await present()).toEqual({ superseded: 'The link was replaced, used, or is too old.' });
  });
});
