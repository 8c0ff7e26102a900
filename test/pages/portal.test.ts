import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../db/partners/partners.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { accept, faultsOf, hasBrowser, inviteAs, type Look, openBrowser, openPerson } from '../fixtures/browser.ts';
import { addPartners, type Company, openCompany, sale, sendEvents } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import { giveRole } from '../fixtures/people.ts';
import { approve, eventsAreAccrued, listRunPayouts, type PayoutSeen, prepareRun } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';

const today = () => new Date().toISOString();

describe.skipIf(!hasBrowser)('given partners of whom one was paid, one was not, and one has money waiting', () => {
  let world: World;
  let company: Company;
  let browser: Browser;
  let payouts: readonly PayoutSeen[];

  beforeAll(async () => {
    world = await openWorld({ wiseReturnWindowMs: 21 * DAY_MS });
    browser = await openBrowser();
    company = await openCompany(world);
    await addStepsPlan();
    await addPartners(company, [
      { code: 'ann', method: 'paypal' },
      { code: 'fay', method: 'paypal', receiver: 'failed-fay@example.test' },
      { code: 'uma', method: 'paypal', receiver: 'unclaimed-uma@example.test' },
      { code: 'bob', method: 'bank' },
    ]);
    const { api } = company.operator;
    await api.post('/v1/partners', {
      code: 'ned',
      name: 'Ned Newman',
      kind: 'reseller',
      country: 'US',
      email: 'ned@example.test',
    });
    for (const partner of ['ned', 'ann'])
      await api.post(`/v1/partners/${partner}/agreements`, {
        program: 'growth',
        plan: 'steps',
        startsOn: '2020-01-01',
      });
    await api.post('/v1/partners/ned/onboarding', { stage: 'accepted_terms', reachedOn: '2026-01-05' });
    const one = (partner: string, amount: string) => sale({ id: `${partner}-1`, partner, amount });
    await sendEvents(company, [one('ann', '1234.56'), one('fay', '700.00'), one('uma', '90.00'), one('bob', '300.00')]);
    payouts = await payEverybody();
    await sendEvents(company, [
      sale({ id: 'ann-2', partner: 'ann', amount: '500.00', occurredAt: today() }),
      { ...sale({ id: 'ann-3', partner: 'ann', amount: '4000.00', occurredAt: today() }), program: 'growth' },
      { ...sale({ id: 'ned-1', partner: 'ned', amount: '20000.00', occurredAt: today() }), program: 'growth' },
    ]);
    await eventsAreAccrued(company);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  async function addStepsPlan(): Promise<void> {
    const { api } = company.operator;
    await api.post('/v1/programs', { code: 'growth', name: 'Growth', schedule: 'monthly' });
    const steps = [
      { from: '0', percent: '1' },
      { from: '10000', percent: '2' },
    ];
    const volume = { id: 'volume', window: 'year', unit: 'USD', pay: { rule: 'steps', mode: 'marginal', steps } };
    await api.post('/v1/programs/growth/plans', {
      code: 'steps',
      terms: { holdDays: 30, rounding: 'half-even', incentives: [volume] },
    });
  }
  async function payEverybody(): Promise<readonly PayoutSeen[]> {
    const run = await prepareRun(company);
    await approve(company, run);
    return eventually('everybody was asked for', async () => {
      const all = await listRunPayouts(company, run.id);
      return all.every(({ status }) => ['settled', 'failed', 'sent'].includes(status)) && all;
    });
  }
  const idOf = async (code: string) => (await getPartner(world.db, code)).id;
  const payoutOf = (code: string) => payouts.find(({ partner }) => partner === code)!;

  /** A person of a partner, who is signed in. */
  async function openPartner(code: string, login: string, look: Look = {}) {
    const person = await openPerson(browser, world, look);
    await accept(person.page, await inviteAs(world, login, 'partner', await idOf(code)));
    return person;
  }
  const textOf = async (page: Page) => (await page.getByRole('main').innerText()).replaceAll(/\s+/g, ' ');

  it('when a partner signs in then the first screen says when they are paid, and why not if they are not', async () => {
    const ann = await openPartner('ann', 'ann-login');
    expect(new URL(ann.page.url()).pathname).toBe('/portal/ann');
    expect(await textOf(ann.page)).toMatch(/You are paid on .* 50\.00 USD .* by PayPal/);
    expect(await textOf(ann.page)).toMatch(/Held 40\.00 for refunds.* Paid 123\.46/);

    const ned = await openPartner('ned', 'ned-login');
    const text = await textOf(ned.page);
    expect(text).toContain('Add payout details. We cannot pay you without them.');
    expect(text).toContain('Send us your tax form. It holds back no payment.');
    expect(text).toContain('All earnings are still held for refunds.');
    expect([...ann.complaints, ...ned.complaints]).toEqual([]);
    await ann.close();
    await ned.close();
  });

  it('when a payout failed then the page says why, and what to do', async () => {
    const { page, complaints, close } = await openPartner('fay', 'fay-login');
    expect(await textOf(page)).toContain('The last payment to these details failed.');
    await page.getByRole('link', { name: 'Payouts' }).click();
    await page.getByRole('link', { name: /^Up to/ }).click();
    const text = await textOf(page);
    expect(text).toContain('70.00 USD failed');
    expect(text).toContain('It could not be paid. The amount is in your balance again.');
    await page.getByRole('link', { name: 'Open your details' }).click();
    expect(await textOf(page)).toMatch(/PayPal US any failed .* Correct…/);
    await page.getByRole('link', { name: 'Correct…' }).click();
    await page.getByRole('heading', { name: 'We could not pay you: PayPal' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('when money waits at the provider then the first screen says what to do, and the payout says until when', async () => {
    const { page, close } = await openPartner('uma', 'uma-login');
    expect(await textOf(page)).toContain('9.00 USD waits for you');
    await page.getByRole('link', { name: 'Open the payout' }).click();
    expect(await textOf(page)).toMatch(/9\.00 USD sent .* You have until \w{3} \d/);
    await close();
  });

  it('when money was sent by bank then the payout says on which day it is final', async () => {
    const { page, close } = await openPartner('bob', 'bob-login');
    await page.goto(`/portal/bob/payouts/${payoutOf('bob').id}`);
    expect(await textOf(page)).toMatch(
      /30\.00 USD sent .* Final on \w{3} \d+ \w{3} \d{4}, unless the money comes back/,
    );
    await close();
  });

  it('when a person asks for what belongs to another partner then it is not there', async () => {
    const { page, close } = await openPartner('ann', 'amy-login');
    const foreign = payoutOf('fay').id;
    for (const path of [
      '/portal/fay',
      '/portal/fay/statements.csv',
      `/portal/ann/payouts/${foreign}`,
      `/portal/ann/payouts/x`,
    ])
      expect((await page.goto(path))?.status(), path).toBe(404);
    expect((await page.goto(`/portal/ann/payouts/${payoutOf('ann').id}`))?.status()).toBe(200);
    await close();
  });

  it('when a person has several partners then they choose one', async () => {
    const person = await openPerson(browser, world);
    const link = await inviteAs(world, 'both-login', 'partner', await idOf('ann'));
    const { id } = await world.newPerson('both-login');
    await giveRole(world.db, id, 'partner', { partnerId: await idOf('fay'), withKey: false });
    await accept(person.page, link);
    expect(await faultsOf(person.page)).toEqual([]);
    await person.page.getByRole('link', { name: 'Partner fay' }).click();
    await person.page.getByRole('link', { name: 'Choose another partner' }).click();
    await person.page.getByRole('heading', { name: 'Whose portal?' }).waitFor();
    await person.close();
  });

  it('when a statement is read then its lines make up the difference of the balances, on the page and as CSV', async () => {
    const { page, close } = await openPartner('fay', 'flo-login');
    await page.goto('/portal/fay/statements');
    const rows = await page.getByRole('row').allInnerTexts();
    const cells = rows.map((row) => row.split('\t').map((cell) => cell.split('\n')[0]));
    expect(cells.slice(1).map(([, what, amount, balance]) => [what, amount, balance])).toEqual([
      ['Balance before the first day', '', '0.00'],
      ['Earnings', '70.00', '70.00'],
      ['Payout', '−70.00', '0.00'],
      ['Payout that failed', '70.00', '70.00'],
      ['Balance at the end of the last day', '', '70.00'],
    ]);
    const address = await page.getByRole('link', { name: 'Download as CSV' }).getAttribute('href');
    const csv = await (await page.request.get(address ?? '')).text();
    expect(csv.split('\n')[0]).toBe('day,currency,kind,about,payout,amount,balance');
    expect(csv).toContain(`Payout that failed,by PayPal,${payoutOf('fay').id},70.00,70.00`);
    expect((await page.goto('/portal/fay/statements?from=2026-02-30&until=2026-02-01'))?.status()).toBe(400);
    expect(await textOf(page)).toContain('From is not a date');
    await close();
  });

  it('when the earnings are filtered then the address keeps the filter, and each one is explained in sentences', async () => {
    const { page, close } = await openPartner('ann', 'abe-login');
    await page.goto('/portal/ann/earnings');
    expect(await textOf(page)).toMatch(/4,000\.00 USD of 10,000\.00 USD; 6,000\.00 USD more by/);
    await page.getByLabel('Program').selectOption('growth');
    await page.getByRole('button', { name: 'Show' }).click();
    expect(new URL(page.url()).searchParams.get('program')).toBe('growth');
    expect(await page.getByRole('row').count()).toBe(2);
    await page.locator('summary').click();
    expect(await page.locator('.steps li').first().innerText()).toBe('The volume goes from 0.00 USD to 4,000.00 USD.');
    await close();
  });

  it.each([
    { width: 390, dark: false },
    { width: 1024, dark: true },
    { width: 1440, dark: false },
  ])('when the pages are $width wide then nothing breaks a rule of accessibility', async (look) => {
    const { page, complaints, close } = await openPartner('fay', `look-${look.width}`, look);
    const paths = [
      '',
      '/earnings',
      '/payouts',
      `/payouts/${payoutOf('fay').id}`,
      '/statements',
      '/details',
      '/details/new',
      '/details/new?method=bank',
      '/details/new?method=bank&currency=USD&country=US',
      '/details/new?method=bank&currency=USD&country=US&type=aba',
    ];
    for (const path of paths) {
      await page.goto(`/portal/fay${path}`);
      expect(await faultsOf(page), path).toEqual([]);
    }
    expect(complaints).toEqual([]);
    await close();
  });
});
