import { createPublicKey, createVerify } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { openIdentityProvider } from '../../api/http/identity-provider.ts';
import { addActor } from '../../commands/people/actors.ts';
import { claimToken } from '../../commands/people/claims.ts';
import { verifiesSignature } from '../../commands/people/signatures.ts';
import { listSignatures } from '../../db/people/audit-log.ts';
import { insertClaim, newClaimId } from '../../db/people/claims.ts';
import { holdsRole } from '../../db/people/grants.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { sha256 } from '../../domain/canonical.ts';
import type { Role } from '../../domain/people/role.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openProvider, type Provider } from '../fixtures/identity-provider.ts';
import { giveRole } from '../fixtures/people.ts';
import { tryAll } from '../fixtures/rows.ts';
import { formOf, type Jar, openJar } from '../fixtures/cookie-jar.ts';
import { VAULT } from '../fixtures/world.ts';

/** The site of the API that `startApi` makes. */
const ORIGIN = 'http://127.0.0.1:4400';
const HASH = '0'.repeat(64);

let api: Api;
let provider: Provider;
beforeAll(async () => {
  provider = await openProvider();
  api = await startApi({ vault: VAULT, identityProvider: provider.clientFor(ORIGIN) });
  await setUpShop(api, ['ann']);
});
afterAll(async () => {
  await api.stop();
  await provider.close();
});
beforeEach(() => {
  delete provider.says.authTime;
  delete provider.says.nonce;
});

const visit = () => openJar(api.app, ORIGIN);

let people = 0;
/** A person with a role, and the link in their mail. */
async function invite(role: Role, partnerId: bigint | null = null) {
  people += 1;
  const code = `sso-${people}`;
  const { id } = await addActor(api.db, { code, name: code, email: `${code}@pages.test` }, null);
  const { grantId } = await giveRole(api.db, id, role, { partnerId, withKey: false });
  const claimId = await newClaimId(api.db);
  const token = claimToken(VAULT, claimId);
  await insertClaim(api.db, { id: claimId, grantId, token, hours: 1, by: null });
  return { id, code, sub: `sub-of-${code}`, link: `/invitations/${token}`, grantId };
}

/** The person signs in at the provider as they are, and comes back: the path with which the provider sends them. */
async function atProvider(url: string | null, sub: string): Promise<string> {
  provider.says.sub = sub;
  const back = await fetch(url ?? '', { redirect: 'manual' });
  const { pathname, search } = new URL(back.headers.get('location') ?? '');
  return pathname + search;
}

async function goThrough(browser: Jar, start: string, sub: string): Promise<Response> {
  const away = await browser.get(start);
  return browser.get(await atProvider(away.headers.get('location'), sub));
}

/** A person who accepted their invitation with their account at the provider. */
async function openPerson(role: Role, partnerId: bigint | null = null) {
  const person = await invite(role, partnerId);
  const browser = visit();
  const answer = await goThrough(browser, `${person.link}/provider`, person.sub);
  expect(answer.headers.get('location')).toBe('/');
  return { ...person, browser };
}

const isSignedIn = async (browser: Jar) => (await browser.get('/account')).status === 200;
const mailsTo = (code: string) =>
  api.db.anyFirst(sql.type(z.object({ change: z.string() }))`
    select body ->> 'change' as change from notification where kind = 'sign_in_changed' and body ->> 'person' = ${code}`);

describe('given a person with an invitation, and a provider of identities', () => {
  it('when they choose the provider then their account is bound, they are signed in, and a mail tells them', async () => {
    const { id, code, sub, link, browser } = await openPerson('auditor');
    expect(await isSignedIn(browser)).toBe(true);
    expect(await holdsRole(api.db, id, 'auditor')).toBe(true);
    expect(await mailsTo(code)).toEqual(['bound']);
    expect((await browser.get(link)).status).toBe(404);

    const again = visit();
    const answer = await goThrough(again, '/sign-in/provider?next=/runs', sub);
    expect(answer.headers.get('location')).toBe('/runs');
    expect(await isSignedIn(again)).toBe(true);
  });

  it('when the account belongs to somebody else then nothing is bound, and the link still works', async () => {
    const { sub } = await openPerson('auditor');
    const other = await invite('auditor');
    const browser = visit();
    expect((await goThrough(browser, `${other.link}/provider`, sub)).status).toBe(409);
    expect(await isSignedIn(browser)).toBe(false);
    expect((await browser.get(other.link)).status).toBe(200);
    const steal = sql.unsafe`insert into identity(actor_id, issuer, subject) values (${other.id}, ${provider.issuer}, ${sub})`;
    expect(await tryAll(api.db, [steal])).toMatch(/unique|duplicate/);
    expect(await tryAll(api.db, [sql.unsafe`update identity set actor_id = ${other.id}`])).toMatch(/permission denied/);
  });

  it('when nobody here has the account then a page says what to do, whatever address the provider names', async () => {
    const browser = visit();
    const answer = await goThrough(browser, '/sign-in/provider', 'stranger');
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('open the link in your mail');
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('when their role is taken away then their next page is not there', async () => {
    const { grantId, browser } = await openPerson('auditor');
    expect((await browser.get('/runs')).status).toBe(200);
    await api.db.query(sql.unsafe`update role_grant set status = 'revoked', revoked_at = now() where id = ${grantId}`);
    expect((await browser.get('/runs')).status).toBe(404);
  });

  it.each(['//evil.example/', 'https://evil.example/', '/\\evil.example', '/a\nb'])(
    'when the sign-in should end at %j then they stay on our site',
    async (next) => {
      const { sub } = await openPerson('auditor');
      const answer = await goThrough(visit(), `/sign-in/provider?${new URLSearchParams({ next })}`, sub);
      expect(answer.headers.get('location')).toBe('/');
    },
  );

  it('when they sign out then the cookie gives nothing, also to somebody who stole it', async () => {
    const { browser } = await openPerson('auditor');
    const thief = visit();
    for (const [name, value] of browser.cookies) thief.cookies.set(name, value);
    expect(await isSignedIn(thief)).toBe(true);
    await browser.post('/sign-out', {});
    expect(await isSignedIn(thief)).toBe(false);
  });
});

describe('given an answer of the provider', () => {
  const begin = async (browser: Jar) => (await browser.get('/sign-in/provider')).headers.get('location');

  it('when it comes a second time, also with the cookie of the first, then it is refused', async () => {
    const { sub } = await openPerson('auditor');
    const browser = visit();
    const url = await begin(browser);
    const question = new Map(browser.cookies);
    const back = await atProvider(url, sub);
    expect((await browser.get(back)).status).toBe(303);
    expect((await browser.get(back)).status).toBe(401);
    const copy = visit();
    for (const [name, value] of question) copy.cookies.set(name, value);
    expect((await copy.get(back)).status).toBe(401);
    expect(await isSignedIn(copy)).toBe(false);
  });

  it('when it comes to another browser then nobody is signed in there', async () => {
    const { sub } = await openPerson('auditor');
    const back = await atProvider(await begin(visit()), sub);
    const victim = visit();
    expect((await victim.get(back)).status).toBe(401);
    await begin(victim);
    expect((await victim.get(back)).status).toBe(401);
    expect(await isSignedIn(victim)).toBe(false);
  });

  it('when its nonce is another one then nobody is signed in', async () => {
    const { sub } = await openPerson('auditor');
    provider.says.nonce = 'of-another-sign-in';
    const browser = visit();
    expect((await goThrough(browser, '/sign-in/provider', sub)).status).toBe(401);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('when the person refuses there then a page says so', async () => {
    const browser = visit();
    const state = new URL((await begin(browser)) ?? '').searchParams.get('state');
    const answer = await browser.get(`/sign-in/provider/callback?error=access_denied&state=${state}`);
    expect([answer.status, (await answer.text()).includes('access_denied')]).toEqual([401, true]);
  });

  it('when a session was planted before then the sign-in gives another one', async () => {
    const { sub } = await openPerson('auditor');
    const browser = visit();
    browser.cookies.set('__Host-session', 'A'.repeat(43));
    await goThrough(browser, '/sign-in/provider', sub);
    expect(browser.cookies.get('__Host-session')).not.toBe('A'.repeat(43));
  });
});

describe('given a provider that is down', () => {
  it('when the API starts then passkeys work, and the provider is asked again later', async () => {
    const dead = { name: 'Acme', issuer: 'http://127.0.0.1:1', clientId: 'bursar', clientSecret: 'secret' };
    const { app, stop } = await startApi({ identityProvider: openIdentityProvider(dead, ORIGIN) });
    expect(await (await app.request('/sign-in')).text()).toContain('Continue with Acme');
    expect((await app.request('/sign-in/provider')).status).toBe(503);
    await stop();
  });
});

describe('given an approver without a passkey, and a run in review', () => {
  let runId: string;
  beforeAll(async () => {
    runId = await api.db.oneFirst(sql.type(z.object({ id: z.string() }))`
      insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on)
      select uuidv7(), id, 'on_demand', '2026-02-01', '2026-03-01', '2026-03-01T05:00:00Z', '2026-03-03' from pay_schedule
      returning id`);
    await setHash(HASH);
  });
  const setHash = (hash: string) =>
    api.db.query(sql.unsafe`
      update payout_run set status = 'review', content_hash = decode(${hash}, 'hex') where id = ${runId}`);

  /** The approver opens the page and is sent to the provider. */
  async function startToSign(browser: Jar) {
    const page = await (await browser.get(`/runs/${runId}/approval`)).text();
    const { action, fields } = formOf(page, /\/account\/signature/);
    const onwards = await (await browser.post(action, fields)).text();
    return /http-equiv="refresh" content="0;url=([^"]+)"/.exec(onwards)?.[1]?.replaceAll('&amp;', '&') ?? '';
  }
  async function sign(browser: Jar, sub: string): Promise<Response> {
    return browser.get(await atProvider(await startToSign(browser), sub));
  }
  const approvals = () => api.db.any(sql.unsafe`select * from approval where run_id = ${runId}`);

  it('when they sign in again then the token proves the statement, and the content that changed meanwhile is refused', async () => {
    await setHash(HASH);
    const { browser, sub, id } = await openPerson('approver');
    const url = await startToSign(browser);
    expect(new URL(url).searchParams.get('max_age')).toBe('0');
    const signed = await browser.get(await atProvider(url, sub));
    const { action, fields } = formOf(await signed.text(), /\/approval/);
    expect(action).toBe(`/runs/${runId}/approval`);
    expect(await api.db.any(sql.unsafe`select * from signature`)).toEqual([]);

    await setHash('1'.repeat(64));
    const answer = await browser.post(action, fields);
    expect([answer.status, (await answer.text()).includes('changed since')]).toEqual([409, true]);
    expect(await approvals()).toEqual([]);
    expect((await browser.post(action, fields)).status).toBe(409);

    const kept = await api.db.one(sql.type(
      z.object({ statement: z.string(), token: z.string(), key: z.looseObject({}), actorId: z.string() }),
    )`
      select statement, id_token as token, token_key as key, actor_id as "actorId"
      from signature join identity on identity.id = identity_id`);
    expect(kept.actorId).toBe(id);
    expect(kept.statement).toContain(`bursar approve run ${runId} content ${HASH}`);
    const [head, body, seal] = kept.token.split('.');
    const key = createPublicKey({ key: kept.key, format: 'jwk' });
    const isGenuine = createVerify('RSA-SHA256')
      .update(`${head}.${body}`)
      .verify(key, Buffer.from(seal ?? '', 'base64url'));
    expect(isGenuine).toBe(true);
    const claims: unknown = JSON.parse(Buffer.from(body ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ iss: provider.issuer, sub, nonce: sha256(kept.statement).toString('base64url') });

    const [found] = await listSignatures(api.db, null, 1);
    if (!found) throw new Error('no signature is listed');
    const site = { origin: ORIGIN, host: '127.0.0.1' };
    expect(await verifiesSignature(site, found)).toBe(true);
    expect(await verifiesSignature(site, { ...found, statement: `${found.statement}!` })).toBe(false);

    const forSomethingElse = sql.unsafe`
      insert into signature(statement, identity_id, id_token, token_key)
      select statement || '!', identity_id, id_token, token_key from signature limit 1`;
    expect(await tryAll(api.db, [forSomethingElse])).toMatch(/about something else/);
  });

  it.each([
    { told: 'signed in an hour ago', change: () => (provider.says.authTime = Math.floor(Date.now() / 1000) - 3600) },
    { told: 'answers another question', change: () => (provider.says.nonce = 'another') },
  ])('when the provider says that the person $told then nothing is signed', async ({ change }) => {
    await setHash(HASH);
    const { browser, sub } = await openPerson('approver');
    change();
    expect((await sign(browser, sub)).status).toBe(401);
    expect(await approvals()).toEqual([]);
  });

  it('when somebody else signs in at the provider then nothing is signed', async () => {
    await setHash(HASH);
    const { browser } = await openPerson('approver');
    const other = await openPerson('approver');
    const answer = await sign(browser, other.sub);
    expect([answer.status, (await answer.text()).includes('somebody else')]).toEqual([401, true]);
  });

  it('when the token of one person, or for another content, is sent by another form then it is refused', async () => {
    await setHash(HASH);
    const { browser, sub } = await openPerson('approver');
    const other = await openPerson('approver');
    const { action, fields } = formOf(await (await sign(browser, sub)).text(), /\/approval/);
    expect((await other.browser.post(action, fields)).status).toBe(401);
    expect((await browser.post(action, { ...fields, hash: '2'.repeat(64) })).status).toBe(401);
    const credential = JSON.parse(fields['credential'] ?? '') as object;
    const forged = JSON.stringify({ ...credential, seal: 'A'.repeat(43) });
    expect((await browser.post(action, { ...fields, credential: forged })).status).toBe(401);
    expect(await approvals()).toEqual([]);
  });

  it('when a form asks for a signature that is not one of ours then the provider is not asked', async () => {
    const { browser } = await openPerson('approver');
    expect((await browser.post('/account/signature', { request: 'AAAA' })).status).toBe(401);
  });
});

describe('given a partner without a passkey', () => {
  it('when they give payout details and sign in again then what they typed comes back, and is kept once', async () => {
    const { id: partnerId } = await getPartner(api.db, 'ann');
    const { browser, sub } = await openPerson('partner', partnerId);
    const typed = { method: 'paypal', receiver: 'ann.new@example.com' };
    const page = await (await browser.post('/portal/ann/details/new', typed)).text();
    const { action, fields } = formOf(page, /\/account\/signature/);
    const onwards = await (await browser.post(action, fields)).text();
    const url = /content="0;url=([^"]+)"/.exec(onwards)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const signed = await (await browser.get(await atProvider(url, sub))).text();
    const form = formOf(signed, /\/details/);
    expect((await browser.post(form.action, form.fields)).headers.get('location')).toBe('/portal/ann/details');
    expect((await browser.post(form.action, form.fields)).status).toBe(409);
    const given = await api.db.any(sql.unsafe`
      select * from instrument_version where partner_id = ${String(partnerId)}::bigint and given_by = 'partner'`);
    expect(given).toHaveLength(1);
  });
});
