import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../db/partners/partners.ts';
import type { Role } from '../../domain/people/role.ts';
import { accept, drawsPictures, hasBrowser, inviteAs, openBrowser, openPerson, shot } from '../fixtures/browser.ts';
import { type Company, instrumentFor, openCompany, type PartnerWish, sale, sendEvents } from '../fixtures/company.ts';
import {
  approve,
  eventsAreAccrued,
  getRun,
  listRunPayouts,
  payPeriod,
  prepareRun,
  reconcileToday,
  runBecomes,
  type RunSeen,
} from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';

/** The pictures of the guides. Other stories test these pages, so this one is told only by `npm run screenshots`. */

type Wish = PartnerWish & { name: string; sales: readonly [february: string, march: string] };

const PARTNERS: readonly Wish[] = [
  { code: 'harbor', name: 'Harbor Travel', method: 'bank', sales: ['18240.00', '21905.50'] },
  { code: 'juniper', name: 'Juniper Goods', method: 'paypal', sales: ['4310.75', '3988.20'] },
  { code: 'alder', name: 'Alder Street Books', method: 'check', sales: ['960.00', '1410.00'] },
  { code: 'meadow', name: 'Meadow Media', method: 'paypal', sales: ['7425.10', '15880.40'] },
  {
    code: 'cove',
    name: 'Cove Rentals',
    method: 'paypal',
    receiver: 'failed-cove@example.test',
    sales: ['700.00', '0'],
  },
  { code: 'quill', name: 'Quill & Co', method: 'paypal', sales: ['0', '2650.00'] },
];
const STEPS = [
  { from: '0', percent: '1' },
  { from: '10000', percent: '2' },
];
const MARCH = '2026-03-12T09:30:00Z';

describe.skipIf(!hasBrowser || !drawsPictures)('given a company that paid February and is about to pay March', () => {
  let world: World;
  let company: Company;
  let browser: Browser;
  let run: RunSeen;
  /** The payouts of February, by the code of their partner. */
  let paid: ReadonlyMap<string, string>;

  beforeAll(async () => {
    world = await openWorld();
    browser = await openBrowser();
    company = await openCompany(world, { minimum: '25.00' });
    await addProgramsAndPartners();
    await sendSales(0, {});
    paid = new Map((await payPeriod(company)).map(({ partner, id }) => [partner, id]));
    await reconcileToday(world, company);
    await sendSales(1, { occurredAt: MARCH });
    const today = { partner: 'harbor', occurredAt: new Date().toISOString() };
    await sendEvents(company, [
      sale({ id: 'harbor-2', amount: '12480.00', ...today }),
      { ...sale({ id: 'harbor-3', amount: '8200.00', ...today }), program: 'growth' },
    ]);
    await eventsAreAccrued(company);
    run = await prepareRun(company, '2026-04-01');
    const quill = (await listRunPayouts(company, run.id)).find(({ partner }) => partner === 'quill');
    await company.preparer.api.post(`/v1/payouts/${quill?.id}/hold`, { reason: 'We wait for their invoice.' });
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  async function addProgramsAndPartners(): Promise<void> {
    const { api } = company.operator;
    const volume = {
      id: 'volume',
      window: 'year',
      unit: 'USD',
      pay: { rule: 'steps', mode: 'marginal', steps: STEPS },
    };
    await api.post('/v1/programs', { code: 'growth', name: 'Growth', schedule: 'monthly' });
    await api.post('/v1/programs/growth/plans', {
      code: 'steps',
      terms: { holdDays: 30, rounding: 'half-even', incentives: [volume] },
    });
    await api.post('/v1/partners/batch', {
      partners: PARTNERS.map(({ name, ...wish }) => ({
        code: wish.code,
        name,
        kind: 'reseller',
        country: 'US',
        email: `${wish.code}@example.test`,
        agreements: [
          { program: 'resale', plan: 'standard', startsOn: '2020-01-01' },
          { program: 'growth', plan: 'steps', startsOn: '2020-01-01' },
        ],
        instrument: instrumentFor({ ...wish, holder: name }),
      })),
    });
  }
  const sendSales = (month: 0 | 1, when: { occurredAt?: string }) =>
    sendEvents(
      company,
      PARTNERS.filter(({ sales }) => sales[month] !== '0').map(({ code, sales }) =>
        sale({ id: `${code}-${month}`, partner: code, amount: sales[month], ...when }),
      ),
    );

  /** A person signs in, opens each page, and it is drawn under its name. */
  async function draw(login: string, role: Role, pages: Readonly<Record<string, string>>, code?: string) {
    const { page, complaints, close } = await openPerson(browser, world);
    const partnerId = code === undefined ? null : (await getPartner(world.db, code)).id;
    await accept(page, await inviteAs(world, login, role, partnerId));
    for (const [name, path] of Object.entries(pages)) {
      expect((await page.goto(path))?.status(), path).toBe(200);
      if (name === 'portal-earnings') await page.locator('summary').first().click();
      if (name === 'portal-bank-form') await page.locator('.choices a').first().click();
      await shot(page, name);
    }
    expect(complaints).toEqual([]);
    await close();
  }

  it('then finance sees what to do, approves a run, and reads what became of the last one', () =>
    draw('iris', 'approver', {
      today: '/',
      'review-of-a-run': `/runs/${run.id}`,
      'approval-of-a-run': `/runs/${run.id}/approval`,
      payout: `/payouts/${paid.get('harbor')}`,
      payouts: '/payouts?status=settled&method=paypal',
      partners: '/partners',
      search: '/search?q=er',
      alarms: '/alarms',
      'portal-seen-by-staff': '/partners/cove/portal',
      failures: '/failures',
      reconciliation: '/reconciliation',
      reports: '/reports',
    }));

  it('then an operator sees who may do what', () => draw('olive', 'operator', { people: '/settings/people' }));

  it('then a partner sees when they are paid, for what, and to which details', () =>
    draw(
      'nora',
      'partner',
      {
        'portal-home': '/portal/harbor',
        'portal-earnings': '/portal/harbor/earnings',
        'portal-details': '/portal/harbor/details',
        'portal-statement': '/portal/harbor/statements',
      },
      'harbor',
    ));

  it('then a partner whose payout failed sees the reason, its one fix and a form for it', () =>
    draw(
      'cora',
      'partner',
      {
        'portal-home-failed': '/portal/cove',
        'portal-payout-failed': `/portal/cove/payouts/${paid.get('cove')}`,
        'portal-bank-form': '/portal/cove/details/new?method=bank&country=US&currency=USD',
      },
      'cove',
    ));

  it('then finance watches a run that is being paid, while one of its gateways is paused', async () => {
    await company.operator.api.post('/v1/gateways/paypal/pause', { reason: 'PayPal asks for a new agreement.' });
    await approve(company, await getRun(company, run.id));
    await runBecomes(company, run.id, 'disbursing');
    await draw('ivo', 'approver', { 'run-being-paid': `/runs/${run.id}` });
  });
});
