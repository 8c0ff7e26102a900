import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
});
afterAll(() => api.stop());

const sale = (id: string, more: Record<string, unknown> = {}) => ({
  source: 'store',
  id,
  program: 'shop',
  partner: 'ann',
  kind: 'sale',
  occurredAt: '2026-03-01T10:00:00Z',
  currency: 'USD',
  amount: '10.00',
  ...more,
});

const send = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  api.ask('POST', '/v1/events', { body, headers: { 'content-type': 'application/x-ndjson', ...headers } });
const lines = (...events: unknown[]) => events.map((event) => JSON.stringify(event)).join('\n');
const stored = async (id: string) =>
  ((await api.ask('GET', `/v1/events?source=store&id=${id}`)).body['items'] as unknown[]).length;

describe('given events as lines', () => {
  it('when the file begins with a byte order mark then its first line is taken in all the same', async () => {
    expect((await send(`\uFEFF${lines(sale('marked'), sale('plain'))}`)).body).toMatchObject({
      accepted: 2,
      refused: 0,
    });
  });

  it('when a line is wrong then it alone is refused, with its number and field, and the others are taken in', async () => {
    const { status, body } = await send(
      `${lines(sale('a1'), sale('a2', { amount: undefined }))}\n\n{"source":\n[]\r\n${lines(
        sale('a3', { partner: 'nobody' }),
        sale('a4'),
        sale('a1'),
        sale('a1', { amount: '11.00' }),
        sale('a5', { kind: 'visit' }),
      )}\n`,
    );
    expect([status, body]).toMatchObject([
      200,
      {
        accepted: 3,
        replayed: 1,
        quarantined: 1,
        superseded: 0,
        parked: 0,
        refused: 4,
        problems: [
          { line: 2, field: 'amount', reason: 'is needed for a sale' },
          { line: 4, field: 'line', reason: 'is not JSON in UTF-8' },
          { line: 5, field: 'line' },
          { line: 6, field: 'partner', reason: 'nobody is not known' },
        ],
        warnings: [{ code: 'earns_nothing', line: 10, id: 'a5' }],
      },
    ]);
    expect([await stored('a1'), await stored('a2'), await stored('a4')]).toEqual([1, 0, 1]);
  });

  it('when there are more than a page holds then all are taken in, and again they change nothing', async () => {
    const many = lines(...Array.from({ length: 2_500 }, (_none, n) => sale(`many-${n}`)));
    expect((await send(many)).body).toMatchObject({ accepted: 2_500, refused: 0 });
    expect((await send(many)).body).toMatchObject({ accepted: 0, replayed: 2_500 });
  });

  it('when most lines are wrong then all are counted, and the first hundred problems are listed', async () => {
    const { body } = await send(Array.from({ length: 300 }, () => '{}').join('\n'));
    expect(body).toMatchObject({ refused: 300 });
    expect(body['problems']).toHaveLength(100);
  });

  it('when a line is too long then it is refused, and the next one is read', async () => {
    const { body } = await send(`"${'x'.repeat(300_000)}"\n${lines(sale('after-long'))}`);
    expect(body).toMatchObject({
      accepted: 1,
      refused: 1,
      problems: [{ line: 1, field: 'line', reason: 'has more than 65536 characters' }],
    });
  });

  it('when the same request comes again then it gets the first answer, and another body is refused', async () => {
    const key = { 'idempotency-key': 'lines-once' };
    const first = await send(lines(sale('once')), key);
    const again = await send(lines(sale('once')), key);
    expect(again.body).toEqual(first.body);
    expect((await send(lines(sale('twice')), key)).body).toMatchObject({ code: 'idempotency_key_reused' });
    expect(await stored('twice')).toBe(0);
  });

  it('when the body is not UTF-8, or the key is that of an auditor, then nothing is taken in', async () => {
    expect((await send(Uint8Array.from([0x7b, 0xff, 0x7d]))).status).toBe(400);
    const { key } = await api.newKey('auditor');
    const body = lines(sale('auditor'));
    const refused = await api.ask('POST', '/v1/events', {
      key,
      body,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect([refused.status, await stored('auditor')]).toEqual([403, 0]);
  });

  it('when lines are sent to another route then the media type is refused', async () => {
    const { status } = await api.ask('POST', '/v1/partners', {
      body: '{}',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(status).toBe(415);
  });
});
