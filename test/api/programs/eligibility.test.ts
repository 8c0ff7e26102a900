import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { accrueAll } from '../../fixtures/accrual.ts';
import { type Api, setUpShop, startApi, TERMS } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
  await program('pro', ['reseller', 'affiliate'], { needs: [{ key: 'certification', anyOf: ['net-1'] }] });
});
afterAll(() => api.stop());

async function program(code: string, partnerKinds: string[], eligibility: object) {
  const added = await api.ask('POST', '/v1/programs', {
    body: { code, name: code, schedule: 'monthly', partnerKinds, eligibility },
  });
  await api.ask('POST', `/v1/programs/${code}/plans`, { body: { code: 'standard', terms: TERMS } });
  return added;
}
const agreement = (startsOn: string) => ({ program: 'pro', plan: 'standard', startsOn });
const join = (startsOn: string) => api.ask('POST', '/v1/partners/ann/agreements', { body: agreement(startsOn) });
const partner = (code: string, more: object = {}) => ({
  code,
  name: code,
  kind: 'reseller',
  country: 'US',
  agreements: [agreement('2026-03-01')],
  ...more,
});
const fact = { key: 'certification', value: 'net-1', from: '2026-02-01' };

describe('given a program that needs a certification', () => {
  it('when a partner joins without it then that is refused with the reason, and nothing is written', async () => {
    const answer = await join('2026-03-01');
    expect(answer.body).toMatchObject({
      status: 400,
      errors: [{ field: 'program', reason: 'ann cannot join pro: ann needs certification net-1 on 2026-03-01' }],
    });
    const { body } = await api.ask('GET', '/v1/partners/ann/agreements');
    expect(body['items']).toMatchObject([{ program: 'shop' }]);
  });

  it('when the partner holds it on the first day then they join, and not from an earlier day', async () => {
    await api.ask('POST', '/v1/partners/ann/facts', { body: fact });
    expect(await join('2026-01-31')).toMatchObject({ status: 400 });
    expect(await join('2026-03-01')).toMatchObject({ status: 201 });
    const change = (startsOn: string) => api.ask('PATCH', '/v1/partners/ann/agreements/pro', { body: { startsOn } });
    expect((await change('2026-01-15')).body).toMatchObject({ status: 400, errors: [{ field: 'program' }] });
    expect(await change('2026-02-01')).toMatchObject({ status: 200 });
  });

  it('when a new partner comes with the fact then they join at once', async () => {
    expect(await api.ask('POST', '/v1/partners', { body: partner('bea', { facts: [fact] }) })).toMatchObject({
      status: 201,
    });
    expect(await api.ask('POST', '/v1/partners', { body: partner('cara') })).toMatchObject({ status: 400 });
    expect(await api.ask('GET', '/v1/partners/cara')).toMatchObject({ status: 404 });
  });

  it('when a partner is of another kind then they are refused, in a batch with all others', async () => {
    const answer = await api.ask('POST', '/v1/partners/batch', {
      body: { partners: [partner('dora', { facts: [fact] }), partner('emil', { facts: [fact], kind: 'agent' })] },
    });
    expect(answer.body).toMatchObject({
      status: 400,
      errors: [{ field: 'program', reason: expect.stringContaining('open to reseller, affiliate') }],
    });
    expect(await api.ask('GET', '/v1/partners/dora')).toMatchObject({ status: 404 });
  });

  it('when it is opened to everybody then partners who did not fit may join', async () => {
    const eligibility = { needs: [], territories: ['US'], exclusive: [], rights: [], onIneligible: 'earn' };
    const opened = await api.ask('PUT', '/v1/programs/pro/eligibility', { body: { partnerKinds: [], eligibility } });
    expect(opened).toMatchObject({ status: 200, body: { partnerKinds: [], eligibility } });
    expect(await api.ask('POST', '/v1/partners', { body: partner('fred', { kind: 'agent' }) })).toMatchObject({
      status: 201,
    });
    expect((await api.ask('POST', '/v1/partners', { body: partner('gina', { country: 'FR' }) })).body).toMatchObject({
      errors: [{ reason: expect.stringContaining('gina is in FR') }],
    });
  });

  it.each([
    { needs: [{ key: 'shoe_size', anyOf: ['44'] }], field: 'eligibility.needs[0].key' },
    { needs: [{ key: 'rank', anyOf: ['a', 'z'] }], field: 'eligibility.needs[0].anyOf' },
    { needs: [], rights: [{ attribute: 'shoe', key: 'product' }], field: 'eligibility.rights[0].attribute' },
  ])(
    'when it needs a fact that nobody can have then it is not added: $field',
    async ({ needs, rights = [], field }) => {
      await api.ask('PUT', '/v1/fact-keys/rank', { body: { description: 'The rank', allowedValues: ['a', 'b'] } });
      expect((await program('odd', [], { needs, rights })).body).toMatchObject({ status: 400, errors: [{ field }] });
    },
  );
});

describe('given a program in which each territory belongs to one partner at a time', () => {
  const territory = (value: string, from = '2026-01-01', until?: string) => ({ key: 'territory', value, from, until });
  const sole = (startsOn: string, endsOn?: string) => ({ program: 'sole', plan: 'standard', startsOn, endsOn });
  const add = (code: string, facts: object[], agreements: object[]) =>
    api.ask('POST', '/v1/partners', { body: partner(code, { facts, agreements }) });
  const record = (code: string, body: object) => api.ask('POST', `/v1/partners/${code}/facts`, { body });

  beforeAll(async () => {
    await program('sole', [], { exclusive: ['territory'] });
    await add('north', [territory('DE'), territory('AT')], [sole('2026-01-01', '2026-07-01')]);
  });

  it('when another partner holds one of them on the same days then they cannot join', async () => {
    const answer = await add('south', [territory('AT')], [sole('2026-06-01')]);
    expect(answer.body).toMatchObject({
      status: 400,
      errors: [
        {
          field: 'program',
          reason: expect.stringContaining('territory AT belongs to north in sole from 2026-06-01 on'),
        },
      ],
    });
    expect(await api.ask('GET', '/v1/partners/south')).toMatchObject({ status: 404 });
  });

  it('when they join after the other one left then they may, and the other one cannot come back', async () => {
    expect(await add('south', [territory('AT')], [sole('2026-07-01')])).toMatchObject({ status: 201 });
    const back = await api.ask('PATCH', '/v1/partners/north/agreements/sole', { body: { endsOn: null } });
    expect(back.body).toMatchObject({ status: 400, errors: [{ field: 'program' }] });
    expect(
      await api.ask('PATCH', '/v1/partners/north/agreements/sole', { body: { startsOn: '2025-12-01' } }),
    ).toMatchObject({
      status: 200,
    });
  });

  it('when a partner in the program gets the territory of another one then that is refused', async () => {
    expect(await add('west', [territory('FR')], [sole('2026-01-01')])).toMatchObject({ status: 201 });
    expect((await record('west', territory('AT', '2026-03-01'))).body).toMatchObject({
      status: 400,
      errors: [
        { reason: expect.stringContaining('belongs to north in sole from 2026-03-01') },
        { reason: expect.stringContaining('belongs to south in sole from 2026-07-01') },
      ],
    });
    expect(await record('west', territory('CH'))).toMatchObject({ status: 201 });
    expect(await record('ann', territory('AT'))).toMatchObject({ status: 201 });
  });

  it('when two partners take one territory at once then one of them gets it', async () => {
    await Promise.all(['east', 'far'].map((code) => add(code, [], [sole('2026-01-01')])));
    const answers = await Promise.all(['east', 'far'].map((code) => record(code, territory('PL'))));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 400]);
  });
});

describe('given a program that parks events of partners who are not eligible', () => {
  it('when staff list them then each names its reason, and an operator decides about it once', async () => {
    const eligibility = { needs: [{ key: 'certification', anyOf: ['net-9'] }], onIneligible: 'park' };
    await api.ask('PUT', '/v1/programs/shop/eligibility', { body: { partnerKinds: [], eligibility } });
    const event = { source: 'till', id: 'lapsed', program: 'shop', partner: 'ann', kind: 'sale' };
    const sold = { ...event, occurredAt: '2026-03-01T12:00:00Z', currency: 'USD', amount: '10.00' };
    expect((await api.ask('POST', '/v1/events', { body: { events: [sold] } })).status).toBe(200);
    await accrueAll(api.db, 'shop');
    const { body } = await api.ask('GET', '/v1/programs/shop/ineligible-events');
    expect(body['items']).toMatchObject([
      { partner: 'ann', id: 'lapsed', amount: '10.00', reason: 'needs certification net-9 on 2026-03-01' },
    ]);
    const decision = { partner: 'ann', source: 'till', id: 'lapsed', decision: 'dismiss', reason: 'Not certified' };
    const decide = () => api.ask('POST', '/v1/programs/shop/ineligible-events/decision', { body: decision });
    expect(await decide()).toMatchObject({ status: 200, body: { events: 1 } });
    expect(await decide()).toMatchObject({ status: 404 });
  });
});
