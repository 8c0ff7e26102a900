import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { serve } from '@hono/node-server';

import { MINUTE_MS } from '../../domain/durations.ts';
import type { Connected } from './deps.ts';
import { UPLOAD_PATHS } from './upload.ts';

/** The time within which a request's first line and headers must arrive. */
const HEADERS_MS_MAX = 15_000;
/** The time for a body that is not an upload; it has two megabytes at most. */
const BODY_MINUTES_MAX = 5;
/** An upload may take hours on a slow line. It is ended if it brings less than this in a minute, about 140 kbit/s. */
const UPLOAD_BYTES_A_MINUTE_MIN = 1024 * 1024;
/** How many connections may be open on which no valid key has come. Webhooks, probes and readers of the reference need few. */
const STRANGERS_MAX = 200;

const TOO_SLOW = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

type Listening = { hostname: string; port: number; strangersMax?: number };
type App = { fetch: (request: Request, connected: Connected) => Response | Promise<Response> };

/**
 * Listens over HTTP. Node's own limit ends every request that has not arrived as a whole within five minutes, which cuts off
 * a large file on a slow line even if it arrives steadily. So Node's limit is off, and ours treats uploads apart from other requests,
 * and callers whose key was valid apart from strangers.
 */
export function listen(
  app: App,
  { hostname, port, strangersMax = STRANGERS_MAX }: Listening,
  onListening: (at: { address: string; port: number }) => void,
): Server {
  const serverOptions = { requestTimeout: 0, headersTimeout: HEADERS_MS_MAX };
  const strangers = createStrangers(strangersMax);
  const server = serve(
    {
      fetch: (request, { incoming }) => app.fetch(request, { admit: () => void strangers.delete(incoming.socket) }),
      hostname,
      port,
      createServer,
      serverOptions,
    },
    onListening,
  ) as Server;
  server.on('connection', (socket: Socket) => strangers.add(socket));
  server.prependListener('request', (request, response) => giveUpSlow(request, response, strangers));
  return server;
}

type Strangers = {
  add: (socket: Socket) => void;
  delete: (socket: Socket) => boolean;
  has: (socket: Socket) => boolean;
};

/**
 * The connections on which no valid key has come yet, the oldest first. Where there are too many, the oldest is closed and not the
 * newest refused: a caller with a key shows it at once, and strangers who hold their connections cannot keep callers out.
 */
function createStrangers(max: number): Strangers {
  const sockets = new Set<Socket>();
  return {
    add(socket) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      const [oldest] = sockets;
      if (sockets.size > max) oldest?.destroy();
    },
    delete: (socket) => sockets.delete(socket),
    has: (socket) => sockets.has(socket),
  };
}

/** Checks a request once a minute while it arrives, and ends it if it is too slow. A stranger's has one minute. */
function giveUpSlow(request: IncomingMessage, response: ServerResponse, strangers: Strangers): void {
  const { socket } = request;
  const isUpload = UPLOAD_PATHS.includes(request.url?.split('?', 1)[0] ?? '');
  let minutes = 0;
  let bytes = socket.bytesRead;
  const isSlow = () => {
    if (strangers.has(socket)) return true;
    return isUpload ? socket.bytesRead - bytes < UPLOAD_BYTES_A_MINUTE_MIN : minutes >= BODY_MINUTES_MAX;
  };
  const watch = setInterval(() => {
    if (request.complete) return clearInterval(watch);
    minutes += 1;
    if (!isSlow()) {
      bytes = socket.bytesRead;
      return undefined;
    }
    clearInterval(watch);
    if (!response.headersSent) socket.write(TOO_SLOW);
    return socket.destroySoon();
  }, MINUTE_MS).unref();
  request.once('close', () => clearInterval(watch));
}
