import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdir, readFile, rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { getRequestListener } from '@hono/node-server';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

import { mailPages, type Message } from './mail-pages.ts';

const MESSAGES_MAX = 1_000;
const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;

/** Keeps the newest messages. A full file becomes the old file and replaces the previous old file. */
async function openMessages(dir: string) {
  const [file, old] = [join(dir, 'mail.jsonl'), join(dir, 'mail.old.jsonl')];
  const load = async (name: string): Promise<Message[]> => {
    const lines = (await readFile(name, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Message);
  };
  await mkdir(dir, { recursive: true });
  const current = await load(file);
  let messages = [...(await load(old)), ...current].slice(-MESSAGES_MAX);
  let inFile = current.length;
  let written = Promise.resolve();

  async function write(message: Message) {
    if (inFile >= MESSAGES_MAX) {
      await rename(file, old);
      inFile = 0;
    }
    inFile += 1;
    await appendFile(file, `${JSON.stringify(message)}\n`);
  }

  return {
    newestFirst: () => messages.toReversed(),
    add(message: Message): Promise<void> {
      messages = [...messages.slice(1 - MESSAGES_MAX), message];
      written = written.then(() => write(message));
      return written;
    },
    flushed: () => written,
  };
}

type Messages = Awaited<ReturnType<typeof openMessages>>;

/** Reads the parts of a mail that people look at. */
async function readMail(stream: Readable) {
  const { subject = '', text = '', html: rich = '', headers } = await PostalMime.parse(await buffer(stream));
  return {
    subject,
    text: text.trimEnd(),
    html: rich.trimEnd(),
    headers: Object.fromEntries(headers.map(({ key, value }) => [key, value])),
  };
}

/** Accepts any mail from anybody without authentication. No mail is ever sent on. */
async function listenForMail(messages: Messages, port: number) {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: MESSAGE_BYTES_MAX,
    disableReverseLookup: true,
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope;
      const to = rcptTo.map(({ address }) => address);
      const from = mailFrom ? mailFrom.address : '';
      readMail(stream)
        .then((mail) => messages.add({ id: randomUUID(), at: new Date().toISOString(), from, to, ...mail }))
        .then(() => done(), done);
    },
  });
  server.on('error', () => undefined); // a client that disconnects must not stop the server
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return { url, close: () => new Promise<void>((closed) => server.close(() => closed())) };
}

/** Opens the mail catcher: an SMTP server, and pages that show the mail it received. */
export async function openMail(options: { dir: string; smtpPort: number; port: number }) {
  const messages = await openMessages(options.dir);
  const smtp = await listenForMail(messages, options.smtpPort);
  const server = createServer(getRequestListener(mailPages(messages.newestFirst).fetch)).listen(
    options.port,
    '127.0.0.1',
  );
  await once(server, 'listening');
  return {
    smtpUrl: smtp.url,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await smtp.close();
      await messages.flushed();
    },
  };
}
