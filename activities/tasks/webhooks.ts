import type { DatabasePool } from 'slonik';

import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import {
  type DueDelivery,
  endDelivery,
  insertAttempt,
  listEndpointsDue,
  postponeDelivery,
  takeDueDeliveries,
} from '../../db/tasks/webhook-deliveries.ts';
import { openEndpointSecrets } from '../../db/tasks/webhooks.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { isCurrency } from '../../domain/currency.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/durations.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import { GIVE_UP_DAYS } from '../../domain/runs/webhook.ts';
import type { WebhookSender } from '../../notifications/channels/webhook.ts';

export type WebhookDeps = { db: DatabasePool; vault: VaultKeys; sendWebhook: WebhookSender };

const DELIVERIES_PER_PAGE = 40;
const AT_ONCE = 4;
const SENDING_MS = 30_000;
/** A sender that takes longer was killed. Its deliveries are then made by another one. */
const TAKEN_FOR_MS = 3 * MINUTE_MS;
const RETRY_MS = MINUTE_MS / 2;
const RETRY_MS_MAX = 6 * HOUR_MS;

export const createWebhookActivities = (deps: WebhookDeps) => ({
  /** The endpoints that have deliveries to try now. */
  async listWebhooksDue(): Promise<string[]> {
    return [...(await listEndpointsDue(deps.db))];
  },

  /**
   * Sends what is due to one endpoint, for half a minute at most. An event is sent twice only if the process dies after the receiver took
   * it and before our commit. Both then have the same id.
   */
  async deliverWebhooks(endpointId: string): Promise<void> {
    const endsAt = Date.now() + SENDING_MS;
    const secrets = await openEndpointSecrets(deps.db, deps.vault, endpointId);
    for (;;) {
      const due = [...(await takeDueDeliveries(deps.db, endpointId, DELIVERIES_PER_PAGE, TAKEN_FOR_MS))];
      const isLastPage = due.length < DELIVERIES_PER_PAGE;
      const sendNext = async (): Promise<void> => {
        for (let next = due.shift(); next; next = due.shift()) await deliver(deps, endpointId, secrets, next);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, sendNext));
      if (isLastPage || Date.now() > endsAt) return;
    }
  },
});

async function deliver(
  { db, sendWebhook }: WebhookDeps,
  endpointId: string,
  secrets: readonly Uint8Array[],
  delivery: DueDelivery,
): Promise<void> {
  const { eventId, url, tries, isLast } = delivery;
  const atMs = Date.now();
  const { status, error } = await sendWebhook({ url, id: eventId, atMs, body: bodyOf(delivery), secrets }).then(
    (code) => ({ status: code, error: code >= 200 && code < 300 ? null : `The receiver answered ${code}.` }),
    (reason: unknown) => ({ status: null, error: reason instanceof Error ? reason.message : String(reason) }),
  );
  const tried = { endpointId, eventId, status, error, tookMs: Date.now() - atMs };
  await db.transaction(async (tx) => {
    await insertAttempt(tx, tried);
    if (error === null) return void (await endDelivery(tx, tried, 'delivered'));
    if (!isLast) return void (await postponeDelivery(tx, tried, retryMs(tries)));
    await endDelivery(tx, tried, 'dead');
    await raiseAlarm(tx, 'webhook_not_delivered', `webhook/${endpointId}`, GIVEN_UP, 'dead');
  });
}

/** Twice as long after each try, and up to a quarter more, so that many do not come back at the same moment. */
const retryMs = (tries: number): number =>
  Math.min(RETRY_MS * 2 ** (tries - 1), RETRY_MS_MAX) * (1 + Math.random() / 4);

const GIVEN_UP = `An endpoint took no webhook of an event for ${GIVE_UP_DAYS} days, so the event is not sent to it again by itself. The system behind it does not know what happened since. The payments are not affected. The page of the endpoint, under Settings, Webhooks, shows each try and its reason. Fix the receiver, then choose "Send again" there.`;

/** The same bytes at each try: an amount is a decimal string with its currency. */
function bodyOf({ eventId, type, createdAt, data: { netMinor, ...data } }: DueDelivery): string {
  const { currency } = data;
  const amount =
    typeof netMinor === 'string' && typeof currency === 'string' && isCurrency(currency)
      ? { amount: formatDecimal(money(BigInt(netMinor), currency)) }
      : {};
  return JSON.stringify({ id: eventId, type, timestamp: createdAt.toISOString(), data: { ...data, ...amount } });
}
