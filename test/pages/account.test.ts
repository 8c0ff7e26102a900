import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { insertIdentity } from '../../db/people/identities.ts';
import { listPasskeys } from '../../db/people/passkeys.ts';
import { insertSession } from '../../db/people/sessions.ts';
import { listAuditEntries } from '../../db/people/audit.ts';
import { type Api, startApi } from '../api/api.ts';
import { openProvider, type Provider } from '../fixtures/identity-provider.ts';
import { makePasskey, openVisitor, ORIGIN, questionOf, type SignedInPerson } from '../fixtures/passkey.ts';

const NEW = '/account/passkeys/new';

let api: Api;
let provider: Provider;
beforeAll(async () => {
  provider = await openProvider();
  api = await startApi({ identityProvider: provider.clientFor(ORIGIN) });
});
afterAll(async () => {
  await api.stop();
  await provider.close();
});

const namesOf = async ({ id }: SignedInPerson) => (await listPasskeys(api.db, id)).map(({ name }) => name);
const newsOf = ({ code }: SignedInPerson) =>
  api.db.anyFirst(sql.type(z.object({ news: z.string() }))`
    select concat_ws(' ', body ->> 'change', body ->> 'name') as news from notification
    where kind = 'sign_in_changed' and body ->> 'person' = ${code} order by id`);

/** The page asks for a new passkey, and a device makes it. */
async function makeFor(person: SignedInPerson) {
  const passkey = makePasskey();
  return { passkey, made: passkey.make(questionOf(await person.open(NEW)).challenge) };
}
const add = async (person: SignedInPerson, name: string) =>
  person.sign(NEW, { name, made: (await makeFor(person)).made });

describe('given a person with one passkey', () => {
  it('when they make another one and sign that then both sign in, the audit log names the signature, and a mail tells them', async () => {
    const person = await openVisitor(api, 'ada', ['auditor']);
    expect(await add(person, 'Work  laptop')).toMatchObject({ status: 303, location: '/account' });
    expect(await namesOf(person)).toEqual([null, 'Work laptop']);
    expect(await newsOf(person)).toEqual(['added Work laptop']);
    expect((await person.open('/account')).text).toContain('Work laptop');
    const entry = (await listAuditEntries(api.db, 'actor/ada', 0n, 10)).find(({ action }) => action === 'passkey.add');
    expect(entry?.detail).toMatchObject({ signature: expect.any(String) });
  });

  it('when a stolen session adds one without a signature of theirs then nothing is added', async () => {
    const person = await openVisitor(api, 'bea', ['auditor']);
    const { made, passkey } = await makeFor(person);
    const question = await person.post(NEW, { name: 'Thief', made });
    const { challenge } = questionOf(question);
    const answer = await person.touch(NEW, question, { credential: passkey.answer(challenge) });
    expect(answer.status).toBe(401);
    expect(await namesOf(person)).toEqual([null]);
  });

  it('when the passkey that they signed for is exchanged then nothing is added', async () => {
    const person = await openVisitor(api, 'cleo', ['auditor']);
    const question = await person.post(NEW, { name: 'Mine', made: (await makeFor(person)).made });
    const other = await makeFor(person);
    expect((await person.touch(NEW, question, { made: other.made })).status).toBe(409);
    expect(await namesOf(person)).toEqual([null]);
  });

  it('when the passkey was made for another person then nothing is added', async () => {
    const [dora, elsa] = [await openVisitor(api, 'dora', ['auditor']), await openVisitor(api, 'elsa', ['auditor'])];
    const { made } = await makeFor(dora);
    expect((await elsa.sign(NEW, { name: 'Hers', made })).status).toBe(401);
    expect(await namesOf(elsa)).toEqual([null]);
  });

  it('when they give it no name then the form says so, and keeps what they typed', async () => {
    const person = await openVisitor(api, 'fay', ['auditor']);
    const answer = await person.post(NEW, { name: ' ', made: (await makeFor(person)).made });
    expect([answer.status, answer.text.includes('Name of the passkey is missing.')]).toEqual([400, true]);
  });

  it('when they remove their only one then it stays, because they could not sign in', async () => {
    const person = await openVisitor(api, 'gina', ['auditor']);
    const answer = await person.post(`/account/passkeys/${person.passkeyId}/removal`);
    expect([answer.status, answer.text.includes('only way to sign in')]).toEqual([409, true]);
    expect(await namesOf(person)).toEqual([null]);
  });

  it('when they remove their only one and sign in at a provider then it is gone', async () => {
    const person = await openVisitor(api, 'hana', ['auditor']);
    await insertIdentity(api.db, { actorId: person.id, issuer: provider.issuer, subject: 'hana' });
    expect((await person.sign(`/account/passkeys/${person.passkeyId}/removal`)).status).toBe(303);
    expect(await namesOf(person)).toEqual([]);
    expect(await newsOf(person)).toEqual(['removed Passkey']);
    expect((await person.open('/account')).location).toBe('/sign-in?next=%2Faccount');
  });

  it('when they remove one of two then its sessions end at once', async () => {
    const person = await openVisitor(api, 'ines', ['auditor']);
    await add(person, 'Old phone');
    const [, old] = await listPasskeys(api.db, person.id);
    const token = 'o'.repeat(43);
    await insertSession(api.db, { actorId: person.id, means: { passkeyId: old?.id ?? '' }, token, userAgent: null });
    const seen = async () =>
      (await api.app.request('/account', { headers: { cookie: `__Host-session=${token}` } })).status;
    expect(await seen()).toBe(200);
    expect((await person.sign(`/account/passkeys/${old?.id}/removal`)).status).toBe(303);
    expect(await seen()).toBe(303);
    expect(await namesOf(person)).toEqual([null]);
  });

  it('when they name the passkey of somebody else then it is not there', async () => {
    const [jane, kim] = [await openVisitor(api, 'jane', ['auditor']), await openVisitor(api, 'kim', ['auditor'])];
    expect((await jane.post(`/account/passkeys/${kim.passkeyId}/removal`)).status).toBe(404);
  });
});

describe('given a person who names their passkeys', () => {
  it('when they rename one then it has the name, and an empty or foreign one changes nothing', async () => {
    const [lea, mia] = [await openVisitor(api, 'lea', ['auditor']), await openVisitor(api, 'mia', ['auditor'])];
    const path = `/account/passkeys/${lea.passkeyId}/name`;
    expect((await lea.open('/account')).text).toContain(`href="${path}"`);
    expect((await lea.open(path)).text).toContain('value="Passkey"');
    const long = await lea.post(path, { name: 'x'.repeat(61) });
    expect([long.status, long.text.includes('id="name-wrong"')]).toEqual([400, true]);
    expect((await mia.post(path, { name: 'Mine now' })).status).toBe(404);
    expect(await namesOf(lea)).toEqual([null]);
    expect((await lea.post(path, { name: ' Work  laptop ' })).location).toBe('/account');
    expect(await namesOf(lea)).toEqual(['Work laptop']);
  });
});

describe('given a person who signs in at a provider, too', () => {
  const bind = async (person: SignedInPerson) => {
    const wish = { actorId: person.id, issuer: provider.issuer, subject: person.code };
    return { wish, id: (await insertIdentity(api.db, wish)) ?? '' };
  };

  it('when they remove that account and sign it then its sessions end, and nobody else can ever have it', async () => {
    const [nora, otto] = [await openVisitor(api, 'nora', ['auditor']), await openVisitor(api, 'otto', ['auditor'])];
    const { id, wish } = await bind(nora);
    const token = 'n'.repeat(43);
    await insertSession(api.db, { actorId: nora.id, means: { identityId: id }, token, userAgent: null });
    const seen = async () =>
      (await api.app.request('/account', { headers: { cookie: `__Host-session=${token}` } })).status;
    expect(await seen()).toBe(200);
    const path = `/account/identities/${id}/removal`;
    expect((await nora.open('/account')).text).toContain(path);
    expect((await otto.post(path)).status).toBe(404);
    expect((await nora.post(path)).text).toContain('Remove this account?');
    expect(await seen()).toBe(200);
    expect((await nora.sign(path)).location).toBe('/account');
    expect(await seen()).toBe(303);
    expect((await nora.open('/account')).text).not.toContain(path);
    expect((await newsOf(nora))[0]).toMatch(/^unbound /);
    expect(await insertIdentity(api.db, { ...wish, actorId: otto.id })).toBeNull();
    expect(await insertIdentity(api.db, wish)).toBe(id);
  });

  it('when it is the only way in then it stays', async () => {
    const pia = await openVisitor(api, 'pia', ['auditor']);
    const { id } = await bind(pia);
    const token = 'p'.repeat(43);
    await insertSession(api.db, { actorId: pia.id, means: { identityId: id }, token, userAgent: null });
    await pia.sign(`/account/passkeys/${pia.passkeyId}/removal`);
    const headers = { cookie: `__Host-session=${token}`, origin: ORIGIN };
    const ask = (path: string, method: string) =>
      api.app.request(path, { method, headers, ...(method === 'POST' ? { body: new FormData() } : {}) });
    const path = `/account/identities/${id}/removal`;
    expect(await (await ask('/account', 'GET')).text()).not.toContain(path);
    const answer = await ask(path, 'POST');
    expect([answer.status, (await answer.text()).includes('only way to sign in')]).toEqual([409, true]);
    expect((await ask('/account', 'GET')).status).toBe(200);
  });
});
