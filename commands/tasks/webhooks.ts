import { randomBytes } from 'node:crypto';

import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { markAlarmClearedAbout } from '../../db/tasks/alarms.ts';
import { renewPending, replayDead, replayDelivery } from '../../db/tasks/webhook-deliveries.ts';
import {
  type Endpoint,
  type EndpointWish,
  getEndpoint,
  insertEndpoint,
  insertEndpointSecret,
  listEndpointSecrets,
  lockEndpoint,
  revokeEndpointSecret,
  updateEndpoint,
} from '../../db/tasks/webhooks.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { printSecret } from '../../domain/earnings/webhook.ts';
import { Failure, type FailureDetail, refused } from '../../domain/errors.ts';
import { SECRETS_MAX, WEBHOOK_EVENTS, whyNotUrl } from '../../domain/runs/webhook.ts';

const SECRET_BYTES = 32;
const DESCRIPTION_CHARS_MAX = 200;

type Settings = { vault: VaultKeys; webhooksLocal: boolean };

const subjectOf = (id: string): string => `webhook/${id}`;

/** Adds an endpoint with its first secret, which is returned only here. */
export const addEndpoint = (
  db: Database,
  { vault, webhooksLocal }: Settings,
  wish: EndpointWish,
  by: string,
): Promise<Endpoint & { secret: string }> =>
  db.transaction(async (tx) => {
    refuseWish(wish, webhooksLocal);
    const id = await insertEndpoint(tx, wish, by);
    const secret = await makeSecret(tx, vault, id, by);
    await addAuditEntry(tx, { actorId: by, action: 'webhook.add', subject: subjectOf(id), detail: auditOf(wish) });
    return { ...(await getEndpoint(tx, id)), secret };
  });

/** Changes an endpoint. Events that waited during a pause are tried from its end on. Throws Failure `not_found`. */
export const changeEndpoint = (
  db: Database,
  { webhooksLocal }: Pick<Settings, 'webhooksLocal'>,
  id: string,
  change: { [K in keyof EndpointWish]?: EndpointWish[K] | undefined },
  by: string,
): Promise<Endpoint> =>
  db.transaction(async (tx) => {
    await lockEndpoint(tx, id);
    const before = await getEndpoint(tx, id);
    const wish = {
      url: change.url ?? before.url,
      description: change.description ?? before.description,
      events: change.events ?? before.events,
      isPaused: change.isPaused ?? before.isPaused,
    };
    refuseWish(wish, webhooksLocal);
    await updateEndpoint(tx, id, wish);
    if (before.isPaused && !wish.isPaused) await renewPending(tx, id);
    await addAuditEntry(tx, { actorId: by, action: 'webhook.change', subject: subjectOf(id), detail: auditOf(wish) });
    return getEndpoint(tx, id);
  });

/** The query of an address may hold a secret of the receiver, so the log keeps its host and path. */
function auditOf({ url, events, isPaused }: EndpointWish) {
  const { origin, pathname } = new URL(url);
  return { url: origin + pathname, events: events.join(' '), isPaused };
}

function refuseWish({ url, description, events }: EndpointWish, webhooksLocal: boolean): void {
  const reason = whyNotUrl(url, webhooksLocal);
  const unknown = events.filter((event) => !WEBHOOK_EVENTS.includes(event));
  const details: FailureDetail[] = [
    ...(reason === undefined ? [] : [{ field: 'url', reason }]),
    ...(events.length === 0 ? [{ field: 'events', reason: 'is empty: choose one at least' }] : []),
    ...(unknown.length > 0 ? [{ field: 'events', reason: `does not know ${unknown.join(', ')}` }] : []),
    ...(description.length > DESCRIPTION_CHARS_MAX
      ? [{ field: 'description', reason: `has more than ${DESCRIPTION_CHARS_MAX} letters` }]
      : []),
  ];
  if (details.length > 0) throw new Failure('invalid_input', 'The endpoint was not saved.', { details });
}

async function makeSecret(tx: Database, vault: VaultKeys, endpointId: string, by: string): Promise<string> {
  const clear = randomBytes(SECRET_BYTES);
  await insertEndpointSecret(tx, vault, { endpointId, clear, by });
  return printSecret(clear);
}

/** Makes another secret, which is returned only here. Both sign each webhook until one is revoked. */
export const addEndpointSecret = (db: Database, vault: VaultKeys, id: string, by: string): Promise<string> =>
  db.transaction(async (tx) => {
    await lockEndpoint(tx, id);
    await getEndpoint(tx, id);
    if ((await listEndpointSecrets(tx, id)).length >= SECRETS_MAX)
      throw refused('secret', `cannot be added: ${SECRETS_MAX} are in force, so revoke one first`);
    const secret = await makeSecret(tx, vault, id, by);
    await addAuditEntry(tx, { actorId: by, action: 'webhook.add_secret', subject: subjectOf(id), detail: {} });
    return secret;
  });

/** Revokes a secret. The last one stays, because an unsigned webhook proves nothing. Throws Failure `not_found`. */
export const dropEndpointSecret = (db: Database, id: string, secretId: string, by: string): Promise<void> =>
  db.transaction(async (tx) => {
    await lockEndpoint(tx, id);
    const secrets = await listEndpointSecrets(tx, id);
    if (!secrets.some((secret) => secret.id === secretId))
      throw new Failure('not_found', `The endpoint has no secret ${secretId} in force.`);
    if (secrets.length === 1) throw refused('secret', 'is the only one in force: add another one first');
    await revokeEndpointSecret(tx, secretId, by);
    await addAuditEntry(tx, {
      actorId: by,
      action: 'webhook.revoke_secret',
      subject: subjectOf(id),
      detail: { secret: secretId },
    });
  });

/** Sends an event to an endpoint again, with the same id. Throws Failure `not_found`. */
export const sendAgain = (db: Database, id: string, eventId: string, by: string): Promise<void> =>
  db.transaction(async (tx) => {
    if (!(await replayDelivery(tx, id, eventId)))
      throw new Failure('not_found', `The endpoint ${id} has no event ${eventId}.`);
    await addAuditEntry(tx, {
      actorId: by,
      action: 'webhook.replay',
      subject: subjectOf(id),
      detail: { event: eventId },
    });
  });

/** Sends everything that was given up again, and clears the alarm about it. Returns how many events. */
export const sendDeadAgain = (db: Database, id: string, by: string): Promise<number> =>
  db.transaction(async (tx) => {
    await getEndpoint(tx, id);
    const count = await replayDead(tx, id);
    await markAlarmClearedAbout(tx, { kind: 'webhook_not_delivered', subject: subjectOf(id) }, by);
    await addAuditEntry(tx, { actorId: by, action: 'webhook.replay', subject: subjectOf(id), detail: { count } });
    return count;
  });
