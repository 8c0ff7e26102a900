import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { PORTAL_VIEWS } from '../../api/http/portal-pages.ts';
import { type Partner, getPartner } from '../../db/partners/partners.ts';
import { listAuditEntries } from '../../db/people/audit.ts';
import { findActorByMailbox } from '../../db/people/actors.ts';
import { insertKey } from '../../db/people/keys.ts';
import { formatKey } from '../../domain/people/api-key.ts';
import { listInstruments } from '../../db/partners/instruments.ts';
import { insertGrant } from '../../db/people/grants.ts';
import { listPartnerPeople } from '../../db/people/partner-people.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { refusalOf } from '../fixtures/rows.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

/** The pages of the portal that need no thing of their own. */
const PLACES = PORTAL_VIEWS.filter((path) => !/[{.]/.test(path));

let api: Api;
let ann: Partner;
let owner: SignedInPerson;
let operator: SignedInPerson;

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  await api.ask('PATCH', '/v1/partners/ann', { body: { email: 'office@ann.test' } });
  ann = await getPartner(api.db, 'ann');
  operator = await openVisitor(api, 'olive', ['operator']);
  owner = await openVisitor(api, 'ann-owner', ['partner'], { partnerId: ann.id });
});
afterAll(() => api.stop());

const people = async () => (await listPartnerPeople(api.db, ann.id)).map(({ email, access }) => `${email} ${access}`);
const grantOf = async (email: string) =>
  (await listPartnerPeople(api.db, ann.id)).find((person) => person.email === email)?.grantId ?? '';
const told = async (kind: string) =>
  (
    await api.db.any(sql.type(z.object({ recipient: z.string() }))`
      select recipient from notification where kind = ${kind} order by id`)
  ).map(({ recipient }) => recipient);
const VIC = { name: 'Vic', email: 'vic@ann.test', access: 'viewer' };
const invite = (person: SignedInPerson, fields: Record<string, string>) =>
  person.sign('/portal/ann/users/new', { ...VIC, ...fields });

describe('given an owner of a partner', () => {
  it('when they invite a viewer and sign it then the person is mailed a link, and the others are told', async () => {
    expect((await invite(owner, {})).status).toBe(303);
    expect(await people()).toEqual(['ann-owner@people.test owner', 'vic@ann.test viewer']);
    expect((await told('key_claim')).at(-1)).toBe('vic@ann.test');
    expect((await told('access_changed')).slice(-2)).toEqual(['ann-owner@people.test', 'office@ann.test']);
    const invitation = await api.db.oneFirst(sql.type(
      z.object({ body: z.object({ person: z.string(), partner: z.string() }) }),
    )`
      select body from notification where kind = 'key_claim' and recipient = 'vic@ann.test' order by id limit 1`);
    expect(invitation).toMatchObject({ person: 'Vic', partner: 'ann' });
    const signed = await api.db.oneFirst(sql.type(z.object({ statement: z.string() }))`
      select statement from signature join role_grant on proposal_signature_id = signature.id
      where role_grant.id = ${await grantOf('vic@ann.test')}`);
    expect(signed).toMatch(/^bursar invite user partner\/ann content [0-9a-f]{64} nonce /);
  });

  it.each([
    { fields: { email: 'nonsense', name: '' }, wrong: ['email', 'name'], because: 'a field is wrong' },
    { fields: { access: 'operator', email: 'x@ann.test' }, wrong: ['access'], because: 'there is no such access' },
  ])('when $because then the form comes back with it', async ({ fields, wrong }) => {
    const { status, text } = await owner.post('/portal/ann/users/new', {
      ...VIC,
      ...fields,
    });
    expect(status).toBe(400);
    for (const name of wrong) expect(text).toContain(`id="${name}-wrong"`);
  });

  it('when they invite a colleague of the company then it is refused, because that would keep the colleague from deciding', async () => {
    expect((await invite(owner, { email: 'olive+x@people.test' })).status).toBe(400);
    expect(await people()).toHaveLength(2);
  });

  it('when the person is known by another spelling of the address then no second account is made', async () => {
    await operator.sign('/partners/bob/users', { name: 'Wim', email: 'wim@ann.test', access: 'owner' });
    expect((await invite(owner, { name: 'Another name', email: 'Wim+pay@ann.test', access: 'owner' })).status).toBe(
      303,
    );
    expect((await findActorByMailbox(api.db, 'WIM@ann.test'))?.name).toBe('Wim');
    expect(await people()).toContain('wim@ann.test owner');
  });

  it('when they are the last owner who can sign in then nobody of the partner removes them, and neither does a row', async () => {
    const path = `/portal/ann/users/${await grantOf('ann-owner@people.test')}/removal`;
    const refused = await owner.post(path);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('is the last owner who can sign in');
    const tried = api.db.query(sql.unsafe`
        update role_grant set status = 'revoked', revoked_at = now(), revoked_by = ${owner.id}
        where id = ${await grantOf('ann-owner@people.test')}`);
    expect(await refusalOf(tried)).toContain('it is the last owner');
  });

  it('when they remove a person then that person is out at once', async () => {
    expect((await owner.post(`/portal/ann/users/${await grantOf('wim@ann.test')}/removal`)).status).toBe(303);
    expect(await people()).not.toContain('wim@ann.test owner');
  });

  it('when they name the access of another partner then there is none', async () => {
    const [other] = await listPartnerPeople(api.db, (await getPartner(api.db, 'bob')).id);
    expect((await owner.post(`/portal/ann/users/${other?.grantId}/removal`)).status).toBe(404);
  });
});

describe('given a viewer of a partner', () => {
  let viewer: SignedInPerson;
  beforeAll(async () => {
    viewer = await openVisitor(api, 'ann-viewer', []);
    const wish = { actorId: viewer.id, role: 'partner', partnerId: ann.id, access: 'viewer', expiresAt: null } as const;
    await insertGrant(api.db, wish, { by: operator.id, alone: true, firstSetup: false });
  });

  it.each(PLACES)(
    'when they open the portal at "%s" then they read it, and it has no form that changes something',
    async (path) => {
      const { status, text } = await viewer.open(`/portal/ann${path}`);
      expect(status).toBe(200);
      expect(text.split('<main')[1]).not.toMatch(/method="post"|\/new"|removal"|withdrawal"/);
    },
  );

  it.each(['/users/new', '/details/new'])('when they still send the form of %s then it is refused', async (path) => {
    expect((await viewer.open(`/portal/ann${path}`)).status).toBe(403);
    expect((await viewer.post(`/portal/ann${path}`, { method: 'paypal', receiver: 'x@x.test' })).status).toBe(403);
  });

  it('when they use a key of the API then it only reads', async () => {
    const grant = await grantOf('ann-viewer@people.test');
    const [prefix, secret] = ['0'.repeat(12), 'A'.repeat(43)];
    await insertKey(api.db, grant, { prefix, secret });
    const key = formatKey({ prefix, secret });
    const { id } = (await listInstruments(api.db, ann.id, null, 1))[0]!;
    expect((await api.ask('GET', '/v1/partners/ann/instruments', { key })).status).toBe(200);
    const body = { reason: 'a wrong account' };
    expect((await api.ask('POST', `/v1/partners/ann/instruments/${id}/withdraw`, { key, body })).status).toBe(403);
  });

  it('when a row says that they invited a person, or gave details, then the database refuses it', async () => {
    const wish = { actorId: operator.id, role: 'partner', partnerId: ann.id, expiresAt: null } as const;
    const invited = insertGrant(api.db, wish, { by: viewer.id, alone: true, firstSetup: false });
    expect(await refusalOf(invited)).toContain('only an operator proposes a role');
    const given = api.db.query(sql.unsafe`
        insert into instrument_version(partner_id, method, country, sealed, key_id, fingerprint, last4, created_by, given_by, usable_from)
        values (${ann.id}, 'paypal', 'US', '', '1', '', '', ${viewer.id}, 'partner', now())`);
    expect(await refusalOf(given)).toContain('only an owner of the partner');
  });
});

describe('given a colleague who looks at the portal of a partner', () => {
  it('when they open it then a banner says whose view it is, no form is there, and the audit log says once who looked', async () => {
    const auditor = await openVisitor(api, 'arthur', ['auditor']);
    for (const path of PLACES) {
      const { status, text } = await auditor.open(`/partners/ann/portal${path}`);
      expect(status, path).toBe(200);
      expect(text).toContain('as the partner sees it');
      expect(text.split('<main')[1], path).not.toMatch(/method="post"|href="\/portal\//);
    }
    const looked = (await listAuditEntries(api.db, 'partner/ann', 0n, 100)).filter(
      ({ action }) => action === 'portal.view',
    );
    expect(looked.map(({ actor }) => actor)).toEqual(['arthur']);
    expect((await auditor.post('/partners/ann/portal/details/new', { method: 'paypal' })).status).toBe(404);
    expect((await auditor.open('/portal/ann')).status).toBe(404);
    expect((await auditor.open('/partners/nobody/portal')).status).toBe(404);
  });

  it('when a person of the partner asks for that view then it is not there', async () => {
    expect((await owner.open('/partners/ann/portal')).status).toBe(404);
  });
});

describe('given an operator of the company', () => {
  it('when they remove even the last owner then it is done, because access may have to end today', async () => {
    const invited = await operator.sign('/partners/bob/users', { name: 'Bea', email: 'bea@bob.test', access: 'owner' });
    expect(invited.location).toBe('/partners/bob');
    const bob = await getPartner(api.db, 'bob');
    for (const { grantId } of await listPartnerPeople(api.db, bob.id))
      expect((await operator.post(`/partners/bob/users/${grantId}/removal`)).status).toBe(303);
    expect(await listPartnerPeople(api.db, bob.id)).toEqual([]);
  });
});
