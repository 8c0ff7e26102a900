import { randomUUID } from 'node:crypto';

import { type QuerySqlToken, sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { askContactChange } from '../../commands/partners/contact-changes.ts';
import { addActor } from '../../commands/people/actors.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { checkInvariants } from '../../scripts/check-invariants.ts';
import { payoutWorkflowId } from '../../temporal/messages.ts';
import { type Company, instrumentFor, openCompany } from '../fixtures/company.ts';
import { tamper } from '../fixtures/database.ts';
import { eventually } from '../fixtures/eventually.ts';
import { columnsWith, textsOfTemporal } from '../fixtures/leaks.ts';
import { giveRole } from '../fixtures/people.ts';
import { type RunSeen, runBecomes } from '../fixtures/runs.ts';
import { openWorld, VAULT, type World } from '../fixtures/world.ts';
import {
  addPayees,
  alarmsOf,
  attemptBecomes,
  attemptOf,
  type Business,
  calm,
  codeOf,
  decide,
  everythingIsDue,
  openBusiness,
  owedTo,
  paidFor,
  type PayeeWish,
  payoutBecomes,
  payoutOf,
  sell,
  startPaying,
  sweep,
  tell,
} from './fixture.ts';

let world: World;
let company: Company;

beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
});
afterAll(() => world.close());
beforeEach(() => calm(world));

const open = async (code: string, wishes: readonly PayeeWish[]): Promise<Business> => {
  const business = await openBusiness(company, { code });
  await addPayees(business, wishes);
  return business;
};

/** Does what time would do, as the owner of the database. */
const age = (change: QuerySqlToken): Promise<void> => tamper(world.owner, change);

type Advised = { status: string; advice: { who: string; text: string } | null };
const adviceOf = async (id: string) => (await company.auditor.api.get<Advised>(`/v1/payouts/${id}`)).advice;

const textsTo = async (business: Business, name: string): Promise<string[]> => {
  await sweep(world);
  const to = encodeURIComponent(`${codeOf(business, name)}@example.test`);
  const response = await fetch(`${world.sandbox.mail.url}/messages?to=${to}`);
  return ((await response.json()) as { subject: string; text: string }[]).map(
    ({ subject, text }) => `${subject}\n${text}`,
  );
};

const people = async (id: string, outcome: string): Promise<void> => {
  await company.operator.api.post(`/v1/payouts/${id}/resolution`, { outcome, evidence: 'Wise support, case 12' });
  await company.approver.api.post(`/v1/payouts/${id}/resolution/decision`, { decision: 'confirm' });
};

const asPartner = async (business: Business, name: string) => {
  const code = codeOf(business, name);
  return (await world.person(code, 'partner', (await getPartner(world.db, code)).id)).api;
};

const atWise = async (path: string): Promise<void> => {
  const headers = { authorization: `Bearer ${world.sandbox.secrets.wise.token}` };
  const response = await fetch(`${world.sandbox.wise.url}${path}`, { headers });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
};

describe('given a transfer of which part came back', () => {
  it('when two people credit the partner then the next run pays it, and it is explained to the cent', async () => {
    const business = await open('part', [{ name: 'ann', method: 'bank', amount: '20.00' }]);
    await tell(world, 'wise', 'outcomes', { match: 'Holder part-ann', outcome: 'bounce-short', afterMs: 20 });
    const run = await startPaying(business);
    const { id } = await payoutOf(business, run, 'ann');
    const tasks = () => company.auditor.api.all<{ kind: string }>(`/v1/tasks?payout=${id}`);
    await eventually('people are asked', async () => (await tasks()).some(({ kind }) => kind === 'partial_return'));
    await world.activities.advancePayout(id);
    // The task tells of the part instead. A poll before that may have seen the question that Wise opens when money bounces.
    const ofThis = (await alarmsOf(business)).filter(({ subject }) => subject === `payout/${id}`);
    expect(ofThis.filter(({ detail }) => !/open question/.test(detail))).toEqual([]);

    await people(id, 'credit_partner');
    await payoutBecomes(business, run, 'ann', 'settled');
    expect(await tasks()).toEqual([]);
    expect(await owedTo(business, 'ann')).toBe(1900n);
    await calm(world);

    const next = await startPaying(business);
    const paid = await payoutBecomes(business, next, 'ann', 'settled');
    expect(await paidFor(world, paid.id)).toEqual(['19.00']);
    const explained = await company.auditor.api.all<object>(`/v1/payouts/${paid.id}/explanation`);
    expect(explained).toMatchObject([{ kind: 'returned_funds', amount: '19.00', explanation: { cameBackOf: id } }]);
    expect((await textsTo(business, 'ann')).join('\n')).toContain('19.00 USD of your payout was returned to us');
    const ann = await asPartner(business, 'ann');
    type Page = { items: object[]; nextCursor: string | null };
    const newest = await ann.get<Page>('/v1/me/earnings?limit=1');
    const rest = await ann.get<Page>(`/v1/me/earnings?limit=1&cursor=${newest.nextCursor}`);
    expect([...newest.items, ...rest.items]).toMatchObject([
      { source: 'resolution', kind: 'returned_funds', amount: '19.00', plan: null, payoutId: paid.id },
      { kind: 'sale', amount: '20.00', plan: 'all', payoutId: id },
    ]);
    expect(rest.nextCursor).toBeNull();
  });
});

describe('given a transfer that settled five weeks ago', () => {
  it('when its workflow has ended and it bounces then a webhook starts the workflow again, and the partner is owed the amount', async () => {
    const business = await open('weeks', [{ name: 'ann', method: 'bank', amount: '11.00' }]);
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'ann', 'settled');
    expect(await world.temporal.workflow.getHandle(payoutWorkflowId(id)).result()).toBe('settled');
    await age(sql.unsafe`
      update payout_attempt set submitted_at = submitted_at - interval '35 days', state_at = state_at - interval '35 days'
      where payout_id = ${id}`);
    const reference = (await attemptOf(business, id))?.reference;

    await atWise(`/v1/simulation/transfers/${reference}/bounced_back`);
    await atWise(`/v1/simulation/transfers/${reference}/funds_refunded`);

    await payoutBecomes(business, run, 'ann', 'returned');
    expect(await owedTo(business, 'ann')).toBe(1100n);
    expect(await adviceOf(id)).toMatchObject({
      who: 'partner',
      text: expect.stringContaining('this account is closed'),
    });
  });
});

describe('given a transfer that settled and that its provider then reports as bounced', () => {
  it('when the workflow that was woken is lost then the sweep starts it again, and wakes no payout that stays settled', async () => {
    const business = await open('lost', [
      { name: 'ann', method: 'bank', amount: '15.00' },
      { name: 'bob', method: 'bank', amount: '16.00' },
    ]);
    await tell(world, 'wise', 'webhooks', { mode: 'off' }); // a late one would wake the workflow of bob
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'ann', 'settled');
    const bob = await payoutBecomes(business, run, 'bob', 'settled');
    const workflowOf = (payout: string) => world.temporal.workflow.getHandle(payoutWorkflowId(payout));
    await Promise.all([workflowOf(id).result(), workflowOf(bob.id).result()]);
    const reference = (await attemptOf(business, id))?.reference;
    await atWise(`/v1/simulation/transfers/${reference}/bounced_back`);
    expect(await world.activities.advancePayout(id)).toMatchObject({ status: 'settled', state: 'on_hold' });

    const { runId } = await workflowOf(bob.id).describe();
    await everythingIsDue(world);
    await sweep(world);
    await atWise(`/v1/simulation/transfers/${reference}/funds_refunded`);

    await payoutBecomes(business, run, 'ann', 'returned');
    await tell(world, 'wise', 'webhooks', { mode: 'normal' });
    expect(await owedTo(business, 'ann')).toBe(1500n);
    expect((await workflowOf(bob.id).describe()).runId).toBe(runId);
  });
});

describe('given a payout by PayPal that failed', () => {
  it('when the partner chooses another method and the payout is replaced then the replacement pays once, and nobody else is in the run', async () => {
    const business = await open('failover', [
      { name: 'ann', method: 'paypal', receiver: 'failed-failover-ann@example.test', amount: '13.00' },
      { name: 'bob', method: 'check', holder: '株式会社テスト', amount: '14.00' },
    ]);
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'ann', 'failed');
    const bob = await payoutBecomes(business, run, 'bob', 'failed');
    expect(await adviceOf(id)).toMatchObject({ who: 'partner', text: expect.stringContaining('locked') });
    expect(await adviceOf(bob.id)).toMatchObject({
      who: 'partner',
      text: expect.stringContaining('One of your payout details'),
    });
    expect((await textsTo(business, 'ann')).join('\n')).toContain('ask PayPal to unlock it');

    const code = codeOf(business, 'ann');
    await company.operator.api.post(`/v1/partners/${code}/instruments`, instrumentFor({ code, method: 'bank' }));
    await age(sql.unsafe`
      update instrument_version set usable_from = now() where partner_id = (select id from partner where code = ${code})`);
    const asked = await company.preparer.api.post<RunSeen>(`/v1/payouts/${id}/replacement`, {
      reason: 'PayPal is locked',
    });
    const replacement = await runBecomes(company, asked.id, 'review');
    const outcomes = await company.auditor.api.all<{ partner: string }>(`/v1/runs/${replacement.id}/outcomes`);
    expect(outcomes.map(({ partner }) => partner)).toEqual([code]);
    await decide(company.approver, replacement);

    const paid = await payoutBecomes(business, replacement, 'ann', 'settled');
    expect(paid).toMatchObject({ method: 'bank', replaces: id, net: '13.00' });
    expect([await paidFor(world, id), await paidFor(world, paid.id)]).toEqual([[], ['13.00']]);
  });
});

describe('given a payment that nobody claims', () => {
  it('when a week has passed then the partner is reminded what to do and until which day', async () => {
    const business = await open('unclaimed', [
      { name: 'ann', method: 'paypal', receiver: 'unclaimed-aftersent-ann@example.test', amount: '12.00' },
    ]);
    const run = await startPaying(business);
    const { id } = await payoutOf(business, run, 'ann');
    await attemptBecomes(business, id, 'unclaimed');
    await age(sql.unsafe`update payout_attempt set state_at = now() - interval '8 days' where payout_id = ${id}`);

    await world.activities.advancePayout(id);

    const texts = await textsTo(business, 'ann');
    const until = new Date(Date.now() + 22 * DAY_MS);
    const day = until.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
    const reminder = texts.find((text) => text.startsWith('Reminder: 12.00 USD is waiting for you'));
    expect(reminder).toContain('please open one');
    expect(reminder).toContain(`until ${day}`);
    expect(await adviceOf(id)).toMatchObject({ who: 'partner' });
  });
});

it('when all of it is over then every invariant holds', async () => {
  expect(await checkInvariants(world.db)).toEqual([]);
});

/** Values that stand nowhere else. The first two belong into the vault alone. */
const CANARY = {
  account: '73910264885',
  holder: 'Holder Kanarienvogel',
  taxId: '987-65-4329',
  name: 'Zaunkoenig Trading',
  mail: 'zaunkoenig@leak.example.test',
};
/** The partner's own row needs its name and its address in clear. Notices find them there. */
const PLACES_OF_NAMES = [
  'contact_change.email',
  'notification.recipient',
  'partner.email',
  'partner.mailbox',
  'partner.name',
];

/** Asks for another address as an owner, and waits until the mails are sent. */
async function askForAddress(code: string, email: string): Promise<void> {
  const partner = await getPartner(world.db, code);
  const { id: by } = await addActor(
    world.db,
    { code: 'canary-owner', name: 'The owner', email: 'owner@example.test' },
    null,
  );
  await giveRole(world.db, by, 'partner', { partnerId: partner.id });
  const [identityId, signatureId] = [randomUUID(), randomUUID()];
  await age(sql.unsafe`
    insert into identity(id, actor_id, issuer, subject) values (${identityId}, ${by}, 'https://sso.example.test', ${code})`);
  await age(sql.unsafe`
    insert into signature(id, statement, identity_id, id_token, token_key) values (${signatureId}, 'change', ${identityId}, 'token', '{}')`);
  await askContactChange(world.db, VAULT, partner, { email, person: 'The owner', by, signatureId });
  await sweep(world);
  await eventually('the mails are sent', () =>
    world.db.exists(sql.unsafe`
      select from notification where kind in ('contact_confirmation', 'contact_warning') and sent_at is not null having count(*) = 2`),
  );
}

describe('given partners whose accounts, names and addresses stand nowhere else', () => {
  it('when a month was paid, one payment was refused, one failed and one came back then nothing but the vault holds them', async () => {
    const business = await openBusiness(company, { code: 'canary' });
    const { api } = company.operator;
    const instrument = (ending: string) => {
      const usual = instrumentFor({ code: 'canary', method: 'bank', holder: `${CANARY.holder} ${ending}` });
      return { ...usual, details: { ...('details' in usual ? usual.details : {}), accountNumber: CANARY.account } };
    };
    const endings = ['paid', 'failed', 'back', 'Refused'];
    const partners = endings.map((ending) => ({
      code: codeOf(business, ending),
      name: `${CANARY.name} ${ending}`,
      kind: 'reseller',
      country: 'US',
      email: `${ending}-${CANARY.mail}`,
      agreements: [{ program: business.code, plan: 'all', startsOn: '2020-01-01' }],
      instrument: instrument(ending),
    }));
    await api.post('/v1/partners/batch', { partners });
    await sell(
      business,
      endings.map((name) => ({ name, amount: '30.00' })),
    );
    await tell(world, 'wise', 'outcomes', { match: `${CANARY.holder} failed`, outcome: 'cancel', afterMs: 20 });
    await tell(world, 'wise', 'outcomes', { match: `${CANARY.holder} back`, outcome: 'bounce', afterMs: 20 });
    const refused = await fetch(`${world.url}/v1/partners/${codeOf(business, 'paid')}/instruments`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${company.operator.key}`,
        'content-type': 'application/json',
        'idempotency-key': 'canary-refused',
      },
      body: JSON.stringify({ ...instrument('paid'), taxId: CANARY.taxId, country: CANARY.account }),
    });
    expect(refused.status).toBe(400);
    const run = await startPaying(business);
    await payoutBecomes(business, run, 'paid', 'settled');
    await payoutBecomes(business, run, 'failed', 'failed', 'returned');
    await payoutBecomes(business, run, 'back', 'returned');
    await payoutBecomes(business, run, 'Refused', 'failed');
    const [{ failureFields } = { failureFields: [] }] = await company.auditor.api.all<{ failureFields: unknown[] }>(
      `/v1/partners/${codeOf(business, 'Refused')}/instruments`,
    );
    expect(failureFields).toEqual([{ field: 'holder', reason: 'is refused by Wise (NOT_VALID)' }]); // Wise quoted the name
    await askForAddress(codeOf(business, 'paid'), `new-${CANARY.mail}`);

    const secrets = [CANARY.account, CANARY.holder, CANARY.taxId];
    const all = [...secrets, CANARY.name, CANARY.mail];
    const holds = (text: string, values: readonly string[]) => values.filter((value) => text.includes(value));
    const histories = await textsOfTemporal(world.temporal);
    expect([...histories.values()].join('\n')).toContain(run.id); // the histories were read, and as text
    for (const [workflow, text] of histories) expect(holds(text, all), workflow).toEqual([]);
    expect(world.logged.join('')).toContain('/v1/partners/batch');
    expect(holds(world.logged.join(''), all)).toEqual([]);
    expect(holds(await refused.text(), all)).toEqual([]);
    const metrics = await fetch(`${world.url}/metrics`);
    expect(holds(await metrics.text(), all)).toEqual([]);
    expect(await columnsWith(world.owner, secrets)).toEqual([]);
    expect(await columnsWith(world.owner, [CANARY.name, CANARY.mail])).toEqual(PLACES_OF_NAMES);
    expect(await columnsWith(world.owner, [codeOf(business, 'paid')])).toContain('partner.code'); // the search finds what is there
  });
});
