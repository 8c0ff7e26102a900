import type { Mailer } from '../../../notifications/channels/mail.ts';

type Sent = { to: string; subject: string; text: string };

/** A mailer that keeps what it is given, and fails when a test says so. */
export function outbox() {
  let kept: Sent[] = [];
  let tries = 0;
  let next: Error | undefined;
  let every: Error | undefined;
  const mailer: Mailer = {
    connections: 4,
    async send({ to, subject, text }) {
      tries += 1;
      const error = next ?? every;
      next = undefined;
      if (error) throw error;
      kept.push({ to, subject, text });
    },
    isAway: (error) => error instanceof Error && 'code' in error,
    close: () => {},
  };
  return {
    mailer,
    sent: () => kept,
    subjects: () => kept.map(({ subject }) => subject),
    texts: () => kept.map(({ text }) => text),
    tried: () => tries,
    failNext: (error: Error) => void (next = error),
    failAll: (error: Error) => void (every = error),
    work: () => void (every = undefined),
    empty() {
      kept = [];
      tries = 0;
      every = undefined;
    },
  };
}
