import { sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { contactToken } from '../../commands/partners/contact-changes.ts';
import { type ContactLink, listContactChanges } from '../../db/partners/contact-changes.ts';
import { takeDueNotifications } from '../../db/tasks/notifications.ts';
import { getPartner, type Partner } from '../../db/partners/partners.ts';
import { listAlarmsAbout } from '../../db/tasks/alarms.ts';
import { listAuditEntries } from '../../db/people/audit.ts';
import { insertGrant } from '../../db/people/grants.ts';
import { listPartnerPeople } from '../../db/people/partner-people.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openOwner, tamper } from '../fixtures/database.ts';
import { openVisitor, ORIGIN, type SignedInPerson } from '../fixtures/passkey.ts';
import { outbox, sendTo } from '../fixtures/outbox.ts';
import { refusalOf } from '../fixtures/rows.ts';
import { VAULT } from '../fixtures/world.ts';

const box = outbox();

let api: Api;
let ann: Partner;
let owner: SignedInPerson;
let operator: SignedInPerson;

beforeAll(async () => {
  api = await startApi({ vault: VAULT });
  await setUpShop(api, ['ann', 'bob']);
  ann = await getPartner(api.db, 'ann');
  owner = await openVisitor(api, 'ann-owner', ['partner'], { partnerId: ann.id, name: 'Ann Owner' });
  operator = await openVisitor(api, 'olive', ['operator']);
});
afterAll(() => api.stop());

/** Each test begins with one address, and with no notice and no change. */
beforeEach(async () => {
  await asOwner(sql.unsafe`delete from contact_change`);
  await asOwner(sql.unsafe`delete from notification`);
  await asOwner(sql.unsafe`update partner set email = 'office@ann.test' where code = 'ann'`);
});

async function asOwner(statement: Parameters<typeof tamper>[1]): Promise<void> {
  const db = await openOwner(api.url);
  await tamper(db, statement);
  await db.end();
}

const PATH = '/portal/ann/details/contact';
const ask = (email: string) => owner.sign(PATH, { email });
const changes = () => listContactChanges(api.db, ann.id, null, 10);
const addressNow = async () => (await getPartner(api.db, 'ann')).email;
const told = async (kind: string) =>
  (
    await api.db.any(sql.type(z.object({ recipient: z.string() }))`
      select recipient from notification where kind = ${kind} order by recipient`)
  ).map(({ recipient }) => recipient);

/** The address of the link that was mailed for the newest change. */
async function linkOf(link: ContactLink): Promise<string> {
  const [newest] = await changes();
  return `/${link === 'confirm' ? 'contact-changes' : 'contact-stops'}/${contactToken(VAULT, link, newest?.id ?? '')}`;
}
/** Opens a link, or sends its form, as somebody who is not signed in. */
async function follow(path: string, method: 'GET' | 'POST' = 'POST') {
  const response = await api.app.request(path, { method, headers: { origin: ORIGIN } });
  return { status: response.status, text: await response.text() };
}

describe('given an owner who asks for another address', () => {
  it('when the people of the partner chose German then so are the mails to both addresses, which have no reader of their own', async () => {
    await owner.post('/account/language', { language: 'de' });
    await ask('neu@ann.test');
    const due = await takeDueNotifications(api.db, 100, 60_000);
    await owner.post('/account/language', { language: '' });
    const mails = due.filter(({ kind }) => kind === 'contact_confirmation' || kind === 'contact_warning');
    expect(mails.map(({ language }) => language)).toEqual(['de', 'de']);
  });

  it('when they sign it then the new address gets a link, the one before can stop it, and nothing has changed yet', async () => {
    expect((await ask('new@ann.test')).location).toBe('/portal/ann/details');
    expect(await addressNow()).toBe('office@ann.test');
    expect(await told('contact_confirmation')).toEqual(['new@ann.test']);
    expect(await told('contact_warning')).toEqual(['office@ann.test']);
    expect(await told('contact_asked')).toEqual(['ann-owner@people.test']);
    const { text } = await owner.open('/portal/ann/details');
    expect(text).toContain('Ann Owner asked for new@ann.test');
    expect(text).toContain('Cancel the change');
    expect((await operator.open('/partners/ann')).text).toContain('new@ann.test');
    expect((await listAuditEntries(api.db, 'partner/ann', 0n, 50)).at(-1)).toMatchObject({
      actor: 'ann-owner',
      action: 'contact.ask',
    });
  });

  it('when the mails are sent then each has its own link and names no address, and none is sent after the change has ended', async () => {
    box.empty();
    await ask('new@ann.test');
    await sendTo(box, api.db);
    const mailTo = (address: string) => box.sent().find(({ to }) => to === address)?.text ?? '';
    expect(mailTo('new@ann.test')).toContain(await linkOf('confirm'));
    expect(mailTo('office@ann.test')).toContain(await linkOf('stop'));
    expect(mailTo('ann-owner@people.test')).toContain('/portal/ann/details');
    expect(box.sent()).toHaveLength(3);
    for (const text of box.texts()) expect(text).not.toMatch(/(new|office)@ann\.test/);
    box.empty();
    await ask('later@ann.test');
    await follow(await linkOf('stop'));
    await sendTo(box, api.db);
    expect(box.sent().map(({ to }) => to)).not.toContain('later@ann.test');
  });

  it('when the new address confirms it then it counts, both are told, and the link works no second time', async () => {
    await ask('new@ann.test');
    const link = await linkOf('confirm');
    expect((await follow(link, 'GET')).status).toBe(200);
    expect(await addressNow()).toBe('office@ann.test'); // opening the link does nothing
    expect((await follow(link)).status).toBe(200);
    expect(await addressNow()).toBe('new@ann.test');
    expect(await told('email_changed')).toEqual(['new@ann.test', 'office@ann.test']);
    expect(await told('contact_warning')).toEqual(['office@ann.test']);
    for (const method of ['GET', 'POST'] as const) expect((await follow(link, method)).status).toBe(404);
    expect((await follow(await linkOf('stop'))).status).toBe(404);
    expect((await changes())[0]).toMatchObject({ outcome: 'confirmed' });
  });

  it('when payout details change after the address did then the address before is told, until the last day of cooling off', async () => {
    await ask('new@ann.test');
    await follow(await linkOf('confirm'));
    const addDetails = () =>
      api.ask('POST', '/v1/partners/ann/instruments', { body: { method: 'paypal', receiver: 'thief@x.test' } });
    await asOwner(sql.unsafe`update notification set created_at = now() - interval '59 days'`);
    await addDetails();
    expect(await told('details_changed')).toEqual(['ann-owner@people.test', 'new@ann.test', 'office@ann.test']);
    expect((await operator.open('/partners/ann')).text).toContain('address changed before');
    await asOwner(sql.unsafe`update notification set created_at = now() - interval '61 days'`);
    await addDetails();
    expect((await told('details_changed')).filter((address) => address === 'office@ann.test')).toHaveLength(1);
  });

  it('when the address before stops it then it has ended, and operators have an alarm', async () => {
    await ask('thief@x.test');
    const confirm = await linkOf('confirm');
    const stop = await linkOf('stop');
    expect((await follow(stop, 'GET')).text).toContain('Stop the change');
    expect((await follow(stop)).status).toBe(200);
    expect((await follow(confirm)).status).toBe(404);
    expect(await addressNow()).toBe('office@ann.test');
    expect((await listAlarmsAbout(api.db, 'partner/ann')).map(({ kind }) => kind)).toEqual(['contact_change_stopped']);
    expect((await owner.open('/portal/ann/details')).text).toContain('stopped by the address before');
  });

  it('when they cancel it then both links are dead', async () => {
    await ask('new@ann.test');
    const [{ id } = { id: '' }] = await changes();
    expect((await owner.post(`${PATH}/${id}/cancellation`)).status).toBe(303);
    for (const link of ['confirm', 'stop'] as const) expect((await follow(await linkOf(link))).status).toBe(404);
    expect((await owner.post(`${PATH}/${id}/cancellation`)).status).toBe(404);
    expect((await changes())[0]).toMatchObject({ outcome: 'cancelled' });
  });

  it('when they ask for another one meanwhile, or an operator changes it, then the first link is dead', async () => {
    await ask('first@ann.test');
    const first = await linkOf('confirm');
    await ask('second@ann.test');
    expect((await follow(first)).status).toBe(404);
    const second = await linkOf('confirm');
    await api.ask('PATCH', '/v1/partners/ann', { body: { email: 'third@ann.test' } });
    expect((await follow(second)).status).toBe(404);
    expect(await addressNow()).toBe('third@ann.test');
  });

  it('when a day passes then the link is dead, and the page says so', async () => {
    await ask('new@ann.test');
    await asOwner(
      sql.unsafe`update contact_change set asked_at = now() - interval '2 days', expires_at = now() - interval '1 second'`,
    );
    expect((await follow(await linkOf('confirm'))).status).toBe(404);
    expect((await owner.open('/portal/ann/details')).text).toContain('not confirmed in time');
  });

  it.each([
    { email: 'nonsense', because: 'it is not an address' },
    { email: 'Office@ann.test', because: 'it is the one that we use' },
    { email: 'olive+ann@people.test', because: 'it belongs to a colleague of the company' },
  ])('when $because then the form comes back with what was typed', async ({ email }) => {
    const { status, text } = await owner.post(PATH, { email });
    expect(status).toBe(400);
    expect(text).toContain('id="email-wrong"');
    expect(text).toContain(`value="${email}"`);
    expect(await changes()).toEqual([]);
  });

  it('when they ask too often within a day then no more mail is sent', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await ask(`${name}@ann.test`);
    expect((await owner.post(PATH, { email: 'f@ann.test' })).status).toBe(429);
    expect(await told('contact_confirmation')).toHaveLength(5);
  });

  it('when they use a key of the API then it lists the changes and cancels the one that waits', async () => {
    await ask('new@ann.test');
    const { key } = await api.newKey('partner', ann.id);
    const path = '/v1/partners/ann/contact-changes';
    const { body } = await api.ask('GET', path, { key });
    expect(body['items']).toMatchObject([{ email: 'new@ann.test', askedBy: 'Ann Owner', outcome: null }]);
    const [{ id } = { id: '' }] = await changes();
    expect((await api.ask('POST', `${path}/${id}/cancel`, { key })).body).toMatchObject({ outcome: 'cancelled' });
    expect((await api.ask('POST', `${path}/${id}/cancel`)).status).toBe(404);
  });

  it('when they sign one address and send another one then nothing is asked', async () => {
    const question = await owner.post(PATH, { email: 'new@ann.test' });
    expect((await owner.touch(PATH, question, { email: 'thief@x.test' })).status).not.toBe(303);
    expect(await changes()).toEqual([]);
  });
});

describe('given somebody else', () => {
  it('when a viewer asks, or an owner of another partner cancels, then it is refused', async () => {
    const viewer = await openVisitor(api, 'ann-viewer', []);
    const wish = { actorId: viewer.id, role: 'partner', partnerId: ann.id, access: 'viewer', expiresAt: null } as const;
    await insertGrant(api.db, wish, { by: operator.id, alone: true, firstSetup: false });
    await ask('new@ann.test');
    const [{ id } = { id: '' }] = await changes();
    expect((await viewer.open(PATH)).status).toBe(403);
    expect((await viewer.post(PATH, { email: 'x@x.test' })).status).toBe(403);
    expect((await viewer.post(`${PATH}/${id}/cancellation`)).status).toBe(403);
    expect((await viewer.open('/portal/ann/details')).text).not.toContain('Cancel the change');
    const { id: partnerId } = await getPartner(api.db, 'bob');
    const bob = await openVisitor(api, 'bob-owner', ['partner'], { partnerId });
    expect((await bob.post(`/portal/bob/details/contact/${id}/cancellation`)).status).toBe(404);
    expect((await bob.post(`${PATH}/${id}/cancellation`)).status).toBe(404);
    expect((await changes())[0]?.outcome).toBeNull();
  });

  it('when a link is made up then it does nothing', async () => {
    expect((await follow('/contact-changes/bsc_nothing', 'GET')).status).toBe(404);
    expect((await follow(`/contact-stops/bsc_${'A'.repeat(43)}`)).status).toBe(404);
  });

  it('when the owner who asked loses access then the link is dead, and a row that uses the address is refused', async () => {
    const { id: partnerId } = await getPartner(api.db, 'ann');
    const leaver = await openVisitor(api, 'ann-leaver', ['partner'], { partnerId });
    await leaver.sign(PATH, { email: 'new@ann.test' });
    const link = await linkOf('confirm');
    const grant = (await listPartnerPeople(api.db, ann.id)).find(({ actor }) => actor === 'ann-leaver');
    expect((await owner.post(`/portal/ann/users/${grant?.grantId}/removal`)).status).toBe(303);
    expect((await follow(link)).status).toBe(404);
    const tried = api.db.query(sql.unsafe`update contact_change set outcome = 'confirmed', ended_at = now()`);
    expect(await refusalOf(tried)).toContain('only an owner of the partner asks for it');
  });
});
