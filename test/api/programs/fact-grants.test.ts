import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  const grants = [
    { kind: 'training_completed', key: 'certification', value: 'net-1', months: 24 },
    { kind: 'audit_passed', key: 'certification', value: 'iso' },
  ];
  await set(grants);
});
afterAll(() => api.stop());

const set = (grants: object[]) => api.ask('PUT', '/v1/programs/shop/fact-grants', { body: { grants } });
const event = (id: string, partner: string, kind: string, occurredAt: string) => ({
  source: 'school',
  id,
  program: 'shop',
  partner,
  kind,
  occurredAt,
});
const send = (...events: object[]) => api.ask('POST', '/v1/events', { body: { events } });
const read = async (path: string) => (await api.ask('GET', path)).body['items'];

describe('given a program whose events say something about their partners', () => {
  it('when a training is completed then the certification holds from its local day for two years', async () => {
    await send(
      event('t1', 'ann', 'training_completed', '2026-03-01T02:00:00Z'),
      event('a1', 'ann', 'audit_passed', '2026-05-01T12:00:00Z'),
    );
    expect(await read('/v1/partners/ann/facts')).toEqual([
      { key: 'certification', value: 'iso', from: '2026-05-01', until: null },
      { key: 'certification', value: 'net-1', from: '2026-02-28', until: '2028-02-28' },
    ]);
    expect(await read('/v1/partners/ann/facts/history')).toMatchObject([
      { source: 'event', reference: 'event/school/t1', recordedBy: null },
      { source: 'event', reference: 'event/school/a1' },
    ]);
  });

  it('when the event is sent again then nothing is recorded again', async () => {
    await send(event('t1', 'ann', 'training_completed', '2026-03-01T02:00:00Z'));
    expect(await read('/v1/partners/ann/facts/history')).toHaveLength(2);
  });

  it('when an earlier training arrives late then the later one still holds', async () => {
    await send(event('t3', 'bob', 'training_completed', '2026-06-01T12:00:00Z'));
    await send(
      event('t2', 'bob', 'training_completed', '2026-01-15T12:00:00Z'),
      event('n1', 'bob', 'referral', '2026-01-15T12:00:00Z'),
    );
    expect(await read('/v1/partners/bob/facts')).toEqual([
      { key: 'certification', value: 'net-1', from: '2026-01-15', until: '2028-06-01' },
    ]);
  });

  it.each([
    { grant: { kind: 'sale', key: 'certification', value: 'x' }, field: 'grants[0].kind' },
    { grant: { kind: 'training', key: 'shoe_size', value: '44' }, field: 'grants[0].key' },
    { grant: { kind: 'training', key: 'tier', value: 'gold' }, field: 'grants[0].key' },
  ])('when a grant cannot be right then $field is named, and the grants stay', async ({ grant, field }) => {
    expect((await set([grant])).body).toMatchObject({ status: 400, errors: [{ field }] });
    expect((await api.ask('GET', '/v1/programs/shop/fact-grants')).body['grants']).toHaveLength(2);
  });
});
