import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { accrueAll } from '../fixtures/accrual.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { addDays } from '../../domain/calendar.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openOwner, tamper } from '../fixtures/database.ts';
import { openVisitor } from '../fixtures/passkey.ts';
import { type SignedIn, signIn, textOf } from './site.ts';

/** Partners register, ask and claim in the portal, and people decide about it in the console. */

const TODAY = new Date().toISOString().slice(0, 10);
const within = { days: 3, counted: 'calendar' };
const PEOPLE = [
  { role: 'preparer', approvals: 1, within, escalate: { role: 'operator', within }, atEnd: 'expire' },
  { role: 'approver', approvals: 1, within, atEnd: 'decline' },
];
const POLICIES = {
  deal: { rules: [{ title: 'all', stages: PEOPLE, grants: { protectionDays: 90 } }] },
  request: { rules: [{ title: 'all', stages: PEOPLE.slice(0, 1) }] },
  claim: { rules: [{ title: 'all', stages: PEOPLE }] },
};
const DEAL = {
  program: 'shop',
  customer: 'Kim GmbH',
  domain: 'kim.example',
  registrationNumber: '',
  country: 'DE',
  productLines: 'routers\nswitches',
  currency: 'USD',
  amount: '25000.00',
  expectedClose: addDays(TODAY, 60),
};

const CARE = {
  unit: {
    code: 'points-care',
    name: 'Care points',
    expiryMonths: 24,
    conversion: 'by-partner',
    leastConversion: '100',
  },
  rate: { currency: 'USD', from: '2026-01-01', rate: '0.005' },
  plan: {
    code: 'standard',
    terms: {
      holdDays: 0,
      rounding: 'half-even',
      incentives: [
        { id: 'visit', when: { kinds: ['visit'] }, unit: 'points-care', pay: { rule: 'flat', amount: '500' } },
        { id: 'call', when: { kinds: ['call'] }, unit: 'points-staff', pay: { rule: 'flat', amount: '400' } },
      ],
    },
  },
};

let api: Api;
let [ann, bob, preparer, approver, auditor]: [SignedIn, SignedIn, SignedIn, SignedIn, SignedIn] = [] as never;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  for (const [subject, policy] of Object.entries(POLICIES))
    await api.ask('POST', `/v1/programs/shop/policies/${subject}`, { body: { policy } });
  const partner = async (code: string) => signIn(api, `${code}-login`, 'partner', (await getPartner(api.db, code)).id);
  [ann, bob] = [await partner('ann'), await partner('bob')];
  preparer = await signIn(api, 'paul', 'preparer');
  approver = await signIn(api, 'anna', 'approver');
  auditor = await signIn(api, 'adam', 'auditor');
});
afterAll(() => api.stop());

const idIn = (response: Response): string => response.headers.get('location')?.split('/').at(-1) ?? '';
const register = (person: SignedIn, partner: string, more: object = {}) =>
  person.post(`/portal/${partner}/deals`, { ...DEAL, ...more });

describe('given a partner in the portal', () => {
  it('when a deal has mistakes then each stands next to its field, and what was typed stays', async () => {
    const response = await register(ann, 'ann', {
      productLines: ' ',
      country: 'de',
      amount: 'much',
      expectedClose: '',
    });
    expect(response.status).toBe(400);
    const page = await response.text();
    for (const name of ['productLines', 'country', 'amount', 'expectedClose'])
      expect(page).toContain(`id="${name}-wrong"`);
    expect(page).toContain('value="Kim GmbH"');
    const next = await textOf(register(ann, 'ann', { domain: '', amount: '12.345' }));
    expect(next).toContain("Customer's website is needed, or a registrationNumber");
    expect(next).toMatch(/Expected amount .*12\.345.* /);
  });

  it('when a partner registers a deal then people decide in the console, and the partner reads the reason', async () => {
    const id = idIn(await register(ann, 'ann'));
    expect(await textOf(ann.get(`/portal/ann/deals/${id}`))).toMatch(
      /Kim GmbH being decided .* We decide about the registration by/,
    );
    const queue = await textOf(preparer.get('/deals'));
    expect(queue).toMatch(/Kim GmbH shop ann Registration Preparer your role stage 1 of 2/);
    expect(await textOf(approver.get(`/deals/${id}`))).toMatch(/Not you: Stage 1 waits for the role preparer/);
    expect(await textOf(auditor.get(`/deals/${id}`))).toContain('Not you:');
    expect((await approver.post(`/deals/${id}/decision`, { decision: 'approve' })).status).toBe(403);

    expect((await preparer.post(`/deals/${id}/decision`, { decision: 'approve' })).status).toBe(303);
    const unsaid = await approver.post(`/deals/${id}/decision`, { decision: 'decline', note: ' ' });
    expect(unsaid.status).toBe(400);
    expect(await textOf(unsaid)).toContain('Note is missing: the partner reads it as the reason.');
    await approver.post(`/deals/${id}/decision`, { decision: 'decline', note: 'We serve them ourselves.' });
    expect(await textOf(ann.get('/portal/ann/deals'))).toContain('declined We serve them ourselves.');
    expect(await textOf(auditor.get(`/deals/${id}`))).toMatch(/paul approved .* anna declined/);
    expect(await textOf(ann.get(`/portal/ann/deals/${id}`))).not.toContain('anna');
  });

  it('when another partner registered the customer first then the reason does not say who', async () => {
    const [first, second] = [await register(ann, 'ann'), await register(bob, 'bob')];
    const page = await textOf(bob.get(`/portal/bob/deals/${idIn(second)}`));
    expect(page).toContain('Kim GmbH declined Another registration of this customer came first.');
    expect(page).not.toMatch(/\bann\b/);
    const own = await textOf(ann.get(`/portal/ann/deals/${idIn(await register(ann, 'ann'))}`));
    expect(own).toContain('You registered this customer before');
    await ann.post(`/portal/ann/deals/${idIn(first)}/withdrawal`, { reason: 'The project was cancelled' });
  });

  it('when a deal is protected then the partner can ask for longer protection, and withdraw it with a reason', async () => {
    const id = idIn(await register(ann, 'ann', { domain: 'lee.example' }));
    for (const person of [preparer, approver]) await person.post(`/deals/${id}/decision`, { decision: 'approve' });
    const path = `/portal/ann/deals/${id}`;
    expect(await textOf(ann.get(path))).toMatch(/protected It is protected for you\. The last day is/);
    const early = await ann.post(`${path}/extension`, { until: TODAY, reason: 'They decide later' });
    expect(early.status).toBe(400);
    expect(await textOf(early)).toMatch(/Protected until is not after \d{4}-\d\d-\d\d, when the protection ends/);
    await ann.post(`${path}/extension`, { until: addDays(TODAY, 120), reason: 'They decide later' });
    expect(await textOf(ann.get(path))).toContain('We decide about the longer protection');
    expect(await textOf(preparer.get('/deals'))).toContain('Longer protection');
    expect((await ann.post(`${path}/withdrawal`, { reason: ' ' })).status).toBe(400);
    expect((await ann.post(`${path}/withdrawal`, { reason: 'Cancelled' })).status).toBe(303);
    expect(await textOf(ann.get(path))).toContain('withdrawn Cancelled');
  });

  it('when a person opens what belongs to another partner then it is not there', async () => {
    const id = idIn(await register(ann, 'ann', { domain: 'moe.example' }));
    for (const path of [
      `/portal/bob/deals/${id}`,
      `/portal/ann/deals/${id}`,
      '/portal/bob/deals/x',
      '/portal/ann/requests',
    ])
      expect((await bob.get(path)).status, path).toBe(404);
    expect((await bob.post(`/portal/bob/deals/${id}/withdrawal`, { reason: 'Mine' })).status).toBe(404);
  });
});

describe('given a partner who needs money for a fair', () => {
  it('when the fund is granted and claimed with a document then two people approve, and the amount is in the balance', async () => {
    const wish = { program: 'shop', kind: 'development_funds', wish: 'The fair', currency: 'USD' };
    const days = { startsOn: addDays(TODAY, 1), endsOn: addDays(TODAY, 90) };
    const refused = await ann.post('/portal/ann/requests', { ...wish, ...days, amount: '' });
    expect(await textOf(refused)).toMatch(/is needed for a fund/);
    const request = idIn(await ann.post('/portal/ann/requests', { ...wish, ...days, amount: '500.00' }));
    expect(await textOf(preparer.get('/requests'))).toContain('The fair shop ann Development fund');
    await preparer.post(`/requests/${request}/decision`, { decision: 'approve' });
    const owner = await openOwner(api.url);
    await tamper(owner, sql.unsafe`update fund set starts_on = '2026-01-01' where request_id = ${request}`);
    await owner.end();
    expect(await textOf(ann.get('/portal/ann/requests'))).toMatch(
      /Your funds .* 500\.00 USD 0\.00 USD 0\.00 USD 500\.00 USD/,
    );

    const form = await (await ann.get('/portal/ann/claims/new')).text();
    const fund = /<option value="([0-9a-f-]{36})"/.exec(form)?.[1] ?? '';
    const file = new File(['The invoice'], 'invoice-4711.pdf');
    const wrong = await ann.post('/portal/ann/claims', {
      fund,
      amount: '900.00',
      wish: 'The stand',
      document: '',
      file,
    });
    expect(wrong.status).toBe(400);
    const back = await wrong.text();
    expect(back).toContain('Amount is more than the 500.00 USD that the fund has left.');
    const sha256 = /name="sha256" value="([0-9a-f]{64})"/.exec(back)?.[1] ?? '';
    const sent = { fund, amount: '120.00', wish: 'The stand', document: 'invoice-4711.pdf', sha256 };
    const claim = idIn(await ann.post('/portal/ann/claims', sent));
    for (const person of [preparer, approver]) await person.post(`/claims/${claim}/decision`, { decision: 'approve' });
    expect(await textOf(ann.get(`/portal/ann/claims/${claim}`))).toMatch(/120\.00 USD granted .* invoice-4711\.pdf/);
    const csv = await (await auditor.get('/claims.csv?partner=ann')).text();
    expect(csv.split('\n')[1]).toContain(`invoice-4711.pdf,${sha256},USD,120.00,granted`);
  });

  it('when a special price names no plan then the first approval names one', async () => {
    const wish = { program: 'shop', kind: 'special_price', wish: 'A price for one customer' };
    const days = { startsOn: addDays(TODAY, 1), endsOn: addDays(TODAY, 90) };
    const id = idIn(await bob.post('/portal/bob/requests', { ...wish, ...days }));
    const missing = await preparer.post(`/requests/${id}/decision`, { decision: 'approve' });
    expect(await textOf(missing)).toContain('Plan is missing: name the plan that the partner gets.');
    await preparer.post(`/requests/${id}/decision`, { decision: 'approve', plan: 'standard' });
    expect(await textOf(bob.get(`/portal/bob/requests/${id}`))).toContain('Special price granted');
  });
});

/** A step of the set-up that must not fail. */
async function ok(...step: Parameters<Api['ask']>): Promise<void> {
  const { status, text } = await api.ask(...step);
  expect(status, text).toBeLessThan(300);
}

describe('given a partner who earned points', () => {
  beforeAll(async () => {
    const { unit, rate, plan } = CARE;
    await ok('POST', '/v1/programs', { body: { code: 'care', name: 'Care', schedule: 'monthly' } });
    await ok('POST', '/v1/programs/care/units', { body: unit });
    await ok('POST', `/v1/programs/care/units/${unit.code}/rates`, { body: rate });
    const staffUnit = { code: 'points-staff', name: 'Staff points', expiryMonths: 24, conversion: 'by-staff' };
    await ok('POST', '/v1/programs/care/units', { body: staffUnit });
    await ok('POST', '/v1/programs/care/units/points-staff/rates', { body: rate });
    await ok('POST', '/v1/programs/care/plans', { body: plan });
    const agreement = { program: 'care', plan: 'standard', startsOn: '2026-01-01' };
    await ok('POST', '/v1/partners/ann/agreements', { body: agreement });
    await ok('POST', '/v1/partners/bob/agreements', { body: agreement });
    const event = { source: 'shop', id: 'v1', program: 'care', partner: 'ann', kind: 'visit' };
    await ok('POST', '/v1/events', {
      body: {
        events: [event, { ...event, id: 'c1', partner: 'bob', kind: 'call' }].map((one) => ({
          ...one,
          occurredAt: `${addDays(TODAY, -3)}T12:00:00Z`,
        })),
      },
    });
    await accrueAll(api.db, 'care');
  });

  it('when they use some and turn some into money then the page says what is left, and what happened', async () => {
    expect(await textOf(ann.get('/portal/ann/earnings'))).toContain('You have 500 points. Your points');
    const use = { unit: 'points-care', purpose: 'Discount code SPRING-10', reference: '' };
    const tooMany = await ann.post('/portal/ann/points/use', { ...use, amount: '900' });
    expect(tooMany.status).toBe(400);
    expect(await textOf(tooMany)).toContain('Only 500 points of points-care can be used now');
    await ann.post('/portal/ann/points/use', { ...use, amount: '120' });
    const few = await ann.post('/portal/ann/points/convert', { unit: 'points-care', amount: '20', currency: 'USD' });
    expect(await textOf(few)).toContain('Amount is less than the least of 100 points.');
    await ann.post('/portal/ann/points/convert', { unit: 'points-care', amount: '200', currency: 'USD' });
    expect(await textOf(ann.get('/portal/ann/points'))).toMatch(
      /Balance 180 points .* Turned into money −200 points .* Used −120 points .* Earned 500 points .* 200 points 1\.00 USD 0\.005/,
    );
    expect((await bob.post('/portal/bob/points/use', { ...use, amount: '1' })).status).toBe(404);
  });

  it('when a colleague proposes to turn some into money then an approver finds it by its task and decides it', async () => {
    const wish = { unit: 'points-staff', amount: '100', currency: 'USD', reason: 'The partner asked for it' };
    const pia = await openVisitor(api, 'pia', ['preparer']);
    const arno = await openVisitor(api, 'arno', ['approver']);
    const path = '/partners/bob/new-conversion';
    expect((await pia.open('/partners/bob')).text).toContain(`href="${path}"`);
    expect((await pia.open(path)).text).toContain('value="points-staff"');
    for (const [wrong, says] of [
      [{ amount: '0.5' }, 'id="amount-wrong"'],
      [{ reason: '' }, 'Reason is missing.'],
    ] as const)
      expect(await pia.post(path, { ...wish, ...wrong })).toMatchObject({
        status: 400,
        text: expect.stringContaining(says),
      });
    const many = await pia.sign(path, { ...wish, amount: '90000' });
    expect([many.status, many.text.includes('can be used now')]).toEqual([409, true]);
    expect((await arno.post(path, wish)).status).toBe(404);
    const page = (await pia.sign(path, wish)).location ?? '';
    const task = /href="(\/tasks\/[0-9a-f-]+)">Confirm or refuse a conversion/.exec(
      await (await approver.get('/tasks')).text(),
    );
    expect(await (await approver.get(task?.[1] ?? '')).text()).toContain(`href="${page}">Open it`);
    expect(await textOf(preparer.get(page))).toMatch(/100 points become 0\.50 USD .* It waits for another person/);
    expect((await preparer.post(`${page}/confirm`, {})).status).toBe(404);
    expect((await arno.post(`${page}/refuse`, { reason: ' ' })).status).toBe(400);
    expect((await arno.post(`${page}/confirm`)).text).toContain('Confirm this conversion?');
    expect(await textOf(auditor.get(page))).toContain('waits for another person');
    expect((await arno.sign(`${page}/confirm`)).location).toBe(page);
    expect(await textOf(auditor.get(page))).toContain('Confirmed by arno');
    expect((await arno.sign(`${page}/confirm`)).status).toBe(409);
    const signed = await api.db.one(sql.type(z.object({ proposal: z.string(), decision: z.string() }))`
      select first.statement as proposal, second.statement as decision from conversion
      join signature first on first.id = proposal_signature_id join signature second on second.id = decision_signature_id`);
    expect(signed.proposal).toMatch(/^bursar propose conversion partner\/bob content /);
    expect(signed.decision).toMatch(/^bursar confirm conversion conversion\/[0-9a-f-]{36} content /);
  });
});
