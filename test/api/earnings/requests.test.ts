import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { getPartner } from '../../../db/partners/partners.ts';
import { addDays } from '../../../domain/calendar.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { type Answer, type Api, setUpShop, startApi, TERMS } from '../api.ts';

let api: Api;
type Key = Awaited<ReturnType<Api['newKey']>>;
let [ann, bob, preparer, approver]: [Key, Key, Key, Key] = [] as never;

const TODAY = new Date().toISOString().slice(0, 10);
/** Days that are in the future in every zone. */
const [FROM, UNTIL] = [addDays(TODAY, 10), addDays(TODAY, 100)];
const within = { days: 3, counted: 'business' };
const POLICY = {
  rules: [
    {
      title: 'small funds',
      when: { ask: ['development_funds'], amount: { atMost: '100.00' }, currency: ['USD'] },
      automatic: 'approve',
    },
    {
      title: 'sales first, finance second',
      stages: [
        { role: 'preparer', approvals: 1, within, atEnd: 'expire' },
        { role: 'approver', approvals: 1, within, atEnd: 'decline' },
      ],
    },
  ],
};

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  await api.ask('POST', '/v1/programs/shop/plans', { body: { code: 'special', terms: TERMS } });
  await api.ask('POST', '/v1/programs/shop/policies/request', { body: { policy: POLICY } });
  ann = await api.newKey('partner', (await getPartner(api.db, 'ann')).id);
  bob = await api.newKey('partner', (await getPartner(api.db, 'bob')).id);
  preparer = await api.newKey('preparer');
  approver = await api.newKey('approver');
});
afterAll(() => api.stop());

const price = { program: 'shop', kind: 'special_price', wish: 'A large school', startsOn: FROM, endsOn: UNTIL };
const funds = { ...price, kind: 'development_funds', wish: 'A stand at the fair', currency: 'USD', amount: '5000.00' };
const ask = (body: object, key = ann.key) => api.ask('POST', '/v1/me/requests', { body, key });
const idOf = ({ body }: Answer) => String(body['id']);
const decide = (id: string, key: string, more: object = {}) =>
  api.ask('POST', `/v1/requests/${id}/decision`, { body: { decision: 'approve', ...more }, key });
const termsOf = async (partner: string) => {
  const { body } = await api.ask('GET', `/v1/partners/${partner}/agreements`);
  return (body['items'] as { terms: object[] }[])[0]?.terms;
};
const newsOf = (id: string) =>
  api.db.anyFirst(sql.type(z.object({ what: z.string() }))`
    select body ->> 'what' as what from notification where kind = 'request_changed' and body ->> 'request' = ${id} order by id`);

describe('given a request for a special price', () => {
  it('when two roles grant it then it is an exception in the agreement, which goes on as before after its end', async () => {
    const answer = await ask(price);
    expect(answer.body).toMatchObject({ status: 'review', plan: null });
    const id = idOf(answer);
    expect((await decide(id, preparer.key, { plan: 'special' })).body).toMatchObject({
      status: 'review',
      plan: 'special',
    });
    expect((await decide(id, approver.key, { plan: 'standard' })).body['errors']).toMatchObject([{ field: 'plan' }]);
    expect((await decide(id, approver.key)).body).toMatchObject({ status: 'granted', plan: 'special' });
    expect(await termsOf('ann')).toEqual([
      { plan: 'standard', startsOn: '2026-01-01', endsOn: FROM },
      { plan: 'special', startsOn: FROM, endsOn: UNTIL },
      { plan: 'standard', startsOn: UNTIL, endsOn: null },
    ]);
    const { body } = await api.ask('GET', '/v1/partners/ann/agreements/shop/history');
    expect((body['items'] as object[]).slice(1)).toMatchObject([
      { plan: 'special', recordedBy: approver.actor.code, reason: `request ${id}: A large school` },
      { plan: 'standard', recordedBy: approver.actor.code },
    ]);
    expect(await newsOf(id)).toEqual(['received', 'granted']);
  });

  it('when nobody names a plan then the last approval is refused, and nothing changes', async () => {
    const id = idOf(await ask(price, bob.key));
    await decide(id, preparer.key);
    expect((await decide(id, approver.key)).body['errors']).toMatchObject([{ field: 'plan' }]);
    expect((await api.ask('GET', `/v1/requests/${id}`)).body).toMatchObject({
      status: 'review',
      reviews: [{ stage: 2 }],
    });
    expect(await termsOf('bob')).toHaveLength(1);
  });

  it('when it is declined then the partner reads why, and only theirs', async () => {
    const id = idOf(await ask(price));
    await decide(id, preparer.key, { decision: 'decline', note: 'Too late.' });
    expect((await api.ask('GET', `/v1/me/requests/${id}`, { key: ann.key })).body).toMatchObject({
      status: 'declined',
      reason: 'Too late.',
    });
    expect((await api.ask('GET', `/v1/me/requests/${id}`, { key: bob.key })).status).toBe(404);
    expect((await api.ask('GET', '/v1/me/requests?status=declined', { key: bob.key })).body['items']).toEqual([]);
  });

  it('when it is withdrawn then nobody can decide it, and another partner cannot withdraw it', async () => {
    const id = idOf(await ask(price));
    const path = `/v1/me/requests/${id}/withdraw`;
    expect((await api.ask('POST', path, { body: { reason: 'No need' }, key: bob.key })).status).toBe(404);
    expect((await api.ask('POST', path, { body: { reason: 'No need' }, key: ann.key })).body).toMatchObject({
      status: 'withdrawn',
    });
    expect((await decide(id, preparer.key)).body).toMatchObject({ code: 'decision_not_open' });
  });
});

describe('given a request for funds', () => {
  it('when it is small then it is a fund at once', async () => {
    expect((await ask({ ...funds, amount: '100.00' })).body).toMatchObject({ status: 'granted' });
    const { body } = await api.ask('GET', '/v1/me/funds', { key: ann.key });
    expect(body['items']).toMatchObject([{ amount: '100.00', left: '100.00', startsOn: FROM, endsOn: UNTIL }]);
    expect((await api.ask('GET', '/v1/me/funds', { key: bob.key })).body['items']).toEqual([]);
  });

  it('when people grant it twice at the same moment then there is one fund', async () => {
    const id = idOf(await ask(funds, bob.key));
    await decide(id, preparer.key);
    const other = await api.newKey('approver');
    const answers = await Promise.all([decide(id, approver.key), decide(id, other.key)]);
    expect(answers.map(({ status }) => String(status)).toSorted((a, b) => a.localeCompare(b))).toEqual(['200', '409']);
    expect((await api.ask('GET', '/v1/funds?partner=bob')).body['items']).toMatchObject([
      { request: id, amount: '5000.00' },
    ]);
  });

  it.each([
    { body: { ...funds, amount: undefined, currency: undefined }, field: 'amount' },
    { body: { ...funds, plan: 'special' }, field: 'plan' },
    { body: { ...price, plan: 'gold' }, field: 'plan' },
    { body: { ...price, startsOn: '2026-01-01' }, field: 'startsOn' },
    { body: { ...price, endsOn: FROM }, field: 'endsOn' },
  ])('when $field does not fit then it is named', async ({ body, field }) => {
    expect((await ask(body)).body['errors']).toMatchObject([{ field }]);
  });

  it('then the books are right', async () => {
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});
