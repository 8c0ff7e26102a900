import type { DatabasePool } from 'slonik';

import {
  type DueNotification,
  lockDueNotifications,
  markNotificationSent,
  postponeNotification,
} from '../../db/tasks/notifications.ts';
import { HOUR_MS } from '../../domain/durations.ts';
import type { Mailer } from '../../notifications/channels/mail.ts';
import { compose } from '../../notifications/compose.ts';

export type NotificationDeps = {
  db: DatabasePool;
  mailer: Mailer;
  addresses: { finance: string; operators: string };
};

const NOTIFICATIONS_PER_CALL = 50;
const RETRY_MS = 60_000;
const RETRY_MS_MAX = 6 * HOUR_MS;

export const createNotificationActivities = ({ db, mailer, addresses }: NotificationDeps) => ({
  /**
   * Sends the messages that are due, and returns how many it took. A message is sent twice only if the process dies after the mail
   * server accepts it and before our commit. Both then have the same Message-ID, so that a mailbox shows one.
   */
  sendNotifications: (): Promise<number> =>
    db.transaction(async (tx) => {
      const due = await lockDueNotifications(tx, NOTIFICATIONS_PER_CALL);
      for (const notification of due) {
        const to = addressOf(notification, addresses);
        if (to === null) {
          await markNotificationSent(
            tx,
            notification.id,
            'The partner has no e-mail address; the notice is shown in the portal only.',
          );
          continue;
        }
        try {
          await mailer.send({ ...compose(notification.kind, notification.body), to, id: notification.dedupeKey });
          await markNotificationSent(tx, notification.id, null);
        } catch (error) {
          const delay = Math.min(RETRY_MS * 2 ** notification.tries, RETRY_MS_MAX);
          await postponeNotification(
            tx,
            notification.id,
            delay,
            error instanceof Error ? error.message : String(error),
          );
        }
      }
      return due.length;
    }),
});

function addressOf(
  { audience, email }: DueNotification,
  { finance, operators }: NotificationDeps['addresses'],
): string | null {
  if (audience === 'partner') return email;
  return audience === 'finance' ? finance : operators;
}
