import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../../db/partners/partners.ts';
import { placeOnLadders } from '../../../commands/earnings/ladders.ts';
import { dividePools } from '../../../commands/earnings/pools.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

const NOW = new Date();
const YEAR = NOW.getUTCFullYear();

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  const steps = [
    { from: '0', percent: '1' },
    { from: '1000.00', percent: '2' },
  ];
  const terms = {
    holdDays: 0,
    rounding: 'half-even',
    incentives: [
      { id: 'volume', window: 'year', unit: 'USD', pay: { rule: 'steps', mode: 'cliff', steps }, earned: 'at-close' },
      {
        id: 'pool',
        when: { kinds: ['display'] },
        window: 'month',
        unit: 'USD',
        pay: { rule: 'share', pool: '100.00' },
        earned: 'at-close',
      },
      {
        id: 'target',
        when: { kinds: ['lease'] },
        window: 'year',
        against: 'quota',
        unit: 'USD',
        pay: {
          rule: 'steps',
          mode: 'marginal',
          steps: [
            { from: '0', percent: '1' },
            { from: '25', percent: '2' },
          ],
        },
      },
      {
        id: 'loyal',
        when: { kinds: ['lease', 'reading'] },
        window: 'year',
        measure: 'reading retention',
        unit: 'USD',
        pay: { rule: 'steps', mode: 'cliff', steps: [{ from: '80', percent: '3' }] },
        earned: 'at-close',
      },
    ],
  };
  const { status, text } = await api.ask('POST', '/v1/programs/shop/plans/standard/versions', {
    body: { terms, effectiveFrom: `${YEAR - 1}-01-01T00:00:00Z` },
  });
  if (status !== 201) throw new Error(text);
});
afterAll(() => api.stop());

type Explained = { incentive: string; explanation: { steps: string[]; inputs: Record<string, string> } };

const LAST_MONTH = new Date(Date.UTC(YEAR, NOW.getUTCMonth() - 1, 10, 12));

const sale = (id: string, amount: string) => ({
  source: 'store',
  id,
  program: 'shop',
  partner: 'ann',
  kind: 'sale',
  occurredAt: NOW.toISOString(),
  currency: 'USD',
  amount,
});

describe('given a yearly bonus of 1 %, or 2 % from 1,000.00 on, that is earned at its close', () => {
  it('when 820.00 was sold then the partner reads what is missing, until when, and what it is worth', async () => {
    expect((await api.ask('POST', '/v1/events', { body: { events: [sale('a', '820.00')] } })).status).toBe(200);
    await accrueAll(api.db, 'shop');
    const { body, text } = await api.ask('GET', '/v1/partners/ann/standing');
    expect(body['items'], text).toEqual([
      {
        program: 'shop',
        incentive: 'volume',
        window: 'year',
        from: `${YEAR}-01-01`,
        until: `${YEAR}-12-31`,
        group: '',
        currency: 'USD',
        volume: '820.00 USD',
        quota: null,
        share: null,
        earned: '0.00',
        worth: '8.20',
        budget: null,
        unfunded: null,
        closesOn: `${YEAR + 1}-01-01`,
        isOver: false,
        next: { at: '1000.00 USD', missing: '180.00 USD', worth: '20.00' },
        words: `820.00 USD of 1000.00 USD; 180.00 USD more by ${YEAR}-12-31 makes it worth 20.00 USD.`,
      },
    ]);
  });

  it('when the last step is reached then there is no next one', async () => {
    await api.ask('POST', '/v1/events', { body: { events: [sale('b', '180.00')] } });
    await accrueAll(api.db, 'shop');
    const { body } = await api.ask('GET', '/v1/partners/ann/standing');
    expect(body['items']).toMatchObject([{ worth: '20.00', next: null }]);
  });

  it('when somebody has sold nothing, or does not exist, then the list is empty, or the answer says so', async () => {
    expect((await api.ask('GET', '/v1/partners/bob/standing')).body['items']).toEqual([]);
    expect((await api.ask('GET', '/v1/partners/nobody/standing')).status).toBe(404);
  });

  it('when a partner asks then they read their own standing, and nobody else’s', async () => {
    const { key } = await api.newKey('partner', (await getPartner(api.db, 'bob')).id);
    expect((await api.ask('GET', '/v1/me/standing', { key })).body['items']).toEqual([]);
    expect((await api.ask('GET', '/v1/partners/ann/standing', { key })).status).toBe(404);
  });
});

describe('given a ladder with silver from 1,500.00 a year on', () => {
  const ladder = (more: object = {}) => ({
    from: `${YEAR}-01-01`,
    reason: 'The program guide',
    terms: {
      currency: 'USD',
      window: 'year',
      rungs: [
        { from: '0', value: 'bronze' },
        { from: '1500.00', value: 'silver' },
      ],
      ...more,
    },
  });
  const add = (fact: string, body: object) => api.ask('POST', `/v1/programs/shop/ladders/${fact}`, { body });

  it.each([
    { fact: 'tier', body: ladder({ rungs: [{ from: '5', value: 'a' }] }), field: 'terms.rungs[0].from' },
    { fact: 'tier', body: ladder({ when: { event: { shoe: ['1'] } } }), field: 'terms.when.event.shoe' },
    { fact: 'certification', body: ladder(), field: 'fact' },
    { fact: 'shoe_size', body: ladder(), field: 'fact' },
    { fact: 'tier', body: { ...ladder(), from: `${YEAR}-02-01` }, field: 'from' },
  ])('when $fact is given with terms that cannot be then $field is named', async ({ fact, body, field }) => {
    expect((await add(fact, body)).body).toMatchObject({ status: 400, errors: [{ field }] });
  });

  it('when it is added then a partner reads what the next rung needs, and staff read who added it', async () => {
    expect(await add('tier', ladder())).toMatchObject({ status: 201, body: { fact: 'tier', version: 1 } });
    const { body } = await api.ask('GET', '/v1/partners/ann/standing');
    expect(body['ladders']).toEqual([
      {
        program: 'shop',
        fact: 'tier',
        now: null,
        window: 'year',
        from: `${YEAR}-01-01`,
        until: `${YEAR}-12-31`,
        volume: '1000.00 USD',
        value: 'bronze',
        agreed: null,
        holdsFrom: `${YEAR + 1}-01-01`,
        next: { value: 'silver', at: '1500.00 USD', missing: '500.00 USD' },
        words: `1000.00 USD of 1500.00 USD; 500.00 USD more by ${YEAR}-12-31 makes you silver from ${YEAR + 1}-01-01.`,
      },
    ]);
    expect((await api.ask('GET', '/v1/programs/shop/ladders')).body['items']).toMatchObject([
      { reason: 'The program guide', createdBy: api.operator.actor.code },
    ]);
  });

  it('when the year is over then staff read each rung with its volume', async () => {
    await placeOnLadders(api.db, Date.parse(`${YEAR + 1}-01-01T12:00:00Z`));
    const { body } = await api.ask('GET', `/v1/programs/shop/ladders/tier/rungs?from=${YEAR + 1}-01-01`);
    expect(body['items']).toMatchObject([
      { partner: 'ann', volume: '1000.00 USD', value: 'bronze', before: null, hasAgreedDays: false },
      { partner: 'bob', volume: '0.00 USD', value: 'bronze' },
    ]);
  });
});

describe('given a pool of 100.00 for the displays of last month', () => {
  const display = (id: string, partner: string, amount: string) => ({
    ...sale(id, amount),
    partner,
    kind: 'display',
    occurredAt: LAST_MONTH.toISOString(),
  });

  it('when it is divided then the staff reads the total and all parts, and partners their own part', async () => {
    const events = [display('c', 'ann', '30.00'), display('d', 'bob', '10.00')];
    expect((await api.ask('POST', '/v1/events', { body: { events } })).status).toBe(200);
    await accrueAll(api.db, 'shop');
    const ofBob = () => api.ask('GET', '/v1/partners/bob/standing');
    const words = '10.00 USD is 25 % of what all partners reached who divide the pool; it is worth 25.00 USD so far.';
    expect((await ofBob()).body['items']).toMatchObject([{ share: '25 %', worth: '25.00', earned: '0.00', words }]);
    await dividePools(api.db);
    await accrueAll(api.db, 'shop');
    expect((await ofBob()).body['items']).toMatchObject([
      { worth: '25.00', earned: '25.00', words: words.replace(' so far', '') },
    ]);
    const { body } = await api.ask('GET', '/v1/programs/shop/pools');
    const [pool] = body['items'] as { id: string }[];
    expect(pool).toMatchObject({
      status: 'divided',
      amount: '100.00',
      total: '40.00 USD',
      divisions: 1,
      planVersion: 2,
    });
    const parts = await api.ask('GET', `/v1/pools/${pool?.id}/parts`);
    expect(parts.body['items']).toEqual([
      { partner: 'ann', volume: '30.00 USD', share: '75 %', amount: '75.00', division: 1 },
      { partner: 'bob', volume: '10.00 USD', share: '25 %', amount: '25.00', division: 1 },
    ]);
    expect((await api.ask('GET', '/v1/pools/999999/parts')).status).toBe(404);
  });

  it('when a draft that divides a pool is tried out then the back-test is refused by name', async () => {
    const incentive = {
      id: 'pool',
      window: 'month',
      unit: 'USD',
      earned: 'at-close',
      pay: { rule: 'share', pool: '1.00' },
    };
    const terms = { holdDays: 0, rounding: 'half-even', incentives: [incentive] };
    const { status, body } = await api.ask('POST', '/v1/programs/shop/plans/standard/back-tests', {
      body: { terms, from: `${YEAR}-01-01`, until: `${YEAR}-02-01` },
    });
    expect({ status, errors: body['errors'] }).toMatchObject({
      status: 400,
      errors: [{ field: 'terms.incentives[0].pay.rule' }],
    });
  });
});

describe('given a bonus against a quota, and one by a reading', () => {
  it('when neither has all it needs then the words say what is there, and what is not', async () => {
    const quota = { program: 'shop', window: 'year', start: `${YEAR}-01-01`, currency: 'USD', value: '600.00' };
    await api.ask('PUT', '/v1/partners/bob/quotas', { body: quota });
    const leased = { ...sale('leased', '300.00'), partner: 'bob', kind: 'lease' };
    expect((await api.ask('POST', '/v1/events', { body: { events: [leased] } })).status).toBe(200);
    await accrueAll(api.db, 'shop');
    const standings = (await api.ask('GET', '/v1/partners/bob/standing')).body['items'] as Record<string, string>[];
    const wordsOf = (incentive: string) => standings.find((one) => one['incentive'] === incentive)?.['words'];
    expect(wordsOf('target')).toBe('300.00 USD is 50 % of the quota of 600.00 USD; it is worth 4.50 USD so far.');
    expect(wordsOf('loyal')).toContain('there is no reading retention yet');
    const earnings = (await api.ask('GET', '/v1/partners/bob/earnings')).body['items'] as Explained[];
    const explained = (incentive: string) => earnings.find((one) => one.incentive === incentive)?.explanation;
    expect(explained('target')?.steps).toContain(
      '1 % of 150 USD is 1.5 USD, where 150 USD is 300.00 USD × 25 % ÷ 50 %',
    );
    expect(explained('loyal')?.steps).toContain('there is no reading retention yet');
    expect(explained('loyal')?.inputs).not.toHaveProperty('reading retention');
  });
});
