import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob', 'cleo']);
});
afterAll(() => api.stop());

type Entry = { actor: string; action: string; subject: string; detail: Record<string, unknown> };
const entries = async (query = ''): Promise<Entry[]> =>
  (await api.ask('GET', `/v1/audit?limit=200${query}`)).body['items'] as Entry[];

describe('given partners who were added in one batch', () => {
  it('then the log has an entry of each, as if they had been added one by one', async () => {
    const written = await entries();
    const of = (action: string) => written.filter((entry) => entry.action === action);
    expect(of('partner.add').map(({ subject }) => subject)).toEqual(['partner/ann', 'partner/bob', 'partner/cleo']);
    expect(of('agreement.add').map(({ detail }) => detail)).toEqual(
      Array.from({ length: 3 }, () => ({
        program: 'shop',
        plan: 'standard',
        startsOn: '2026-01-01',
        endsOn: null,
        reason: null,
      })),
    );
    expect(of('instrument.add')).toHaveLength(3);
    expect(new Set(of('partner.add').map(({ actor }) => actor))).toEqual(new Set([api.operator.actor.code]));
  });

  it('when one of them is asked for then only its own entries are there', async () => {
    const subjects = new Set((await entries('&subject=partner/bob')).map(({ subject }) => subject));
    expect(subjects).toEqual(new Set(['partner/bob']));
  });
});

describe('given a batch that was refused', () => {
  it('then the log has nothing of it', async () => {
    const before = await entries();
    const partners = ['dora', 'ann'].map((code) => ({ code, name: code, kind: 'agent', country: 'US' }));
    expect((await api.ask('POST', '/v1/partners/batch', { body: { partners } })).status).toBe(409);
    expect(await entries()).toEqual(before);
  });
});
