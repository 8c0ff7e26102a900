import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Api, setUpShop, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const payer = (code: string) => ({ code, name: 'Acme', country: 'US', currency: 'USD' });

const post = (key: string, body: unknown, path = '/v1/payers') =>
  api.ask('POST', path, { body, headers: { 'idempotency-key': key } });

describe('given a request that was answered', () => {
  it('when it is repeated with the same key then it gets the same answer, and nothing is done twice', async () => {
    const first = await post('once', payer('once'));
    const second = await post('once', payer('once'));
    expect(first.status).toBe(201);
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(first.headers.get('idempotency-replayed')).toBeNull();
  });

  it('when it was refused for good then the refusal is repeated', async () => {
    await post('refused', { ...payer('refused'), country: 'nowhere' });
    const again = await post('refused', { ...payer('refused'), country: 'nowhere' });
    expect(again.status).toBe(400);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('when its key comes with another body then that is refused', async () => {
    await post('reused', payer('reused'));
    const other = await post('reused', payer('other'));
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect((await api.ask('GET', '/v1/payers/other')).status).toBe(404);
  });

  it('when its key comes for another route, or from another person, then that is another request', async () => {
    await post('shared', payer('shared'));
    const route = await post('shared', { code: 'shared', name: 'Somebody' }, '/v1/actors');
    expect(route.status).toBe(201);
    const { key } = await api.newKey('operator');
    const person = await api.ask('POST', '/v1/payers', {
      key,
      body: payer('shared'),
      headers: { 'idempotency-key': 'shared' },
    });
    expect(person.body).toMatchObject({ status: 409, code: 'already_exists' });
  });

  it('when somebody without permission asks then the refusal is not kept', async () => {
    const { key } = await api.newKey('auditor');
    const ask = () => api.ask('POST', '/v1/payers', { key, body: payer('x'), headers: { 'idempotency-key': 'no' } });
    await ask();
    expect((await ask()).headers.get('idempotency-replayed')).toBeNull();
  });
});

describe('given the same request twice at once', () => {
  it('then one is done, and the other is told to wait or gets the same answer', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => post('race', payer('race'))));
    const statuses = new Set(answers.map(({ status }) => status));
    expect(
      answers.filter((answer) => answer.status === 201 && !answer.headers.get('idempotency-replayed')),
    ).toHaveLength(1);
    expect([...statuses].every((status) => status === 201 || status === 409)).toBe(true);
    expect((await post('race', payer('race'))).status).toBe(201);
  });
});

describe('given a request that was cut off before its answer', () => {
  const setClaim = (key: string, age: string) =>
    api.db.query(sql.unsafe`
      update idempotency_key set state = 'running', status = null, body = null, claimed_at = now() - ${age}::interval where key = ${key}`);

  it('when it is repeated at once then it is told to wait', async () => {
    await post('cut-now', payer('cut-now'));
    await setClaim('cut-now', '1 second');
    expect((await post('cut-now', payer('cut-now'))).body).toMatchObject({
      status: 409,
      code: 'idempotency_key_in_progress',
    });
  });

  it('when it is repeated a minute later then it is done again', async () => {
    await post('cut', { ...payer('cut'), country: 'nowhere' });
    await setClaim('cut', '61 seconds');
    const again = await post('cut', { ...payer('cut'), country: 'nowhere' });
    expect(again.status).toBe(400);
    expect(again.headers.get('idempotency-replayed')).toBeNull();
  });

  it('when its key comes with another body a minute later then that is refused, and the key stays the first request’s', async () => {
    await post('cut-other', payer('cut-other'));
    await setClaim('cut-other', '61 seconds');
    const other = await post('cut-other', payer('taken-over'));
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect((await api.ask('GET', '/v1/payers/taken-over')).status).toBe(404);
    expect((await post('cut-other', payer('cut-other'))).body).toMatchObject({ status: 409, code: 'already_exists' });
  });

  it('when it had added partners already then its repetition says that they may be its own, and where to look', async () => {
    const partners = [{ code: 'cut-ann', name: 'Ann', kind: 'agent', country: 'US' }];
    expect((await post('cut-batch', { partners }, '/v1/partners/batch')).body).toEqual({ added: 1 });
    await setClaim('cut-batch', '61 seconds');
    const again = await post('cut-batch', { partners }, '/v1/partners/batch');
    expect(again.body).toMatchObject({
      status: 409,
      code: 'already_exists',
      detail: expect.stringContaining(
        'If an earlier request of yours got no answer, that request may have created it: read it',
      ),
      errors: [{ field: 'code', reason: 'cut-ann is taken' }],
    });
    expect((await api.ask('GET', '/v1/partners/cut-ann')).body).toMatchObject({ name: 'Ann' });
  });

  it('when it had taken in events already then its repetition finds them, and takes in none twice', async () => {
    await setUpShop(api);
    const event = {
      source: 's',
      id: 'cut',
      program: 'shop',
      partner: 'ann',
      kind: 'sale',
      currency: 'USD',
      amount: '1.00',
    };
    const body = { events: [{ ...event, occurredAt: '2026-03-01T10:00:00Z' }] };
    expect((await post('cut-events', body, '/v1/events')).body).toMatchObject({ results: [{ status: 'accepted' }] });
    await setClaim('cut-events', '61 seconds');
    expect((await post('cut-events', body, '/v1/events')).body).toMatchObject({ results: [{ status: 'replayed' }] });
  });
});

describe('given a POST without a usable Idempotency-Key', () => {
  it.each([{ key: '' }, { key: 'with space' }, { key: 'x'.repeat(201) }])(
    'when it is "$key" then nothing is done',
    async ({ key }) => {
      const code = `p-${randomUUID()}`;
      const answer = await post(key, payer(code));
      expect(answer.body).toMatchObject({ status: 400, errors: [{ field: 'Idempotency-Key' }] });
      expect((await api.ask('GET', `/v1/payers/${code}`)).status).toBe(404);
    },
  );
});
