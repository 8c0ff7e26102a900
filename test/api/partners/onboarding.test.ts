import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { DAY_MS } from '../../../domain/durations.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
  await api.ask('POST', '/v1/partners', { body: { code: 'bob', name: 'Bob', kind: 'agent', country: 'US' } });
  const Id = z.object({ id: z.bigint() });
  ({ key } = await api.newKey(
    'partner',
    await api.db.oneFirst(sql.type(Id)`select id from partner where code = 'ann'`),
  ));
});
afterAll(() => api.stop());

type Stage = { stage: string; reachedOn: string | null; by: string | null };
const record = (partner: string, body: object) => api.ask('POST', `/v1/partners/${partner}/onboarding`, { body });
const read = (partner: string, asKey?: string) =>
  api.ask('GET', `/v1/partners/${partner}/onboarding`, asKey ? { key: asKey } : {});
const stageOf = (body: Record<string, unknown>, stage: string) =>
  (body['stages'] as Stage[]).find((one) => one.stage === stage);
const dayIn = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

describe('given the onboarding of a partner', () => {
  it('then it has the stages in their order, and the next one is the first that was not reached', async () => {
    const { body } = await read('bob');
    expect((body['stages'] as Stage[]).map(({ stage }) => stage)).toEqual([
      'invited',
      'accepted_terms',
      'method',
      'tax_form',
      'trained',
      'active',
    ]);
    expect(body['next']).toBe('invited');
  });

  it('then access and payment details say by themselves that a partner was invited and has a method', async () => {
    const { body } = await read('ann');
    expect(stageOf(body, 'invited')?.reachedOn).toBe(dayIn(0));
    expect(stageOf(body, 'method')).toMatchObject({ reachedOn: dayIn(0), by: api.operator.actor.code });
    expect(body['next']).toBe('accepted_terms');
  });

  it('when a person records a stage then its day and the person are kept, and a later record counts', async () => {
    expect(await record('ann', { stage: 'accepted_terms', reachedOn: '2026-02-01', note: 'By mail' })).toMatchObject({
      status: 201,
      body: { next: 'tax_form' },
    });
    await record('ann', { stage: 'accepted_terms', reachedOn: '2026-02-03' });
    const { body } = await read('ann');
    expect(stageOf(body, 'accepted_terms')).toMatchObject({ reachedOn: '2026-02-03', by: api.operator.actor.code });
  });

  it('when a stage is taken back then it is the next one again', async () => {
    await record('ann', { stage: 'tax_form' });
    expect((await read('ann')).body['next']).toBe('trained');
    expect((await record('ann', { stage: 'tax_form', reachedOn: null, note: 'It has run out' })).body).toMatchObject({
      next: 'tax_form',
    });
  });

  it('then the partner sees it with their own key, and nobody else with theirs', async () => {
    const { body } = await api.ask('GET', '/v1/me', { key });
    expect(body).toMatchObject({ partner: 'ann', onboarding: { next: 'tax_form' } });
    expect(await read('ann', key)).toMatchObject({ status: 200 });
    expect(await read('bob', key)).toMatchObject({ status: 404 });
    expect(await api.ask('POST', '/v1/partners/ann/onboarding', { key, body: { stage: 'active' } })).toMatchObject({
      status: 403,
    });
    expect((await api.ask('GET', '/v1/me')).body['onboarding']).toBeNull();
  });

  it.each([
    { because: 'payment details say it by themselves', body: { stage: 'method' }, field: 'stage' },
    { because: 'the day is in the future', body: { stage: 'active', reachedOn: dayIn(3) }, field: 'reachedOn' },
  ])('when somebody records a stage and $because then it is refused', async ({ body, field }) => {
    expect((await record('ann', body)).body).toMatchObject({ status: 400, errors: [{ field }] });
  });
});
