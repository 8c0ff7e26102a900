import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { ApiEnv } from '../../api/http/deps.ts';
import { receiveUpload, UPLOAD_PATHS } from '../../api/http/upload.ts';
import { type Api, setUpShop, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
});
afterAll(() => api.stop());

const PIECE = Buffer.alloc(64 * 1024, 'x');

/** A body that never ends, sent in pieces without its length, and the number of pieces that somebody took. */
function endlessBody(first: Buffer = PIECE) {
  const counted = { taken: 0 };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(counted.taken === 0 ? first : PIECE);
      counted.taken += 1;
    },
  });
  return { counted, body };
}

const FORM = {
  type: 'multipart/form-data; boundary=x',
  start: Buffer.from('--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'),
};
/** A stream holds one piece ready before anybody asks for it. */
const READY = 1;

describe('given a body that never ends', () => {
  const send = async (path: string, key: string | null, type = 'application/json') => {
    const { counted, body } = endlessBody(FORM.start);
    const headers = { 'content-type': type, 'idempotency-key': 'k', ...(key && { authorization: `Bearer ${key}` }) };
    const { status } = await api.app.request(path, { method: 'POST', headers, body, duplex: 'half' });
    return { status, taken: counted.taken };
  };

  it.each(['/v1/events', '/v1/imports'])(
    'when it comes to %s without a valid key then none of it is read',
    async (path) => {
      expect(await send(path, null)).toEqual({ status: 401, taken: READY });
      expect(await send(path, 'bsk_wrong', FORM.type)).toEqual({ status: 401, taken: READY });
    },
  );

  it('when its sender may not send it then none of it is read', async () => {
    const { key } = await api.newKey('auditor');
    expect(await send('/v1/imports', key, FORM.type)).toEqual({ status: 403, taken: READY });
  });

  it.each([
    { path: '/v1/events', key: true, kib: 2048 },
    { path: '/webhooks/wise', key: false, kib: 256 },
  ])('when it comes to $path then it is refused after $kib KiB', async ({ path, key, kib }) => {
    const { status, taken } = await send(path, key ? api.operator.key : null);
    expect(status).toBe(413);
    expect(taken * 64).toBeLessThan(kib + 256);
  });

  it.each(UPLOAD_PATHS)(
    'when it is a file for %s then it is refused at its limit while it is written to disk, and the disk is free again',
    async (path) => {
      const { counted, body } = endlessBody(FORM.start);
      const folder = await mkdtemp(join(tmpdir(), 'bursar-bounds-'));
      vi.stubEnv('TMPDIR', folder);
      const door = new Hono<ApiEnv>().post(path, receiveUpload(1024 * 1024), (c) => c.text('taken'));
      const headers = { 'content-type': FORM.type };
      const { status } = await door.request(path, { method: 'POST', headers, body, duplex: 'half' });
      vi.unstubAllEnvs();
      expect([status, await readdir(folder)]).toEqual([413, []]);
      expect(counted.taken).toBeLessThan(25);
      await rm(folder, { recursive: true });
    },
  );
});

const many = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_none, index) => item(index)).join(',');

/** Longer than this, an answer would cost more to keep for thirty days than it helps. */
const ANSWER_CHARS_MAX = 8000;

describe('given a body of two megabytes that breaks as many rules as it can', () => {
  it.each([
    { what: 'zeros for events', body: `{"events":[${many(1_000_000, () => '0')}]}`, says: /more than 100000 values/ },
    {
      what: 'unknown fields',
      body: `{"events":[{${many(99_000, (index) => `"k${index}":1`)}}]}`,
      says: /^Nothing was done: 99006 fields cannot be accepted. The first 20 are named\./,
    },
    { what: 'empty events', body: `{"events":[${many(90_000, () => '{}')}]}`, says: /1000 entries/ },
    { what: 'a field with a long name', body: `{"${'k'.repeat(9000)}":1}`, says: /2 fields/ },
    {
      what: 'a long e-mail address',
      path: '/v1/actors',
      body: JSON.stringify({ code: 'a', name: 'a', email: `${'a'.repeat(100_000)}@${'a.'.repeat(50_000)}` }),
      says: /cannot be accepted/,
    },
  ])(
    'when it is full of $what then the answer is short and names the first of them',
    async ({ path = '/v1/events', body, says }) => {
      const answer = await api.ask('POST', path, { body });
      expect(answer.body).toMatchObject({ status: 400, code: 'invalid_input' });
      expect(answer.text.length).toBeLessThan(ANSWER_CHARS_MAX);
      expect(`${answer.body['detail']} ${JSON.stringify(answer.body['errors'])}`).toMatch(says);
    },
  );
});
