import { randomUUID } from 'node:crypto';

import type { Database } from '../../db/database.ts';
import { getActorById } from '../../db/people/actors.ts';
import { addNotification } from '../../db/tasks/notifications.ts';

export type SignInChange = {
  /** The id of the passkey or of the identity. */
  id: string;
  change: 'added' | 'removed' | 'bound' | 'unbound';
  name: string;
};

/** Tells a person by mail that their ways to sign in changed, in case that somebody else changed them. */
export async function tellOfSignIn(tx: Database, actorId: string, { id, change, name }: SignInChange): Promise<void> {
  const { code, email } = await getActorById(tx, actorId);
  if (email === null) return;
  await addNotification(tx, {
    kind: 'sign_in_changed',
    // An account may be removed and bound again, and each time is told.
    dedupeKey: `sign_in_changed/${id}/${change}/${randomUUID()}`,
    audience: 'person',
    partnerId: null,
    recipient: email,
    body: { person: code, change, name },
  });
}
