import type { Browser, Page } from 'playwright-core';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { claimToken } from '../../commands/people/claims.ts';
import { accept, faultsOf, hasBrowser, inviteAs, openBrowser, openPerson } from '../fixtures/browser.ts';
import { openWorld, VAULT, type World } from '../fixtures/world.ts';

describe.skipIf(!hasBrowser)('given people who sign in with a passkey', () => {
  let world: World;
  let browser: Browser;

  beforeAll(async () => {
    world = await openWorld();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  /** A new auditor, who may only read. */
  async function openAuditor(code: string) {
    const person = await openPerson(browser, world);
    const link = await inviteAs(world, code, 'auditor');
    await accept(person.page, link);
    return { ...person, link };
  }
  /** The link in the last mail to a person. */
  const linkOf = async (code: string): Promise<string> => {
    const id = await world.owner.oneFirst(sql.type(z.object({ id: z.string() }))`
      select claim.id from key_claim claim join role_grant held on held.id = claim.grant_id join actor on actor.id = held.actor_id
      where actor.code = ${code} and ended_at is null`);
    return `/invitations/${claimToken(VAULT, id)}`;
  };
  const cookieOf = async (page: Page) => (await page.context().cookies()).find(({ name }) => name === '__Host-session');
  const ask = (path: string, init: RequestInit) => fetch(`${world.publicUrl}${path}`, { redirect: 'manual', ...init });
  const withCookie = (value: string | undefined, path = '/account') =>
    ask(path, { headers: { cookie: `__Host-session=${value}` } });

  it('when the link of an invitation is opened a second time then it gives nothing', async () => {
    const { page, link, close } = await openAuditor('ada');
    await page.goto(link);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('This link does not work');
    expect(await faultsOf(page)).toEqual([]);
    await close();
  });

  it('then no script and no other site can read the cookie, and the database keeps its hash alone', async () => {
    const { page, close } = await openAuditor('bea');
    const cookie = await cookieOf(page);
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });
    const rows = await world.owner.any(sql.unsafe`select session::text as row from session`);
    expect(JSON.stringify(rows)).not.toContain(cookie?.value);
    await close();
  });

  it('when one operator invites a person and another one confirms with a passkey then the person signs in, and after a loss both give a new way in', async () => {
    const [olga, oscar] = [
      await openPerson(browser, world),
      await openPerson(browser, world, { width: 390, dark: true }),
    ];
    await accept(olga.page, await inviteAs(world, 'olga', 'operator'));
    await accept(oscar.page, await inviteAs(world, 'oscar', 'operator'));
    const sees = async (page: Page, name: string) => {
      await page.getByRole('heading', { level: 1, name }).waitFor();
      expect(await faultsOf(page)).toEqual([]);
    };

    await olga.page.goto('/settings');
    await sees(olga.page, 'Settings');
    await olga.page.getByRole('link', { name: 'People and roles' }).click();
    await sees(olga.page, 'People and roles');
    await olga.page.getByRole('link', { name: 'Invite a person…' }).click();
    await olga.page.getByLabel('Name').fill('Petra Preparer');
    await olga.page.getByLabel('Code').fill('petra');
    await olga.page.getByLabel('E-mail address').fill('petra@people.test');
    await olga.page.getByRole('button', { name: 'Go on' }).click();
    await sees(olga.page, 'Propose a role');
    await olga.page.getByLabel('Role', { exact: true }).selectOption('approver');
    await olga.page.getByRole('button', { name: 'Go on' }).click();
    await sees(olga.page, 'Propose this role?');
    await olga.page.getByRole('button', { name: 'Propose and sign' }).click();
    await sees(olga.page, 'Approver');
    await olga.page.getByText('You cannot confirm it.').waitFor();

    await oscar.page.goto(new URL(olga.page.url()).pathname);
    await sees(oscar.page, 'Approver');
    await oscar.page.getByRole('button', { name: 'Confirm…' }).click();
    await sees(oscar.page, 'Confirm this role?');
    await oscar.page.getByRole('button', { name: 'Confirm and sign' }).click();
    await oscar.page.getByText('given').waitFor();

    const petra = await openPerson(browser, world);
    await accept(petra.page, await linkOf('petra'));
    await sees(petra.page, 'Today');

    await olga.page.goto('/settings/people/petra');
    await sees(olga.page, 'Petra Preparer');
    await olga.page.getByRole('button', { name: 'Lost passkey…' }).click();
    await olga.page.getByLabel('Why?').fill('Her laptop was stolen');
    await olga.page.getByRole('button', { name: 'Lost passkey', exact: true }).click();
    await olga.page.getByRole('button', { name: 'Report and sign' }).click();
    await sees(olga.page, 'Lost passkey');
    await oscar.page.goto(new URL(olga.page.url()).pathname);
    await sees(oscar.page, 'Lost passkey');
    await oscar.page.getByRole('button', { name: 'Confirm…' }).click();
    await oscar.page.getByRole('button', { name: 'Confirm and sign' }).click();
    await oscar.page.getByText('new link sent').waitFor();
    await petra.page.goto('/runs');
    await sees(petra.page, 'Sign in');
    const again = await openPerson(browser, world);
    await accept(again.page, await linkOf('petra'));
    await sees(again.page, 'Today');
    for (const person of [olga, oscar, petra, again]) {
      expect(person.complaints).toEqual([]);
      await person.close();
    }
  });

  it('when a person signs out then the cookie gives nothing, also to somebody who stole it, and the passkey opens a new session', async () => {
    const { page, complaints, close } = await openAuditor('cleo');
    const stolen = (await cookieOf(page))?.value;
    expect((await withCookie(stolen)).status).toBe(200);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    expect((await withCookie(stolen)).headers.get('location')).toBe('/sign-in?next=%2Faccount');
    expect(await faultsOf(page)).toEqual([]);

    await page.goto('/account');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'cleo' }).waitFor();
    expect((await cookieOf(page))?.value).not.toBe(stolen);
    expect(await faultsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('when somebody plants a cookie before the sign-in then the sign-in gives another one', async () => {
    const planted = 'A'.repeat(43);
    const person = await openPerson(browser, world);
    await person.page.goto('/sign-in');
    await person.page.evaluate(`document.cookie = '__Host-session=${planted}; Secure; Path=/'`);
    await accept(person.page, await inviteAs(world, 'dora', 'auditor'));
    expect((await cookieOf(person.page))?.value).not.toBe(planted);
    expect((await withCookie(planted)).status).toBe(303);
    await person.close();
  });

  it("when the browser's answer to a sign-in is sent a second time then it is refused", async () => {
    const { page, close } = await openAuditor('elsa');
    await page.getByRole('button', { name: 'Sign out' }).click();
    const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/sign-in'));
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    const body = (await sent).postData() ?? '';
    await page.getByRole('heading', { name: 'Today' }).waitFor();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: world.publicUrl };
    expect((await ask('/sign-in', { method: 'POST', headers, body })).status).toBe(401);
    await close();
  });

  it('when a role is taken away in the middle of a session then the next page is not there', async () => {
    const { page, close } = await openAuditor('fay');
    await page.goto('/runs');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Runs');
    await world.owner.query(sql.unsafe`
      update role_grant set status = 'revoked', revoked_at = now() where actor_id = (select id from actor where code = 'fay')`);
    expect((await page.goto('/runs'))?.status()).toBe(404);
    await close();
  });

  it.each([
    { from: 'another site', headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } },
    { from: 'nowhere', headers: {} as Record<string, string> },
  ])('when a form comes from $from then it is refused, and the session stays', async ({ headers }) => {
    const { page, close } = await openAuditor(`gina-${Object.keys(headers).length}`);
    const cookie = (await cookieOf(page))?.value;
    const all = { ...headers, cookie: `__Host-session=${cookie}`, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask('/sign-out', { method: 'POST', headers: all, body: '' })).status).toBe(403);
    expect((await withCookie(cookie)).status).toBe(200);
    await close();
  });

  it('when a link to the sign-in names another site then the person stays on ours', async () => {
    const { page, close } = await openAuditor('hana');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto('/sign-in?next=//evil.example/');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'Today' }).waitFor();
    expect(new URL(page.url()).origin).toBe(world.publicUrl);
    await close();
  });

  it('when a person ends the session of another browser then that one is signed out', async () => {
    const { page, close } = await openAuditor('ines');
    const other = (await cookieOf(page))?.value;
    await page.context().clearCookies();
    await page.goto('/account');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'ines' }).waitFor();
    const row = page
      .getByRole('row')
      .filter({ has: page.getByRole('button') })
      .filter({ hasNotText: 'this one' });
    await row.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/account');
    expect((await withCookie(other)).status).toBe(303);
    await close();
  });

  it('when a session rests for longer than an hour, or is older than half a day, then it is over', async () => {
    const { page, close } = await openAuditor('jane');
    const cookie = (await cookieOf(page))?.value;
    await world.owner.query(sql.unsafe`
      update session set seen_at = now() - interval '61 minutes' where actor_id = (select id from actor where code = 'jane')`);
    expect((await withCookie(cookie)).status).toBe(303);
    await world.owner.query(sql.unsafe`
      update session set seen_at = now(), expires_at = now() where actor_id = (select id from actor where code = 'jane')`);
    expect((await withCookie(cookie)).status).toBe(303);
    await close();
  });
});
