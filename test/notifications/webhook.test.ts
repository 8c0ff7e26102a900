import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { printSecret } from '../../domain/earnings/webhook.ts';
import { mayReach, whyNotUrl } from '../../domain/runs/webhook.ts';
import { createWebhookSender } from '../../notifications/channels/webhook.ts';

type Got = { headers: IncomingMessage['headers']; body: string };
let got: Got[] = [];
let answer: { status: number; headers?: Record<string, string>; body?: string; never?: boolean };
async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  got.push({ headers: request.headers, body: (await buffer(request)).toString() });
  if (!answer.never) response.writeHead(answer.status, answer.headers).end(answer.body);
}
const server = createServer((request, response) => {
  void receive(request, response);
});
let port: number;
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  got = [];
  answer = { status: 204 };
});

const [OLD, NEW] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const webhook = (url: string) => ({ url, id: 'event-1', atMs: Date.now(), body: '{"n":"ü"}', secrets: [NEW, OLD] });
const local = createWebhookSender({ mayBeLocal: true, timeoutMs: 500 });
const strict = createWebhookSender();

describe('given a webhook with two secrets while they rotate', () => {
  it.each([OLD, NEW])(
    'when the receiver knows one of them then another implementation of the standard accepts it',
    async (secret) => {
      expect(await local(webhook(`http://127.0.0.1:${port}/in?a=1`))).toBe(204);
      const [{ headers, body } = { headers: {}, body: '' }] = got;
      const verifier = new Webhook(printSecret(secret));
      expect(verifier.verify(body, headers as Record<string, string>)).toEqual({ n: 'ü' });
      expect(() => verifier.verify(`${body} `, headers as Record<string, string>)).toThrow('No matching signature');
    },
  );
});

describe('given a receiver that answers in a way that should not matter', () => {
  it('when it redirects then the status is returned and nothing is followed', async () => {
    answer = { status: 302, headers: { location: `http://127.0.0.1:${port}/elsewhere` } };
    expect(await local(webhook(`http://127.0.0.1:${port}/`))).toBe(302);
    expect(got).toHaveLength(1);
  });

  it('when its answer is endless then it is not read to the end', async () => {
    answer = { status: 200, body: 'x'.repeat(8 * 1024 * 1024) };
    expect(await local(webhook(`http://127.0.0.1:${port}/`))).toBe(200);
  });

  it('when it never answers then the try ends with a reason', async () => {
    answer = { status: 200, never: true };
    await expect(local(webhook(`http://127.0.0.1:${port}/`))).rejects.toThrow('no answer within 0.5 seconds');
  });
});

describe('given an address of a private or special network', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '2002:7f00:1::',
    '2001:db8::1',
    '2001::1',
    '3fff::1',
    'nonsense',
  ])('when a name leads to %s then the connection is refused', (address) => {
    expect(mayReach(address, false)).toBe(false);
  });

  it.each(['10.0.0.1', '169.254.169.254', '::ffff:10.0.0.1', 'fd00:ec2::254'])(
    'when this machine is allowed then %s still is not',
    (address) => {
      expect(mayReach(address, true)).toBe(false);
    },
  );

  it.each(['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946', '172.32.0.1'])(
    'when it is %s, which the Internet routes, then it may be reached',
    (address) => {
      expect(mayReach(address, false)).toBe(true);
    },
  );

  it.each([
    'http://example.com/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://user:pass@example.com/',
    'https://example.com/#part',
    'ftp://example.com/',
    'example.com',
    'https://',
  ])('when the address is %s then it is refused when it is set', (url) => {
    expect(whyNotUrl(url, false)).toBeDefined();
  });

  it.each([
    { found: ['127.0.0.1'], because: 'it is this machine' },
    { found: ['93.184.216.34', '10.0.0.1'], because: 'one of its addresses is private' },
    { found: [], because: 'it has no address' },
  ])('when a name leads to $found then nothing is sent: $because', async ({ found }) => {
    const send = createWebhookSender({
      find: (_host, _options, done) =>
        done(
          null,
          found.map((address) => ({ address, family: 4 })),
        ),
    });
    await expect(send(webhook(`https://rebind.example:${port}/`))).rejects.toThrow('private or special network');
    expect(got).toEqual([]);
  });

  it('when the name changes between two look-ups then the connection goes to the address that was checked', async () => {
    const asked: string[] = [];
    const send = createWebhookSender({
      mayBeLocal: true,
      find: (host, _options, done) => {
        asked.push(host);
        done(null, [{ address: asked.length === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]);
      },
    });
    expect(await send(webhook(`http://localhost:${port}/`))).toBe(204);
    expect(asked).toEqual(['localhost']);
  });

  it('when the address was stored before the rule then the sender still refuses it', async () => {
    for (const url of [`http://127.0.0.1:${port}/`, `https://127.0.0.1:${port}/`])
      await expect(strict(webhook(url))).rejects.toThrow('The address ');
    expect(got).toEqual([]);
  });
});
