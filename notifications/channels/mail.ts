import { createTransport } from 'nodemailer';

import { sha256 } from '../../domain/canonical.ts';
import type { Mail } from '../notification.ts';

export type Mailer = { send: (mail: Mail & { to: string; id: string }) => Promise<void>; close: () => void };

const TIMEOUT_MS = 10_000;

/** Sends plain-text e-mail through one SMTP server. The same id always gives the same Message-ID. */
export function createMailer(smtpUrl: string, from: string): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 2,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  });
  return {
    async send({ to, subject, text, id }) {
      const messageId = `<${sha256(id).toString('hex').slice(0, 32)}@bursar>`;
      await transport.sendMail({ from, to, subject, text, messageId });
    },
    close: () => transport.close(),
  };
}
