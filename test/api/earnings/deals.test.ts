import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { getPartner } from '../../../db/partners/partners.ts';
import { addDays } from '../../../domain/calendar.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openOwner, tamper } from '../../fixtures/database.ts';
import { giveRole } from '../../fixtures/people.ts';
import { refusalOf } from '../../fixtures/rows.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
type Key = Awaited<ReturnType<Api['newKey']>>;
let [ann, bob, preparer, approver]: [Key, Key, Key, Key] = [] as never;

const TODAY = new Date().toISOString().slice(0, 10);
const LATER = addDays(TODAY, 60);
const within = { days: 3, counted: 'business' };
const POLICY = {
  rules: [
    {
      title: 'small deals',
      when: { ask: ['registration'], amount: { atMost: '1000.00' }, currency: ['USD'] },
      automatic: 'approve',
      grants: { protectionDays: 30 },
    },
    { title: 'no sales there', when: { customerCountry: ['RU'] }, automatic: { decline: 'We do not sell there.' } },
    { title: 'short extensions', when: { ask: ['extension'], extensionDays: { atMost: '30' } }, automatic: 'approve' },
    {
      title: 'all others',
      stages: [
        { role: 'preparer', approvals: 1, within, escalate: { role: 'operator', within }, atEnd: 'expire' },
        { role: 'approver', approvals: 1, within, atEnd: 'decline' },
      ],
      grants: { protectionDays: 90 },
    },
  ],
};

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  ann = await api.newKey('partner', (await getPartner(api.db, 'ann')).id);
  bob = await api.newKey('partner', (await getPartner(api.db, 'bob')).id);
  preparer = await api.newKey('preparer');
  approver = await api.newKey('approver');
});
afterAll(() => api.stop());

const byText = (one: string, other: string): number => one.localeCompare(other);

let customers = 0;
const deal = (more: object = {}) => {
  customers += 1;
  return {
    program: 'shop',
    customer: `Customer ${customers}`,
    domain: `customer-${customers}.example`,
    country: 'DE',
    productLines: ['routers'],
    currency: 'USD',
    amount: '500.00',
    expectedClose: LATER,
    ...more,
  };
};
const register = (body: object, key = ann.key) => api.ask('POST', '/v1/me/deals', { body, key });
const idOf = ({ body }: Answer) => String(body['id']);
const decide = (id: string, key: string, decision = 'approve', note?: string) =>
  api.ask('POST', `/v1/deals/${id}/decision`, { body: { decision, ...(note ? { note } : {}) }, key });
const get = (id: string) => api.ask('GET', `/v1/deals/${id}`);
const newsOf = (id: string) =>
  api.db.anyFirst(sql.type(z.object({ what: z.string() }))`
    select body ->> 'what' as what from notification where kind = 'deal_changed' and body ->> 'deal' = ${id} order by id`);
const tasksOf = (id: string) =>
  api.db.any(sql.type(z.object({ role: z.string(), open: z.boolean() }))`
    select evidence ->> 'role' as role, closed_at is null as open from task
    where kind = 'decision_waiting' and subject = ${`deal/${id}`} order by opened_at, id`);

describe('given a program without a policy', () => {
  it('when a partner registers a deal then it is refused, and says what is missing', async () => {
    const { status, body } = await register(deal());
    expect(status).toBe(400);
    expect(body['errors']).toMatchObject([
      { field: 'program', reason: expect.stringMatching(/^has no policy for a deal/) },
    ]);
    expect((await api.ask('GET', '/v1/deals')).body['items']).toEqual([]);
  });
});

describe('given a policy', () => {
  it('when it is wrong then it is refused with the place and the reason', async () => {
    const body = { policy: { rules: [{ title: 'all', when: { colour: ['red'] }, automatic: 'approve' }] } };
    const { status, body: problem } = await api.ask('POST', '/v1/programs/shop/policies/deal', { body });
    expect(status).toBe(400);
    expect(problem['errors']).toMatchObject([
      { field: 'policy.rules[0].when.colour', reason: 'is not a fact that a rule can ask for' },
      { field: 'policy.rules[0].grants.protectionDays' },
      { field: 'policy.rules', reason: expect.stringMatching(/^has no final rule/) },
    ]);
  });

  it('when it asks for a fact that nobody declared then it is refused', async () => {
    const [first, ...others] = POLICY.rules;
    const policy = { rules: [{ ...first, when: { 'partner.colour': ['red'] } }, ...others] };
    const { body } = await api.ask('POST', '/v1/programs/shop/policies/deal', { body: { policy } });
    expect(body['errors']).toMatchObject([{ field: 'policy.rules[0].when.partner.colour' }]);
  });

  it('when it is good then it is a version, and only an operator may write one', async () => {
    const path = '/v1/programs/shop/policies/deal';
    expect(await api.ask('POST', path, { body: { policy: POLICY }, key: preparer.key })).toMatchObject({ status: 403 });
    const { status, body } = await api.ask('POST', path, { body: { policy: POLICY } });
    expect([status, body['version']]).toEqual([201, 1]);
    expect((await api.ask('GET', path)).body['items']).toMatchObject([
      { version: 1, createdBy: api.operator.actor.code },
    ]);
    const early = { policy: POLICY, effectiveFrom: '2020-01-01T00:00:00Z' };
    expect((await api.ask('POST', path, { body: early })).body['errors']).toMatchObject([{ field: 'effectiveFrom' }]);
  });
});

describe('given deals that the policy decides at once', () => {
  it('when one is small then it is protected, and the partner is told once', async () => {
    const answer = await register(deal());
    expect(answer.body).toMatchObject({ status: 'protected', partner: 'ann', amount: '500.00' });
    expect(await newsOf(idOf(answer))).toEqual(['protected']);
    expect((await get(idOf(answer))).body['reviews']).toMatchObject([
      { status: 'approved', policyVersion: 1, rule: 1, ruleTitle: 'small deals' },
    ]);
  });

  it('when a rule declines it then the partner reads why', async () => {
    const { body } = await register(deal({ country: 'RU', amount: '5000.00' }));
    expect(body).toMatchObject({ status: 'declined', reason: 'We do not sell there.', protectedUntil: null });
  });

  it('when the same request is repeated then it is one deal', async () => {
    const body = deal();
    const headers = { 'idempotency-key': randomUUID() };
    const send = () => api.ask('POST', '/v1/me/deals', { body, headers, key: ann.key });
    const first = await send();
    expect((await send()).body).toEqual(first.body);
  });
});

describe('given a customer whom a partner registered', () => {
  it('when another partner registers them under another spelling then they are declined, without a name', async () => {
    const first = deal({ registrationNumber: 'HRB 12-34' });
    const { body: won } = await register(first);
    const { body } = await register(
      deal({ domain: undefined, registrationNumber: 'hrb1234', productLines: ['Routers ', 'phones'] }),
      bob.key,
    );
    expect(body).toMatchObject({ status: 'declined', reason: 'Another registration of this customer came first.' });
    expect(JSON.stringify(body)).not.toContain(String(won['id']));
    expect((await register({ ...deal(), domain: `https://www.${first.domain.toUpperCase()}/` })).body).toMatchObject({
      status: 'declined',
      reason: `You registered this customer before: deal ${String(won['id'])}.`,
    });
    const other = { ...deal(), domain: first.domain, productLines: ['switches'] };
    expect((await register(other, bob.key)).body, 'another product line').toMatchObject({ status: 'protected' });
  });

  it('when two partners register at the same moment then exactly one wins', async () => {
    for (let round = 0; round < 5; round += 1) {
      const body = deal();
      const answers = await Promise.all([ann.key, bob.key, ann.key, bob.key].map((key) => register(body, key)));
      expect(answers.map(({ body: { status } }) => String(status)).toSorted(byText)).toEqual([
        'declined',
        'declined',
        'declined',
        'protected',
      ]);
    }
  });

  it('when the first one withdraws then the customer is free again', async () => {
    const body = deal();
    const id = idOf(await register(body));
    const path = `/v1/me/deals/${id}/withdraw`;
    expect((await api.ask('POST', path, { body: { reason: 'They went away' }, key: bob.key })).status).toBe(404);
    expect((await api.ask('POST', path, { body: { reason: 'They went away' }, key: ann.key })).body).toMatchObject({
      status: 'withdrawn',
    });
    expect((await register(body, bob.key)).body).toMatchObject({ status: 'protected' });
    const again = await api.ask('POST', path, { body: { reason: 'They went away' }, key: ann.key });
    expect(again.body).toMatchObject({ status: 409, code: 'status_does_not_allow' });
  });

  it('when a protection is over that nobody has looked at yet then the customer is free all the same', async () => {
    const body = deal();
    const id = idOf(await register(body));
    const owner = await openOwner(api.url);
    await tamper(owner, sql.unsafe`update deal set protected_until = '2026-01-01' where id = ${id}`);
    await owner.end();
    expect((await register(body, bob.key)).body).toMatchObject({ status: 'protected' });
    expect((await get(id)).body).toMatchObject({ status: 'expired', reason: 'The protection is over.' });
    expect(await newsOf(id)).toEqual(['protected', 'expired']);
  });
});

describe('given a deal that people decide in two stages', () => {
  const large = () => register(deal({ amount: '5000.00' }));

  it('when both approve then it is protected, and each stage has its task', async () => {
    const id = idOf(await large());
    expect((await get(id)).body).toMatchObject({ status: 'review', reviews: [{ stage: 1, waitsFor: ['preparer'] }] });
    expect(await tasksOf(id)).toEqual([{ role: 'preparer', open: true }]);
    expect((await decide(id, approver.key)).body).toMatchObject({ code: 'not_allowed' });
    expect((await decide(id, preparer.key)).body).toMatchObject({ status: 'review', reviews: [{ stage: 2 }] });
    expect((await decide(id, preparer.key)).body).toMatchObject({ code: 'approver_decided_already' });
    expect((await decide(id, approver.key)).body).toMatchObject({ status: 'protected' });
    expect((await decide(id, approver.key)).body).toMatchObject({ code: 'decision_not_open' });
    expect(await tasksOf(id)).toEqual([
      { role: 'preparer', open: false },
      { role: 'approver', open: false },
    ]);
    expect(await newsOf(id)).toEqual(['registered', 'protected']);
  });

  it('when one declines then it is over, and the partner reads the note', async () => {
    const id = idOf(await large());
    await decide(id, preparer.key, 'decline', 'We serve them ourselves.');
    expect((await api.ask('GET', `/v1/me/deals/${id}`, { key: ann.key })).body).toMatchObject({
      status: 'declined',
      reason: 'We serve them ourselves.',
    });
  });

  it('when two answer at the same moment then one answer counts for each stage', async () => {
    const id = idOf(await large());
    const other = await api.newKey('preparer');
    const answers = await Promise.all([decide(id, preparer.key), decide(id, other.key)]);
    expect(answers.map(({ status }) => String(status)).toSorted(byText)).toEqual(['200', '403']);
    expect((await get(id)).body).toMatchObject({ status: 'review', reviews: [{ stage: 2 }] });
  });

  it('when the person who registered it answers then they are refused, also with an account whose role they gave', async () => {
    const mine = await api.ask('POST', '/v1/deals', {
      body: deal({ partner: 'ann', amount: '5000.00' }),
      key: preparer.key,
    });
    expect((await decide(idOf(mine), preparer.key)).body).toMatchObject({ code: 'decider_is_proposer' });

    const id = idOf(await api.ask('POST', '/v1/deals', { body: deal({ partner: 'ann', amount: '5000.00' }) }));
    const second = await api.newKey('auditor');
    const other = await api.newKey('operator');
    const { key } = await giveRole(api.db, second.actor.id, 'preparer', {
      givers: [api.operator.actor.id, other.actor.id],
    });
    expect((await decide(id, key)).body).toMatchObject({ code: 'role_given_by_editor' });
  });

  it('when somebody whom the partner pays answers then they are refused', async () => {
    const id = idOf(await large());
    const { key } = await giveRole(api.db, ann.actor.id, 'preparer');
    const other = await api.newKey('preparer', null);
    await giveRole(api.db, other.actor.id, 'partner', { partnerId: (await getPartner(api.db, 'ann')).id });
    expect((await decide(id, key)).body).toMatchObject({ code: 'decider_is_proposer' });
    expect((await decide(id, other.key)).body).toMatchObject({ code: 'approver_is_payee' });
  });

  it('when the code forgets to ask then the database refuses the answer and the approval', async () => {
    const id = idOf(await large());
    const review = await api.db.oneFirst(sql.type(z.object({ id: z.string() }))`
      select id from policy_review where subject_id = ${id}`);
    const answer = (by: Key, role: string) =>
      api.db.query(sql.unsafe`
        insert into policy_answer(review_id, actor_id, stage, role, decision) values (${review}, ${by.actor.id}, 1, ${role}, 'approve')`);
    expect(await refusalOf(answer(ann, 'preparer'))).toContain('the person asked');
    expect(await refusalOf(answer(approver, 'approver'))).toContain('does not have the role');
    expect(
      await refusalOf(
        api.db.query(
          sql.unsafe`update policy_review set status = 'approved', ended_at = now(), due_at = null where id = ${review}`,
        ),
      ),
    ).toContain('fewer people approved it');
    expect(
      await refusalOf(
        api.db.query(sql.unsafe`update deal set status = 'protected', protected_until = '2027-01-01' where id = ${id}`),
      ),
    ).toContain('no approved review');
  });
});

describe('given a protected deal', () => {
  const extend = (id: string, until: string, key = ann.key) =>
    api.ask('POST', `/v1/me/deals/${id}/extension`, { body: { until, reason: 'They decide later' }, key });

  it('when a short extension is asked for then it is protected for longer', async () => {
    const answer = await register(deal());
    const until = addDays(String(answer.body['protectedUntil']), 20);
    expect((await extend(idOf(answer), until, bob.key)).status).toBe(404);
    expect((await extend(idOf(answer), until)).body).toMatchObject({ status: 'protected', protectedUntil: until });
    expect((await extend(idOf(answer), until)).body['errors']).toMatchObject([{ field: 'until' }]);
    expect(await newsOf(idOf(answer))).toEqual(['protected', 'extended']);
  });

  it('when a long extension waits then a second one is refused, and a refusal leaves the protection as it was', async () => {
    const answer = await register(deal());
    const id = idOf(answer);
    const { protectedUntil } = answer.body;
    const until = addDays(String(protectedUntil), 100);
    expect((await extend(id, until)).body).toMatchObject({ status: 'protected', protectedUntil });
    expect((await extend(id, until)).body).toMatchObject({ code: 'status_does_not_allow' });
    await decide(id, preparer.key, 'decline', 'Long enough.');
    expect((await get(id)).body).toMatchObject({ status: 'protected', protectedUntil });
    expect(await newsOf(id)).toEqual(['protected', 'extension_declined']);
  });

  it('when it is lost then its customer is free', async () => {
    const body = deal();
    const id = idOf(await register(body));
    expect((await api.ask('POST', `/v1/deals/${id}/lost`, { body: {} })).body).toMatchObject({ status: 'lost' });
    expect((await register(body, bob.key)).body).toMatchObject({ status: 'protected' });
  });
});

describe('given sales that close a deal', () => {
  const sale = (id: string, more: object = {}) => ({
    source: 'store',
    id,
    program: 'shop',
    partner: 'ann',
    kind: 'sale',
    occurredAt: '2026-02-10T12:00:00Z',
    currency: 'USD',
    amount: '100.00',
    ...more,
  });
  const send = (...events: object[]) => api.ask('POST', '/v1/events', { body: { events } });
  const win = (id: string, sales: string[]) =>
    api.ask('POST', `/v1/deals/${id}/won`, { body: { sales: sales.map((sold) => ({ source: 'store', id: sold })) } });

  beforeAll(() => api.ask('POST', '/v1/programs/shop/attributes', { body: { attributes: ['deal'] } }));

  it('when it is won with named sales and those that name it then an event of ours earns over their sum', async () => {
    const id = idOf(await register(deal()));
    await send(sale('won-1'), sale('won-2', { attributes: { deal: id }, amount: '50.00' }));
    const { body } = await win(id, ['won-1']);
    expect(body).toMatchObject({ status: 'won', sales: [{ id: 'won-1' }, { id: 'won-2' }] });
    const { body: events } = await api.ask('GET', `/v1/events?source=bursar&id=deal_won/${id}`);
    expect(events['items']).toMatchObject([
      { kind: 'deal_won', partner: 'ann', amount: '150.00', attributes: { deal: id } },
    ]);
    expect((await win(id, ['won-1'])).body).toMatchObject({ code: 'status_does_not_allow' });
  });

  it('when a sale does not fit then the deal stays, and each mistake is named', async () => {
    const id = idOf(await register(deal()));
    await send(sale('unfit-eur', { currency: 'EUR' }), sale('unfit-bob', { partner: 'bob' }));
    const { body } = await win(id, ['unfit-eur', 'unfit-bob', 'unknown', 'won-1']);
    expect(body['errors']).toMatchObject([
      { field: 'sales[0]', reason: 'is in EUR, and the deal is in USD' },
      { field: 'sales[1]', reason: 'is not a sale of ann in shop' },
      { field: 'sales[2]', reason: 'is not known' },
      { field: 'sales[3]', reason: 'closed another deal before' },
    ]);
    expect((await win(id, [])).body['errors']).toMatchObject([{ field: 'sales' }]);
    expect((await get(id)).body).toMatchObject({ status: 'protected' });
  });

  it('when two close it at the same moment then one event earns', async () => {
    const id = idOf(await register(deal()));
    await send(sale(`race-${id}`));
    const answers = await Promise.all([win(id, [`race-${id}`]), win(id, [`race-${id}`])]);
    expect(answers.map(({ status }) => String(status)).toSorted(byText)).toEqual(['200', '409']);
  });

  it('when an event names a deal of another partner then it is stored, and told of', async () => {
    const id = idOf(await register(deal()));
    const { body } = await send(sale(`other-${id}`, { partner: 'bob', attributes: { deal: id } }));
    expect(body).toMatchObject({ warnings: [{ code: 'deal_of_another', id: `other-${id}` }], warningCount: 1 });
    expect((await api.ask('GET', `/v1/events?source=store&id=other-${id}`)).body['items']).toHaveLength(1);
  });
});

describe('given deals of several partners', () => {
  it('when a partner lists theirs then nobody else is in it', async () => {
    const id = idOf(await register(deal(), bob.key));
    expect((await api.ask('GET', `/v1/me/deals/${id}`, { key: ann.key })).status).toBe(404);
    const { body } = await api.ask('GET', '/v1/me/deals?limit=200', { key: ann.key });
    expect(new Set((body['items'] as { partner: string }[]).map(({ partner }) => partner))).toEqual(new Set(['ann']));
    expect((await api.ask('GET', '/v1/deals?status=review&partner=bob')).body['items']).toEqual([]);
  });

  it('when a partner is merged then the other one has their deals', async () => {
    const id = idOf(await register(deal(), ann.key));
    const merge = await api.ask('POST', '/v1/partners/ann/merge', { body: { into: 'bob', reason: 'One person' } });
    const { key } = await api.newKey('approver');
    await api.ask('POST', `/v1/corrections/${idOf(merge)}/decision`, { body: { decision: 'confirm' }, key });
    const { body } = await api.ask('GET', '/v1/me/deals?limit=200', { key: bob.key });
    expect((body['items'] as { id: string }[]).map((one) => one.id)).toContain(id);
    expect((await api.ask('GET', `/v1/me/deals/${id}`, { key: bob.key })).body).toMatchObject({ id });
  });

  it('then the books are right', async () => {
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});
