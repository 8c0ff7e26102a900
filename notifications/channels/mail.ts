import { createTransport } from 'nodemailer';

import { sha256 } from '../../domain/canonical.ts';
import type { Mail } from '../write.ts';

/** How a reader stops mail of this kind: by writing to an address, and with one click where `url` is given (RFC 8058). */
export type Unsubscribe = { mailto: string; url: string | null };

export type Mailer = {
  send: (mail: Mail & { to: string; id: string; unsubscribe?: Unsubscribe | undefined }) => Promise<void>;
  /** How many mails it sends at once. */
  connections: number;
  /** Whether an error says that the server cannot be reached, so that other mail would fail as well. */
  isAway: (error: unknown) => boolean;
  close: () => void;
};

const CONNECTIONS = 4;
const TIMEOUT_MS = 10_000;

/** The codes of nodemailer for a server that cannot be reached, does not answer, or refuses our name and password. */
const AWAY: ReadonlySet<unknown> = new Set([
  'ECONNECTION',
  'ETIMEDOUT',
  'ESOCKET',
  'EDNS',
  'ETLS',
  'EAUTH',
  'ENOAUTH',
  'ECONNREFUSED',
]);

/** Sends e-mail as text and HTML through one SMTP server. The same id always gives the same Message-ID. */
export function createMailer(smtpUrl: string, from: string, timeoutMs = TIMEOUT_MS): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: CONNECTIONS,
    maxRequeues: 0, // the row is tried again
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  return {
    connections: CONNECTIONS,
    async send({ to, subject, text, html, id, unsubscribe }) {
      const messageId = `<${sha256(id).toString('hex').slice(0, 32)}@bursar>`;
      await transport.sendMail({ from, to, subject, text, html, messageId, headers: headersOf(unsubscribe) });
    },
    isAway: (error) => error instanceof Error && 'code' in error && AWAY.has(error.code),
    close: () => transport.close(),
  };
}

/** Mail programs show a button for these headers. One click may only change something by POST, which the second header announces. */
const headersOf = (unsubscribe: Unsubscribe | undefined): Record<string, string> => {
  if (!unsubscribe) return {};
  const { mailto, url } = unsubscribe;
  const byMail = `<mailto:${mailto}?subject=unsubscribe>`;
  return url === null
    ? { 'List-Unsubscribe': byMail }
    : { 'List-Unsubscribe': `<${url}>, ${byMail}`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
};
