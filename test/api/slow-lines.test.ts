import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Connected } from '../../api/http/deps.ts';
import { listen } from '../../api/http/server.ts';
import { MINUTE_MS } from '../../domain/durations.ts';
import { eventually } from '../fixtures/eventually.ts';

const ENOUGH = Buffer.alloc(2 * 1024 * 1024, 'x');
const CRUMB = Buffer.from('x');
const STRANGERS_MAX = 2;

/** The steps before a body is read. */
let prepare = async (): Promise<unknown> => undefined;
/** Whether callers show a valid key. */
let isKnown = true;

const app = {
  fetch: async (sent: Request, { admit }: Connected) => {
    if (isKnown) admit?.();
    await prepare();
    await sent.arrayBuffer();
    return new Response();
  },
};

let server: Server;
let arriving: Socket | undefined;
let current: IncomingMessage | undefined;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  server = await new Promise((resolve) => {
    const listening = listen(app, { hostname: '127.0.0.1', port: 0, strangersMax: STRANGERS_MAX }, () =>
      resolve(listening),
    );
  });
  arriving = undefined;
  current = undefined;
  prepare = async () => undefined;
  isKnown = true;
  server.on('request', (incoming) => (current = incoming));
  server.on('connection', (socket) => (arriving = socket));
});
afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
});

/** A request whose body comes piece by piece, and what becomes of it: its answer's status, or `cut`. */
async function send(path: string) {
  const { port } = server.address() as AddressInfo;
  const client: ClientRequest = request({ port, host: '127.0.0.1', path, method: 'POST' });
  const ended = once(client, 'response').then(
    ([response]: IncomingMessage[]) => response?.statusCode,
    () => 'cut',
  );
  let sent = 0;
  return {
    ended,
    end: () => client.end(),
    /** Sends one more piece, and waits until it is there. */
    async piece(bytes: Buffer) {
      client.write(bytes);
      sent += bytes.length;
      await eventually('the piece arrives', async () => arriving !== undefined && arriving.bytesRead >= sent);
    },
  };
}

const minutePasses = () => vi.advanceTimersByTime(MINUTE_MS);

describe('given a file that is sent on a slow line', () => {
  it('when two megabytes of it arrive each minute for ten minutes then it is taken whole', async () => {
    const upload = await send('/v1/imports');
    for (let minute = 0; minute < 10; minute += 1) {
      await upload.piece(ENOUGH);
      minutePasses();
    }
    upload.end();
    expect(await upload.ended).toBe(200);
  });

  it('when almost nothing of it arrives in a minute then it is given up', async () => {
    const upload = await send('/v1/imports?from=1');
    await upload.piece(ENOUGH);
    minutePasses();
    await upload.piece(CRUMB);
    minutePasses();
    expect(await upload.ended).toBe(408);
  });
});

describe('given a request that is not an upload', () => {
  it('when its body is not there after five minutes then it is given up, however steadily it comes', async () => {
    const slow = await send('/v1/events');
    for (let minute = 0; minute < 5; minute += 1) {
      await slow.piece(ENOUGH);
      minutePasses();
    }
    expect(await slow.ended).toBe(408);
  });
});

describe('given callers who show no valid key', () => {
  beforeEach(() => {
    isKnown = false;
  });

  it('when a file of theirs is not there after a minute then it is given up, however steadily it comes', async () => {
    const upload = await send('/v1/imports');
    await upload.piece(ENOUGH);
    minutePasses();
    expect(await upload.ended).toBe(408);
  });

  it('when they hold more connections than the limit then the oldest is closed, and callers with a key still come in', async () => {
    const open = async (path: string) => {
      const opened = await send(path);
      await opened.piece(CRUMB);
      return opened;
    };
    const [first, second] = [await open('/webhooks/wise'), await open('/webhooks/wise')];
    isKnown = true;
    const known = await open('/v1/events');
    expect(await first.ended).toBe('cut');
    for (const one of [second, known]) one.end();
    expect(await Promise.all([second.ended, known.ended])).toEqual([200, 200]);
  });
});

describe('given a request that has arrived as a whole', () => {
  it.each(['/v1/imports', '/v1/events'])('when it waits at %s for an hour then it is answered', async (path) => {
    prepare = async () => {
      await eventually('it has arrived', async () => current?.complete);
      vi.advanceTimersByTime(60 * MINUTE_MS);
    };
    const asked = await send(path);
    await asked.piece(CRUMB);
    asked.end();
    expect(await asked.ended).toBe(200);
  });
});

describe('given Node’s own limits', () => {
  it('then the one for a whole request is off, and the one for its headers is not', () => {
    expect(server).toMatchObject({ requestTimeout: 0, headersTimeout: MINUTE_MS / 4 });
  });
});
