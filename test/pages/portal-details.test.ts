import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../db/partners/partners.ts';
import { fillIn, openBankForm, US_ACCOUNT } from '../fixtures/bank-form.ts';
import { accept, faultsOf, hasBrowser, inviteAs, openBrowser, openPerson } from '../fixtures/browser.ts';
import { addPartners, type Company, openCompany } from '../fixtures/company.ts';
import { openWorld, type World } from '../fixtures/world.ts';

describe.skipIf(!hasBrowser)('given partners who have payout details', () => {
  let world: World;
  let company: Company;
  let browser: Browser;

  beforeAll(async () => {
    world = await openWorld();
    browser = await openBrowser();
    company = await openCompany(world);
    await addPartners(company, [
      { code: 'eve', method: 'paypal' },
      { code: 'gus', method: 'bank' },
      { code: 'hal', method: 'paypal' },
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  async function openPartner(code: string) {
    const person = await openPerson(browser, world);
    const { id } = await getPartner(world.db, code);
    await accept(person.page, await inviteAs(world, `${code}-login`, 'partner', id));
    return person;
  }
  const instrumentsOf = (code: string) =>
    company.auditor.api.all<{ method: string; givenBy: string; position: number | null; usableFrom: string }>(
      `/v1/partners/${code}/instruments`,
    );

  it('when they add a bank account with a mistake then the field says so, what they typed stays, and the corrected one waits', async () => {
    const { page, close } = await openPartner('eve');
    await page.getByRole('link', { name: 'Details' }).click();
    await page.getByRole('link', { name: 'Add payout details…' }).click();
    await page.getByRole('link', { name: 'By bank transfer' }).click();
    await fillIn(page, { currency: 'USD', country: 'US' });
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('link', { name: 'US account, by ACH' }).click();
    await fillIn(page, { ...US_ACCOUNT, 'details.abartn': '122100025' });
    const refused = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Go on' }).click();
    expect((await refused).status()).toBe(400);
    expect(await page.locator('[id="details.abartn-wrong"]').innerText()).toContain('Routing number');
    expect(await page.locator('[name="details.accountNumber"]').inputValue()).toBe('12345678');
    expect(await faultsOf(page)).toEqual([]);

    await fillIn(page, { 'details.abartn': US_ACCOUNT['details.abartn'] });
    await page.getByRole('button', { name: 'Go on' }).click();
    expect(await faultsOf(page)).toEqual([]);
    expect(await page.getByRole('main').innerText()).toContain('•••• 5678');
    await page.getByRole('button', { name: 'Save and sign' }).click();
    await page.waitForURL('**/portal/eve/details');
    const row = page.getByRole('row').filter({ hasText: 'ending in 5678' });
    expect(await row.innerText()).toContain('until then we pay as before');
    await page.getByRole('link', { name: 'Home' }).click();
    await page.getByRole('heading', { name: 'New payout details: Bank, ending in 5678' }).waitFor();
    const [added] = await instrumentsOf('eve');
    expect(added).toMatchObject({ method: 'bank', givenBy: 'partner', position: 1 });
    expect(Date.parse(added?.usableFrom ?? '')).toBeGreaterThan(Date.now());
    await close();
  });

  it('when the details are not those that the person signed then nothing is saved', async () => {
    const { page, close } = await openPartner('hal');
    await page.goto('/portal/hal/details/new?method=paypal');
    await fillIn(page, { receiver: 'hal-new@example.test' });
    await page.getByRole('button', { name: 'Go on' }).click();
    const stolen = JSON.stringify({ method: 'paypal', receiver: 'thief@example.test' });
    await page.evaluate(`document.querySelector('[name="body"]').value = ${JSON.stringify(stolen)}`);
    const answer = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Save and sign' }).click();
    expect((await answer).status()).toBe(401);
    expect(await instrumentsOf('hal')).toHaveLength(1);
    await close();
  });

  it('when JavaScript is off then every page and form works, up to the passkey', async () => {
    const signedIn = await openPartner('gus');
    const { page, complaints, context, close } = await openPerson(browser, world, { javaScript: false });
    await context.addCookies(await signedIn.context.cookies());
    for (const name of ['Home', 'Earnings', 'Payouts', 'Statements', 'Details']) {
      await page.goto('/portal/gus');
      await page.getByRole('link', { name, exact: true }).click();
      await page.locator('[aria-current="page"]', { hasText: name }).waitFor();
    }
    await openBankForm(page, 'gus');
    await fillIn(page, US_ACCOUNT);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'Pay Partner gus to these details?' }).waitFor();
    await page.getByRole('link', { name: 'Not now' }).click();

    await page.getByRole('link', { name: 'Withdraw…' }).click();
    await fillIn(page, { reason: '   ' });
    await page.getByRole('button', { name: 'Withdraw' }).click();
    await page.getByText('Reason is empty.').waitFor();
    await fillIn(page, { reason: 'The account is closed' });
    await page.getByRole('button', { name: 'Withdraw' }).click();
    await page.getByText('You gave no payout details').waitFor();
    expect((await instrumentsOf('gus'))[0]).toMatchObject({ position: null });
    expect(complaints.filter((text) => !text.includes('status of 400'))).toEqual([]);
    await close();
    await signedIn.close();
  });
});
