import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { serve } from '@hono/node-server';

import { MINUTE_MS } from '../../domain/durations.ts';
import { IMPORTS_PATH } from './upload.ts';

/** The time within which a request's first line and headers must arrive. */
const HEADERS_MS_MAX = 60_000;
/** The time for a body that is not an upload; it has two megabytes at most. */
const BODY_MINUTES_MAX = 5;
/** An upload may take hours on a slow line. It is ended if it brings less than this in a minute, about 140 kbit/s. */
const UPLOAD_BYTES_A_MINUTE_MIN = 1024 * 1024;

const TOO_SLOW = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

type Listening = { hostname: string; port: number };

/**
 * Listens over HTTP. Node's own limit ends every request that has not arrived as a whole within five minutes, which cuts off
 * a large file on a slow line even if it arrives steadily. So Node's limit is off, and ours treats uploads apart from other requests.
 */
export function listen(
  app: { fetch: (request: Request) => Response | Promise<Response> },
  { hostname, port }: Listening,
  onListening: (at: { address: string; port: number }) => void,
): Server {
  const serverOptions = { requestTimeout: 0, headersTimeout: HEADERS_MS_MAX };
  const server = serve({ fetch: app.fetch, hostname, port, createServer, serverOptions }, onListening) as Server;
  server.prependListener('request', giveUpSlow);
  return server;
}

/** Checks a request once a minute while it arrives, and ends it if it is too slow. */
function giveUpSlow(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const isUpload = request.url?.split('?', 1)[0] === IMPORTS_PATH;
  let minutes = 0;
  let bytes = socket.bytesRead;
  const watch = setInterval(() => {
    if (request.complete) return clearInterval(watch);
    minutes += 1;
    const isSlow = isUpload ? socket.bytesRead - bytes < UPLOAD_BYTES_A_MINUTE_MIN : minutes >= BODY_MINUTES_MAX;
    bytes = socket.bytesRead;
    if (!isSlow) return undefined;
    clearInterval(watch);
    if (!response.headersSent) socket.write(TOO_SLOW);
    return socket.destroySoon();
  }, MINUTE_MS).unref();
  request.once('close', () => clearInterval(watch));
}
