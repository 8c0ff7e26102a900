import type { Browser, Page } from 'playwright-core';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../db/partners/partners.ts';
import { DAY_MS } from '../../domain/durations.ts';
import type { Role } from '../../domain/people/role.ts';
import { fillIn, openBankForm, US_ACCOUNT } from '../fixtures/bank-form.ts';
import { accept, hasBrowser, inviteAs, openBrowser, openPerson } from '../fixtures/browser.ts';
import { addPartners, type Company, openCompany, PERIOD_END } from '../fixtures/company.ts';
import { tamper } from '../fixtures/database.ts';
import { faultsInEveryLook, type Look, STORIES, wear } from '../fixtures/looks.ts';
import { eventsAreAccrued, getRun, listRunPayouts, type RunSeen } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import { calm, sweep, tell } from '../workflows/fixture.ts';

/**
 * The work of a month, from the file with its sales to the partner whose question is closed, in the browsers of all who take part in it.
 * Every page that they open must be fit for use in every window and in both schemes of colours. Each act of the short story is played in another
 * window. `npm run stories:browser` plays all of them in each window and scheme.
 */

const MAPPING = {
  source: 'file',
  program: 'resale',
  partner: { column: 'who' },
  id: { column: 'order' },
  kind: 'sale',
  occurredAt: { columns: ['day'], format: 'YYYY-MM-DD', zone: 'UTC' },
  currency: 'USD',
  amount: { column: 'price' },
};
const SALES = [
  'order,who,day,price',
  '1,ann,2026-02-03,1234.00',
  '2,ben,2026-02-04,500.00',
  '3,cove,2026-02-05,700.00',
  '4,fay,2026-02-06,900.00',
  '5,fay,2026-02-07,ninety',
].join('\n');

describe.skipIf(!hasBrowser).each(STORIES)('given a company that pays its partners $title', ({ looks }) => {
  const [atSales, atPayment, atPartner] = looks;
  let world: World;
  let company: Company;
  let browser: Browser;
  let run: RunSeen;
  const people = new Map<string, Awaited<ReturnType<typeof openPerson>>>();

  beforeAll(async () => {
    world = await openWorld({ wiseReturnWindowMs: 21 * DAY_MS });
    browser = await openBrowser();
    company = await openCompany(world, { signedApprovals: true });
    await addPartners(company, [
      { code: 'ann', method: 'paypal' },
      { code: 'ben', method: 'bank' },
      { code: 'cove', method: 'paypal' },
      { code: 'fay', method: 'bank' },
    ]);
    await tell(world, 'paypal', 'outcomes', { match: 'cove', outcome: 'fail' });
    await tell(world, 'wise', 'outcomes', { match: 'fay', outcome: 'cancel' });
    await company.operator.api.put('/v1/payers/acme/alert-amounts', {
      amounts: [{ currency: 'USD', amount: '50.00' }],
    });
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  /** The page of a person, who signs in when they appear for the first time. Nobody's page may ever complain. */
  async function as(code: string, role: Role, look: Look, partnerId: bigint | null = null): Promise<Page> {
    const known = people.get(code);
    if (known) return known.page;
    const person = await openPerson(browser, world);
    people.set(code, person);
    await wear(person.page, look);
    await accept(person.page, await inviteAs(world, code, role, partnerId));
    return person.page;
  }
  const complaintsOf = () =>
    [...people].flatMap(([code, { complaints }]) => complaints.map((text) => `${code}: ${text}`));
  /** Refused forms are part of the story, and a browser notes their status. */
  const forgive = (code: string, status: number) => {
    const { complaints } = people.get(code)!;
    expect(complaints.splice(0)).toEqual([expect.stringContaining(`status of ${status}`)]);
  };
  /** Waits for the page of this title, which must be fit for use. */
  async function sees(page: Page, title: string | RegExp, look: Look): Promise<void> {
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    expect(await faultsInEveryLook(page, look)).toEqual([]);
    expect(complaintsOf()).toEqual([]);
  }

  /** The address in the newest mail to these people with this word in its subject, as it is on our own site. */
  async function linkIn(to: string, word: string): Promise<string> {
    const mail = await openPerson(browser, world);
    await mail.page.goto(`${world.sandbox.mail.url}/?${new URLSearchParams({ to })}`);
    await mail.page.getByRole('link', { name: word }).first().click();
    const link = mail.page
      .frameLocator('iframe')
      .getByRole('link', { name: /^Open / })
      .first();
    const { pathname } = new URL((await link.getAttribute('href')) ?? '');
    expect(mail.complaints).toEqual([]);
    await mail.close();
    return pathname;
  }
  /** A preparer asks that a payout is paid again, another person approves that, and the auditor watches the new run. */
  async function payAgain(payout: string, look: Look): Promise<void> {
    const preparer = await as('pia', 'preparer', look);
    await preparer.goto(payout);
    await preparer.getByRole('button', { name: 'Pay it again…' }).click();
    await preparer.getByRole('dialog').getByLabel('Why?').fill('The details are right now');
    await preparer.getByRole('dialog').getByRole('button', { name: 'Pay it again' }).click();
    await sees(preparer, /^monthly/, look);
    const again = new URL(preparer.url()).pathname;
    const watcher = await as('wanda', 'auditor', look);
    await watcher.goto(again);
    const approver = await as('iris', 'approver', look);
    await approver.goto(again);
    await approver.getByRole('link', { name: 'Approve…' }).click();
    await approver.getByRole('button', { name: 'Approve and sign' }).click();
    await approver.getByText('Approved by iris').waitFor();
  }

  it('when an operator imports the sales then the preview shows each row first, and the good ones are taken in', async () => {
    const page = await as('omar', 'operator', atSales);
    await page.goto('/earnings/imports/new');
    await sees(page, 'Import a file', atSales);
    await page.locator('#mapping').fill(JSON.stringify(MAPPING));
    const buffer = Buffer.from(SALES);
    await page.locator('#file').setInputFiles({ name: 'sales.csv', mimeType: 'text/csv', buffer });
    await page.getByRole('button', { name: 'Show what it would do' }).click();
    await page.getByRole('heading', { name: 'Import sales.csv?' }).waitFor();
    await page.getByText('line 6: ').waitFor();
    await sees(page, 'Import a file', atSales);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('5 rows, of which 4 were new').waitFor();
    await sees(page, 'sales.csv', atSales);
  });

  it('when a person requests the run, reads its preview and approves it then the approval is refused with the reason', async () => {
    await eventsAreAccrued(company);
    const page = await as('paula', 'approver', atSales);
    await page.goto('/runs/new');
    await fillIn(page, { schedule: 'monthly', pays: 'period', periodEnd: PERIOD_END });
    await sees(page, 'Request a run', atSales);
    await page.getByRole('button', { name: 'Request the run' }).click();
    await page.getByText('You cannot decide this run.').waitFor();
    await sees(page, /^monthly/, atSales);
    run = await getRun(company, new URL(page.url()).pathname.replace('/runs/', ''));
    await page.goto(`/runs/${run.id}/approval`);
    await sees(page, /^Pay this run/, atSales);
    await page.getByRole('button', { name: 'Approve and sign' }).click();
    await page.getByRole('heading', { level: 1, name: 'You asked for this run' }).waitFor();
    forgive('paula', 403);
    await sees(page, 'You asked for this run', atSales);
  });

  it('when another person approves with a passkey then an open page follows the payouts by itself', async () => {
    const watcher = await as('wanda', 'auditor', atPayment);
    await watcher.goto(`/runs/${run.id}`);
    await watcher.evaluate('globalThis.wasNotReloaded = true');
    const page = await as('iris', 'approver', atPayment);
    await page.getByRole('link', { name: 'monthly' }).first().click();
    await page.getByRole('link', { name: 'Approve…' }).click();
    await sees(page, /^Pay this run/, atPayment);
    await page.getByRole('button', { name: 'Approve and sign' }).click();
    await page.getByText('Approved by iris').waitFor();

    await watcher.getByText('Approved by iris').waitFor();
    const row = (name: string) => watcher.getByRole('row').filter({ hasText: `Partner ${name}` });
    await row('ann').getByText('settled').waitFor();
    await row('ben').getByText('sent', { exact: true }).waitFor();
    await row('cove').getByText('failed').waitFor();
    await row('fay').getByText('returned').waitFor();
    await sees(watcher, /^monthly/, atPayment);
    expect(await watcher.evaluate('globalThis.wasNotReloaded')).toBe(true);
  });

  it('when a payout failed then the mail leads the operator to it, they fix it, and the partner is paid', async () => {
    await sweep(world);
    const page = await as('omar', 'operator', atPayment);
    await wear(page, atPayment);
    await page.goto(await linkIn('operators@example.test', 'failed'));
    await sees(page, 'Failed payouts', atPayment);
    await page.getByRole('row').filter({ hasText: 'PayPal' }).getByRole('link').click();
    await sees(page, 'Payouts', atPayment);
    await page.getByRole('link', { name: 'cove' }).click();
    await page.getByText('The partner must act.').waitFor();
    await sees(page, /70\.00 USD to cove/, atPayment);
    const payout = new URL(page.url()).pathname;

    await page.getByRole('link', { name: 'cove' }).click();
    await sees(page, /^Partner cove/, atPayment);
    await calm(world);
    await page.getByRole('button', { name: 'Clear…' }).click();
    await page.getByRole('dialog').getByLabel('Why?').fill('PayPal unlocked the account');
    await sees(page, /^Partner cove/, atPayment);
    await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click();
    await page.getByText('can be used').waitFor();

    await payAgain(payout, atPayment);
    await people.get('wanda')!.page.getByRole('row').filter({ hasText: 'Partner cove' }).getByText('settled').waitFor();
  });

  it('when the partner reads in the portal why they are not paid then they give another account, and the old contact is told', async () => {
    const { id } = await getPartner(world.db, 'fay');
    const page = await as('fay-login', 'partner', atPartner, id);
    await page.getByText('The last payment to these details failed.').waitFor();
    await sees(page, 'Your next payment', atPartner);
    await page.locator('a[href="/portal/fay/details"]').filter({ visible: true }).last().click();
    await sees(page, 'Details', atPartner);
    await openBankForm(page, 'fay');
    await sees(page, /account/i, atPartner);
    await fillIn(page, { ...US_ACCOUNT, 'details.accountNumber': '87654321' });
    await page.locator('form .primary').click();
    await sees(page, 'Pay Partner fay to these details?', atPartner);
    await page.getByRole('button', { name: 'Save and sign' }).click();
    await page.waitForURL('**/portal/fay/details');
    await page.getByRole('row').filter({ hasText: 'ending in 4321' }).getByText('waits').waitFor();
    await sees(page, 'Details', atPartner);
    await page.goto('/portal/fay');
    await page.getByRole('heading', { name: /ending in 4321/ }).waitFor();
    await sees(page, 'Your next payment', atPartner);
    await sweep(world);
    expect(await linkIn('fay@example.test', 'New payment details')).toBe('/portal/fay/details');
  });

  it('when the cooling-off has passed then the payout that came back goes to the new account', async () => {
    await tamper(
      world.owner,
      sql.unsafe`update instrument_version set usable_from = now() - interval '1 minute' where usable_from > now()`,
    );
    const page = await as('fay-login', 'partner', atPartner);
    await page.goto('/portal/fay/details');
    await page.getByRole('row').filter({ hasText: 'ending in 4321' }).getByText('in use').waitFor();
    const [came] = (await listRunPayouts(company, run.id)).filter(({ partner }) => partner === 'fay');
    await payAgain(`/payouts/${came?.id}`, atPartner);
    const watcher = await as('wanda', 'auditor', atPartner);
    await watcher.getByRole('row').filter({ hasText: 'Partner fay' }).getByText('sent', { exact: true }).waitFor();
    await page.goto('/portal/fay/payouts');
    await sees(page, 'Payouts', atPartner);
    const sent = page.getByRole('row').filter({ has: page.getByText('sent', { exact: true }) });
    await sent.getByRole('link').click();
    await page.getByText('ending in 4321').waitFor();
    await sees(page, /^90\.00 USD/, atPartner);
  });

  it('when the partner asks about a line then staff answer in the console, the partner reads it, and the question is closed', async () => {
    const page = await as('fay-login', 'partner', atPartner);
    await page.locator('.ask').first().click();
    await page.locator('[name="text"]').fill('Where is the sale of 7 February?');
    await sees(page, 'What do you want to know?', atPartner);
    await page.locator('main form .primary').click();
    await page.getByText('Where is the sale of 7 February?').waitFor();
    const question = new URL(page.url()).pathname;
    await sees(page, /^Payout up to/, atPartner);

    const staff = await as('pia', 'preparer', atPartner);
    await staff.goto('/');
    await sees(staff, 'Today', atPartner);
    await staff.getByRole('link', { name: 'Answer a question of a partner' }).click();
    await sees(staff, /question/, atPartner);
    await staff.getByRole('link', { name: 'Open it' }).first().click();
    await sees(staff, /^Payout up to/, atPartner);
    const say = async (words: string, button: string) => {
      await staff.locator('[name="text"]').first().fill(words);
      await staff.getByRole('button', { name: button, exact: true }).click();
      await staff.getByText(words).waitFor();
      await sees(staff, /^Payout up to/, atPartner);
    };
    await say('Its row had no price. Which one was it?', 'Answer');
    await page.goto(question);
    await page.getByText('Which one was it?').waitFor();
    await sees(page, /^Payout up to/, atPartner);
    await page.locator('summary').click();
    await page.locator('[name="text"]').fill('It was 90 dollars.');
    await page.locator('main form .primary').click();
    await page.getByText('It was 90 dollars.').waitFor();
    await staff.reload();
    await say('The shop sends it again, and the next run pays it.', 'Close with this reason');
    await page.reload();
    await page.locator('h1 [data-tone]').getByText('closed').waitFor();
    await sees(page, /^Payout up to/, atPartner);
  });
});
