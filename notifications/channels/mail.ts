import { createTransport } from 'nodemailer';

import { sha256 } from '../../domain/canonical.ts';
import type { Mail } from '../notification.ts';

export type Mailer = {
  send: (mail: Mail & { to: string; id: string }) => Promise<void>;
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

/** Sends plain-text e-mail through one SMTP server. The same id always gives the same Message-ID. */
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
    async send({ to, subject, text, id }) {
      const messageId = `<${sha256(id).toString('hex').slice(0, 32)}@bursar>`;
      await transport.sendMail({ from, to, subject, text, messageId });
    },
    isAway: (error) => error instanceof Error && 'code' in error && AWAY.has(error.code),
    close: () => transport.close(),
  };
}
