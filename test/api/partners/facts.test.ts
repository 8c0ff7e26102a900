import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { accrueAll } from '../../fixtures/accrual.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob', 'cem']);
});
afterAll(() => api.stop());

const record = (partner: string, body: object) => api.ask('POST', `/v1/partners/${partner}/facts`, { body });
const tier = (value: string, from: string, more: object = {}) => ({ key: 'tier', value, from, ...more });
const read = async (path: string, key?: string) => (await api.ask('GET', path, key ? { key } : {})).body['items'];

describe('given facts about a partner', () => {
  it('when a key has one value at a time then a later record ends the earlier value on its first day', async () => {
    await record('ann', tier('silver', '2026-01-01'));
    expect(await record('ann', tier('gold', '2026-04-01', { reason: 'First quarter' }))).toMatchObject({
      status: 201,
      body: { key: 'tier', value: 'gold', holds: true, source: 'person', recordedBy: api.operator.actor.code },
    });
    expect(await read('/v1/partners/ann/facts')).toEqual([
      { key: 'tier', value: 'gold', from: '2026-04-01', until: null },
      { key: 'tier', value: 'silver', from: '2026-01-01', until: '2026-04-01' },
    ]);
    expect(await read('/v1/partners/ann/facts?on=2026-03-31')).toMatchObject([{ value: 'silver' }]);
    expect(await read('/v1/partners/ann/facts?on=2026-04-01')).toMatchObject([{ value: 'gold' }]);
    expect(await read('/v1/partners/ann/facts?on=2025-12-31')).toEqual([]);
  });

  it('when a key has many values then they hold side by side, and one of them can be taken back', async () => {
    const certified = (value: string, more: object = {}) => ({
      key: 'certification',
      value,
      from: '2026-01-01',
      ...more,
    });
    await record('bob', certified('net-1', { until: '2028-01-01' }));
    await record('bob', certified('net-2'));
    expect(await read('/v1/partners/bob/facts?on=2026-06-01')).toHaveLength(2);
    await record('bob', certified('net-1', { from: '2026-05-01', holds: false, reason: 'The exam was not valid' }));
    expect(await read('/v1/partners/bob/facts?on=2026-06-01')).toMatchObject([{ value: 'net-2' }]);
    expect(await read('/v1/partners/bob/facts?on=2026-04-30')).toHaveLength(2);
  });

  it('then the history keeps every record, and nobody can change one', async () => {
    expect(await read('/v1/partners/bob/facts/history')).toMatchObject([
      { value: 'net-1', holds: true },
      { value: 'net-2', holds: true },
      { value: 'net-1', holds: false, from: '2026-05-01', reason: 'The exam was not valid' },
    ]);
    await expect(api.db.query(sql.unsafe`update partner_fact set value = 'x'`)).rejects.toThrow('denied');
    await expect(api.db.query(sql.unsafe`delete from partner_fact`)).rejects.toThrow('denied');
  });

  it('when another partner asks for them then they are not there', async () => {
    const id = await api.db.oneFirst(sql.unsafe`select id from partner where code = 'ann'`);
    const { key } = await api.newKey('partner', BigInt(String(id)));
    expect(await read('/v1/partners/ann/facts', key)).toHaveLength(2);
    expect(await api.ask('GET', '/v1/partners/bob/facts', { key })).toMatchObject({ status: 404 });
    expect(await api.ask('GET', '/v1/partners/ann/facts/history', { key })).toMatchObject({ status: 403 });
  });

  it.each([
    { because: 'nobody declared its key', body: { key: 'shoe_size', value: '44', from: '2026-01-01' }, field: 'key' },
    { because: 'it ends on its first day', body: tier('gold', '2026-01-01', { until: '2026-01-01' }), field: 'until' },
    { because: 'it names no value', body: { key: 'tier', from: '2026-01-01' }, field: 'value' },
  ])('when a fact is wrong because $because then nothing is recorded', async ({ body, field }) => {
    expect((await record('cem', body)).body).toMatchObject({ status: 400, errors: [{ field }] });
    expect(await read('/v1/partners/cem/facts/history')).toEqual([]);
  });
});

describe('given a declared key', () => {
  it('when it has allowed values then a fact has one of them', async () => {
    await api.ask('PUT', '/v1/fact-keys/rank', { body: { description: 'The rank', allowedValues: ['a', 'b'] } });
    expect(await record('cem', { key: 'rank', value: 'c', from: '2026-01-01' })).toMatchObject({ status: 400 });
    expect(await record('cem', { key: 'rank', value: 'b', from: '2026-01-01' })).toMatchObject({ status: 201 });
  });

  it('when somebody makes it one with many values then that is refused', async () => {
    const answer = await api.ask('PUT', '/v1/fact-keys/rank', { body: { description: 'The rank', many: true } });
    expect(answer.body).toMatchObject({ status: 409, errors: [{ field: 'many' }] });
  });
});

describe('given a partner whose sales were worked out', () => {
  it('when a fact about their days is recorded then the answer counts them, because their earnings stay', async () => {
    const sale = (id: string, occurredAt: string) => ({
      source: 'store',
      id,
      program: 'shop',
      partner: 'cem',
      kind: 'sale',
      occurredAt,
      currency: 'USD',
      amount: '10.00',
    });
    const events = [
      sale('s1', '2026-02-10T12:00:00Z'),
      sale('s2', '2026-03-01T03:00:00Z'),
      sale('s3', '2026-03-02T12:00:00Z'),
    ];
    await api.ask('POST', '/v1/events', { body: { events } });
    expect((await record('cem', tier('gold', '2026-03-01'))).body).toMatchObject({ eventsWorkedOut: 0 });
    await accrueAll(api.db, 'shop');
    expect((await record('cem', tier('silver', '2026-03-01'))).body).toMatchObject({ eventsWorkedOut: 1 });
    expect((await record('cem', tier('silver', '2026-02-01', { until: '2026-03-01' }))).body).toMatchObject({
      eventsWorkedOut: 2,
    });
  });
});
