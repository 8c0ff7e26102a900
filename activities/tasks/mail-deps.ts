import type { DatabasePool } from 'slonik';

import type { VaultKeys } from '../../db/vault.ts';
import type { Mailer } from '../../notifications/channels/mail.ts';

/** Everything that sends mail depends on. */
export type NotificationDeps = {
  db: DatabasePool;
  mailer: Mailer;
  addresses: { finance: string; operators: string };
  vault: VaultKeys;
  /** The address of our API, without a slash at its end. */
  publicUrl: string;
  /** Where a mail that stays unsent is reported besides its alarm. */
  log: { error: (facts: object, message: string) => void };
};
