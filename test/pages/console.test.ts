import { createHash } from 'node:crypto';

import type { Browser } from 'playwright-core';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { accept, faultsOf, hasBrowser, inviteAs, openBrowser, openPerson } from '../fixtures/browser.ts';
import { addPartners, type Company, openCompany, sale, sendEvents } from '../fixtures/company.ts';
import { openProvider, type Provider } from '../fixtures/identity-provider.ts';
import { approve, eventsAreAccrued, getRun, prepareRun, type RunSeen } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';

/** The name of a partner who would like to run a script in the browser of finance. */
const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`;

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

describe.skipIf(!hasBrowser)('given a run that waits for its approver', () => {
  let world: World;
  let company: Company;
  let browser: Browser;
  let provider: Provider;
  let run: RunSeen;

  beforeAll(async () => {
    provider = await openProvider();
    world = await openWorld({ identityProvider: provider.clientFor });
    browser = await openBrowser();
    company = await openCompany(world, { signedApprovals: true });
    await addPartners(company, [
      { code: 'ann', method: 'paypal' },
      { code: 'bob', method: 'bank' },
    ]);
    await company.operator.api.post('/v1/partners', {
      code: 'eve',
      name: HOSTILE,
      kind: 'affiliate',
      country: 'US',
      agreements: [{ program: 'resale', plan: 'standard', startsOn: '2020-01-01' }],
      instrument: { method: 'paypal', receiver: 'eve@example.test' },
    });
    await sendEvents(company, [
      sale({ id: '3', partner: 'eve', amount: '70.00' }),
      sale({ id: '1', partner: 'ann', amount: '1234.00' }),
      sale({ id: '2', partner: 'bob', amount: '500.00' }),
    ]);
    await eventsAreAccrued(company);
    run = await prepareRun(company);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
    await provider.close();
  });

  it('when somebody approves it with a key of the API then it is refused, because its schedule asks for signed approvals', async () => {
    await expect(approve(company, run)).rejects.toThrow('asks for approvals that people sign with a passkey');
  });

  it('when the person who asked for it opens it as an approver then the page says why not, and a form that is sent all the same is refused', async () => {
    const { page, close } = await openPerson(browser, world, { width: 1024 });
    await accept(page, await inviteAs(world, 'paula', 'approver'));
    await page.goto(`/runs/${run.id}`);
    await page.getByText('You cannot decide this run.').waitFor();
    expect(await page.getByRole('link', { name: 'Approve…' }).count()).toBe(0);
    expect(await page.getByText(HOSTILE).count()).toBe(1);
    expect(await faultsOf(page)).toEqual([]);
    await page.goto(`/runs/${run.id}/approval`);
    await page.getByRole('button', { name: 'Approve and sign' }).click();
    await page.getByRole('heading', { name: 'You asked for this run' }).waitFor();
    expect((await getRun(company, run.id)).status).toBe('review');
    await close();
  });

  it('when an approver without a passkey signs then they sign in again at their company, and come back to the same form', async () => {
    const { page, complaints, close } = await openPerson(browser, world, { width: 390 });
    provider.says.sub = 'sami';
    await page.goto(await inviteAs(world, 'sami', 'approver'));
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'Continue with Acme' }).click();
    await page.getByRole('heading', { name: 'Today' }).waitFor();
    await page.goto(`/runs/${run.id}/approval`);
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Approve and sign with Acme' }).click();
    await page.getByRole('heading', { name: 'You signed' }).waitFor();
    expect(await page.getByRole('button', { name: 'Approve and sign' }).count()).toBe(1);
    expect(await faultsOf(page)).toEqual([]);
    await page.goto('/account');
    expect(await faultsOf(page)).toEqual([]);
    expect((await getRun(company, run.id)).status).toBe('review');
    expect(complaints).toEqual([]);
    await close();
  });

  it('when JavaScript is off then a dialog opens, and its form comes back with what is wrong and works', async () => {
    const signedIn = await openPerson(browser, world);
    await accept(signedIn.page, await inviteAs(world, 'pete', 'preparer'));
    const { page, context, close } = await openPerson(browser, world, { javaScript: false });
    await context.addCookies(await signedIn.context.cookies());
    await page.goto('/partners/ann');
    await page.getByRole('button', { name: 'Hold…' }).click();
    await page.getByRole('dialog').getByLabel('Why?').fill('   ');
    await page.getByRole('dialog').getByRole('button', { name: 'Hold' }).click();
    await page.getByText('Reason is missing.').waitFor();
    await page.getByLabel('Reason').fill('We look into a complaint');
    await page.getByRole('button', { name: 'Send it again' }).click();
    await page.getByText('We look into a complaint').first().waitFor();
    await company.operator.api.post('/v1/partners/ann/release', { reason: 'It was nothing' });
    await close();
    await signedIn.close();
  });

  it('when she opens her invitation, reads the run and signs, then the run is approved with a signature that anybody can verify', async () => {
    const iris = await openPerson(browser, world);
    const other = await openPerson(browser, world);
    await accept(other.page, await inviteAs(world, 'olive', 'auditor'));
    await other.page.goto(`/runs/${run.id}`);
    await accept(iris.page, await inviteAs(world, 'iris', 'approver'));
    expect(await iris.page.getByRole('heading', { level: 1 }).textContent()).toBe('Today');
    await iris.page.getByRole('link', { name: 'monthly' }).first().click();
    expect(await faultsOf(iris.page)).toEqual([]);
    await iris.page.getByRole('link', { name: 'Approve…' }).click();
    expect(await faultsOf(iris.page)).toEqual([]);
    await iris.page.getByRole('button', { name: 'Approve and sign' }).click();
    await iris.page.getByText('Approved by iris').waitFor();
    await other.page.getByText('Approved by iris').waitFor();

    expect((await getRun(company, run.id)).status).not.toBe('review');
    const signed = await world.owner.one(sql.unsafe`
      select statement, client_data as "clientData" from approval join signature on signature.id = approval.signature_id
      where run_id = ${run.id}`);
    const { statement, clientData } = signed as { statement: string; clientData: Buffer };
    expect(statement).toContain(`approve run ${run.id} content ${run.contentHash}`);
    const { challenge } = JSON.parse(Buffer.from(clientData).toString()) as { challenge: string };
    expect(challenge).toBe(createHash('sha256').update(statement).digest('base64url'));
    expect(iris.complaints).toEqual([]);
    expect(other.complaints).toEqual([]);
    await iris.close();
    await other.close();
  });

  it('when a preparer reads the payouts then each leads to its history, a reason is asked for, and the file has the same rows', async () => {
    const { page, complaints, close } = await openPerson(browser, world, { width: 390, dark: true });
    await accept(page, await inviteAs(world, 'pia', 'preparer'));
    await page.goto('/payouts?method=bank');
    expect(await faultsOf(page)).toEqual([]);
    const csv = await (await page.request.get('/payouts.csv?method=bank')).text();
    expect(csv.trim().split('\n')).toHaveLength(2);
    await page.getByRole('link', { name: 'bob' }).click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('50.00 USD to bob');
    expect(await faultsOf(page)).toEqual([]);
    await page.getByLabel('Search').fill('5678');
    await page.getByLabel('Search').press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Partner bob' }).waitFor();
    await page.getByRole('link', { name: 'Statement' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    expect((await page.goto('/payouts?partner=nobody'))?.status()).toBe(200);
    expect(await page.getByText('No payout fits these filters.').count()).toBe(1);
    expect(complaints).toEqual([]);
    await close();
  });

  it('when an operator imports a file, decides about an event that came again changed, and changes a plan then each step shows its consequences first', async () => {
    const { page, complaints, close } = await openPerson(browser, world, { width: 1024 });
    await accept(page, await inviteAs(world, 'omar', 'operator'));
    await page.goto('/earnings/imports/new');
    await page.locator('#mapping').fill(JSON.stringify(MAPPING));
    await page.locator('#file').setInputFiles({
      name: 'sales.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('order,who,day,price\n7,ann,2026-02-03,80.00\n'),
    });
    await page.getByRole('button', { name: 'Show what it would do' }).click();
    await page.getByRole('heading', { name: 'Import sales.csv?' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('1 row, of which 1 were new').waitFor();

    await sendEvents(company, [sale({ id: '2', partner: 'bob', amount: '501.00' })]);
    await page.goto('/earnings/quarantine');
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Accept…' }).click();
    await page.getByRole('dialog').getByLabel('Why?').fill('The shop corrected it');
    await page.getByRole('dialog').getByRole('button', { name: 'Accept' }).click();
    await page.getByText('Nothing waits.').waitFor();
    await page.goto('/earnings/events/shop/2');
    await page.getByText('Corrected: revision 2').waitFor();
    expect(await faultsOf(page)).toEqual([]);

    await page.goto('/programs/resale/plans/standard');
    await page.getByRole('link', { name: 'Edit the terms…' }).click();
    const terms = page.locator('#terms');
    await terms.fill((await terms.inputValue()).replace('"10"', '"101"'));
    await page.getByText('incentives[0].pay.percent').waitFor();
    await terms.fill((await terms.inputValue()).replace('"101"', '"12"'));
    await page.getByText('commission: pay.percent is 12, and was 10.').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByLabel('First day').fill('2026-01-01');
    await page.getByLabel('The day after the last one').fill('2026-04-01');
    await page.getByRole('button', { name: 'Start the back-test' }).click();
    await page.getByText('done', { exact: true }).waitFor();
    await page.getByText('Largest gains').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'Edit these terms…' }).click();
    await page.getByLabel('Reason').fill('New rates for the year');
    await page.getByRole('button', { name: 'Publish…' }).click();
    await page.getByRole('button', { name: 'Publish and sign' }).click();
    await page.getByRole('link', { name: 'Version 2' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
});
