import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { stopToken } from '../../commands/tasks/notices.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { noticesAreDue, outbox, sendTo } from '../fixtures/outbox.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';
import { VAULT } from '../fixtures/world.ts';

let api: Api;
let partnerId: bigint;
/** Ann reads the address of her company. Bea is her colleague, and Pia prepares payments. */
let ann: SignedInPerson;
let bea: SignedInPerson;
let eve: SignedInPerson;
let pia: SignedInPerson;
const box = outbox();
const send = () => sendTo(box, api.db);

beforeAll(async () => {
  api = await startApi({ vault: VAULT });
  await setUpShop(api, ['ann', 'eve']);
  partnerId = (await getPartner(api.db, 'ann')).id;
  ann = await openVisitor(api, 'ann', ['partner'], { partnerId });
  bea = await openVisitor(api, 'bea', ['partner'], { partnerId });
  eve = await openVisitor(api, 'eve', ['partner'], { partnerId: (await getPartner(api.db, 'eve')).id });
  pia = await openVisitor(api, 'pia', ['preparer', 'operator']);
  await api.db.query(sql.unsafe`update partner set email = 'ann@people.test' where code = 'ann'`);
  await noticesAreDue(api.db);
  await send();
  await ann.post('/portal/ann/notices/read');
});
afterAll(() => api.stop());
beforeEach(() => box.empty());

let made = 0;
/** Something of no further consequence happens to a partner's points. Each has a number of its own. */
async function tellAnn(): Promise<string> {
  made += 1;
  const body = { unit: 'miles', name: 'miles', amount: `${made} miles`, day: '2026-01-01' };
  const dedupeKey = `points_expired/${made}`;
  await addNotification(api.db, { kind: 'points_expired', dedupeKey, audience: 'partner', partnerId, body });
  return `${made} miles of yours have expired`;
}
const tellFinance = (dedupeKey: string) =>
  addNotification(api.db, {
    kind: 'role_given',
    dedupeKey,
    audience: 'finance',
    partnerId: null,
    body: { person: 'zed', role: 'approver', proposedBy: 'olga', confirmedBy: 'oscar' },
  });
const readers = () =>
  box
    .sent()
    .map(({ to, subject }) => `${to}: ${subject}`)
    .toSorted();
const tomorrow = () =>
  api.db.query(sql.unsafe`update notice_copy set due_at = now(), day = day - 1 where sent_at is null`);

describe('given people of a partner who read different languages', () => {
  const speak = (person: SignedInPerson, language: string) => person.post('/account/language', { language });
  const moveAddress = (email: string) =>
    api.db.query(sql.unsafe`update partner set email = ${email} where id = ${String(partnerId)}`);
  afterAll(async () => {
    await noticesAreDue(api.db);
    await send();
    await ann.post('/portal/ann/notices/read');
  });

  it('when a notice is told then each reads it in their own language, in the portal and in mail', async () => {
    await speak(ann, 'de');
    await bea.post('/notices/choices', { points_expired: 'now' });
    const english = await tellAnn();
    const german = english.replace('of yours have expired', 'von Ihnen sind verfallen');
    await send();
    expect(readers()).toEqual([`ann@people.test: ${german}`, `bea@people.test: ${english}`]);
    expect((await ann.open('/portal/ann/notices')).text).toContain(german);
    expect((await bea.open('/portal/ann/notices')).text).toContain(english);
    await bea.post('/notices/choices', { points_expired: 'off' });
    await speak(ann, '');
  });

  it.each([
    { bea: 'de', of: 'von Ihnen sind verfallen', because: 'everybody who chose one chose German' },
    { bea: 'en', of: 'of yours have expired', because: 'they do not agree' },
  ])('when nobody of them reads the address then the mail is in the language of them all: $because', async (chosen) => {
    await moveAddress('office@ann.test');
    await speak(ann, 'de');
    await speak(bea, chosen.bea);
    await tellAnn();
    await send();
    expect(readers().filter((mail) => mail.includes('miles'))).toEqual([
      expect.stringMatching(new RegExp(`^office@ann.test: .* ${chosen.of}$`)),
    ]);
    for (const person of [ann, bea]) await speak(person, '');
    await moveAddress('ann@people.test');
  });
});

describe('given a notice to a partner', () => {
  it('when it is told then each of their people has it once on the page, unread until that person reads it', async () => {
    const subject = await tellAnn();
    await send();
    await send();
    const page = await ann.open('/portal/ann/notices');
    expect(page.text.split(`<strong>${subject}`)).toHaveLength(2);
    expect(page.text).toContain('1 notice that you have not read');
    expect((await eve.open('/portal/eve/notices')).text).not.toContain(subject);
    expect((await eve.open('/portal/ann/notices')).status).toBe(404);

    const seen = await pia.open('/partners/ann/portal/notices');
    expect(page.text).toContain('href="/portal/ann/points"');
    expect(seen.text).toContain('href="/partners/ann/portal/points"');
    expect(seen.text).not.toContain('href="/portal/');

    const [, id = ''] = /notices\/(\d+)\/read/.exec(page.text) ?? [];
    expect((await eve.post(`/portal/eve/notices/${id}/read`)).status).toBe(404);
    expect((await pia.post(`/notices/${id}/read`)).status).toBe(404);
    expect((await ann.post(`/portal/ann/notices/${id}/read`)).location).toBe('/portal/ann/notices');
    expect((await ann.open('/portal/ann/notices')).text).toContain('You have read everything.');
    expect((await bea.open('/portal/ann/notices')).text).not.toContain('You have read everything.');
  });

  it('when more were told in one millisecond than a page shows then the next page goes on where the first one ended', async () => {
    const subjects: string[] = [];
    for (let n = 0; n < 25; n += 1) subjects.push(await tellAnn());
    await send();
    await api.db.query(sql.unsafe`
      update notification set told_at = date_trunc('second', told_at) + id % 100 * interval '1 microsecond' where partner_id = ${partnerId}`);
    const first = await bea.open('/portal/ann/notices');
    const [, next = ''] = /href="([^"]*cursor=[^"]*)"/.exec(first.text) ?? [];
    const second = await bea.open(next);
    for (const subject of subjects)
      expect([first, second].filter(({ text }) => text.includes(`<strong>${subject}`))).toHaveLength(1);
  });

  it('when the mail server is away then the page shows it all the same', async () => {
    const subject = await tellAnn();
    box.failAll(Object.assign(new Error('away'), { code: 'ETIMEDOUT' }));
    await send();
    expect((await ann.open('/portal/ann/notices')).text).toContain(subject);
    box.work();
    await noticesAreDue(api.db);
    await send();
    expect(readers()).toEqual([`ann@people.test: ${subject}`]);
  });
});

describe('given people who choose how mail comes to them', () => {
  const choose = (person: SignedInPerson, way: string) => person.post('/notices/choices', { points_expired: way });

  it('when nobody chose then the address of the partner gets it, with a way to stop it', async () => {
    const subject = await tellAnn();
    await send();
    expect(readers()).toEqual([`ann@people.test: ${subject}`]);
    expect(box.sent()[0]?.unsubscribe).toEqual({
      mailto: 'finance@example.test',
      url: `https://bursar.example.test/unsubscribe/${stopToken(VAULT, ann.id, 'points_expired')}`,
    });
  });

  it('when one wants a digest and another one a copy at once then each gets one mail, and a day is one mail', async () => {
    await choose(ann, 'daily');
    await choose(bea, 'now');
    const [first, second] = [await tellAnn(), await tellAnn()];
    await send();
    expect(readers()).toEqual([`bea@people.test: ${first}`, `bea@people.test: ${second}`]);
    box.empty();
    await tomorrow();
    box.failNext(new Error('451 the process dies before the mail is taken'));
    await send();
    expect(readers()).toEqual([]);
    await tomorrow();
    await Promise.all([send(), send()]);
    await send();
    expect(box.sent()).toHaveLength(1);
    expect(box.sent()[0]?.subject).toMatch(/^Your notices of \d{1,2} [A-Z][a-z]{2,3} \d{4}: 2$/);
    expect(box.texts()[0]).toMatch(new RegExp(`${first}[\\s\\S]*${second}`));
  });

  it('when a reader clicks on the link of a mail then it asks first, and one click of a mail program stops it at once', async () => {
    await choose(ann, 'now');
    const path = `/unsubscribe/${stopToken(VAULT, ann.id, 'points_expired')}`;
    expect(await (await api.app.request(path)).text()).toContain('Stop this mail?');
    const subject = await tellAnn();
    await send();
    expect(readers()).toContain(`ann@people.test: ${subject}`);
    const stopped = await api.app.request(path, { method: 'POST', body: 'List-Unsubscribe=One-Click' });
    expect(stopped.status).toBe(200);
    box.empty();
    const other = await tellAnn();
    await send();
    expect(readers()).toEqual([`bea@people.test: ${other}`]);
    expect((await ann.open('/portal/ann/notices')).text).toContain(other);
    for (const wrong of ['x', stopToken(VAULT, ann.id, 'payout_failed'), `${path.slice(13, -1)}A`])
      expect((await api.app.request(`/unsubscribe/${wrong}`, { method: 'POST' })).status, wrong).toBe(404);
  });

  it('when somebody loses the access then the mail ends, also what waits for the digest', async () => {
    await choose(bea, 'daily');
    await tellAnn();
    await send();
    await api.db.query(sql.unsafe`
      update role_grant set status = 'revoked', revoked_at = now() where actor_id = ${bea.id}`);
    await tomorrow();
    await send();
    expect(readers().filter((mail) => mail.startsWith('bea@'))).toEqual([]);
    expect(
      await api.db.oneFirst(sql.type(z.object({ left: z.bigint() }))`
        select count(*) as left from notice_copy where sent_at is null`),
    ).toBe(0n);
  });

  it('when a kind asks somebody to act, or protects an account, then the page says why nobody can turn it off, and no form can', async () => {
    expect((await ann.open('/notices/choices')).text).toContain('It asks somebody to act, so nobody can turn it off.');
    await ann.post('/notices/choices', { payout_failed: 'off', details_changed: 'daily' });
    const kept = await api.db.anyFirst(sql.type(z.object({ kind: z.string() }))`
      select kind from notice_choice where actor_id = ${ann.id} and kind in ('payout_failed', 'details_changed')`);
    expect(kept).toEqual([]);
  });

  it('when finance is told then the shared address is always mailed, and a person adds a copy', async () => {
    await pia.post('/notices/choices', { role_given: 'now' });
    await tellFinance('role_given/1');
    await send();
    expect(readers()).toEqual([
      'finance@example.test: zed now has the role approver',
      'pia@people.test: zed now has the role approver',
    ]);
    expect((await pia.open('/notices')).text.split('<strong>zed now has the role approver')).toHaveLength(2);
  });
});
