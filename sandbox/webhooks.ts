import { randomUUID } from 'node:crypto';

const DELIVERIES_AT_ONCE = 8;
const DELIVERY_TIMEOUT_MS = 5_000;
const RETRY_DELAYS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000];
const WAITING_MAX = 200_000;
/** How long `delayed` holds an event, and at most how long `reorder` does. */
const DELAYED_MS = 3_000;
const REORDER_MS_MAX = 1_000;

export const WEBHOOK_MODES = ['normal', 'off', 'duplicate', 'reorder', 'delayed', 'forged'] as const;
export type WebhookMode = (typeof WEBHOOK_MODES)[number];

/** Creates the headers that prove a body's origin. */
export type Sign = (body: string, deliveryId: string) => Record<string, string>;

type Delivery = { body: string; headers: Record<string, string> | undefined; id: string; tries: number; sign: Sign };

export type Webhooks = ReturnType<typeof createWebhooks>;

/** Sends a provider's events to one address. Sending never blocks the provider and stops after a few tries. */
export function createWebhooks(options: {
  url: string | undefined;
  sign: Sign;
  signAsStranger: Sign;
  random: () => number;
  durable: () => Promise<void>;
  /** Draws how one event is sent, if there is a plan. */
  draw: () => WebhookMode | undefined;
}) {
  const { url, random } = options;
  const waiting: Delivery[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const stop = new AbortController();
  let mode: WebhookMode = 'normal';
  let atWork = 0;
  let latest: string | undefined;

  function later(ms: number, run: () => void) {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  }

  function enqueue(delivery: Delivery) {
    if (stop.signal.aborted || waiting.length >= WAITING_MAX) return;
    waiting.push(delivery);
    if (atWork < DELIVERIES_AT_ONCE) void work();
  }

  async function work() {
    atWork += 1;
    for (let next = waiting.shift(); next && !stop.signal.aborted; next = waiting.shift()) await deliver(next);
    atWork -= 1;
  }

  async function deliver(delivery: Delivery) {
    delivery.headers ??= delivery.sign(delivery.body, delivery.id);
    if (await isTaken(delivery.body, delivery.headers)) return;
    const delayMs = RETRY_DELAYS_MS[delivery.tries];
    if (delayMs === undefined || stop.signal.aborted) return;
    delivery.tries += 1;
    later(delayMs, () => enqueue(delivery));
  }

  async function isTaken(body: string, headers: Record<string, string>): Promise<boolean> {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]);
    try {
      const response = await fetch(url ?? '', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
        signal,
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false; // the receiver is down or slow; the next try will show
    }
  }

  const deliveryOf = (body: string, sign: Sign): Delivery => ({
    body,
    headers: undefined,
    id: randomUUID(),
    tries: 0,
    sign,
  });

  const SENDING: Record<WebhookMode, (delivery: Delivery) => void> = {
    normal: enqueue,
    off: () => undefined,
    duplicate: (delivery) => [delivery, { ...delivery }].forEach(enqueue),
    reorder: (delivery) => later(random() * REORDER_MS_MAX, () => enqueue(delivery)),
    delayed: (delivery) => later(DELAYED_MS, () => enqueue(delivery)),
    forged: (delivery) => [deliveryOf(delivery.body, options.signAsStranger), delivery].forEach(enqueue),
  };

  return {
    /** Sends an event as soon as the change that it reports is on disk. */
    publish(event: string) {
      latest = event;
      if (!url) return;
      const how = options.draw() ?? mode;
      void options.durable().then(() => SENDING[how](deliveryOf(event, options.sign)));
    },
    setMode: (next: WebhookMode) => void (mode = next),
    mode: () => mode,
    /** Repeats the latest event, signed by somebody who does not have the provider's key. */
    forge: () => void (latest && url && enqueue(deliveryOf(latest, options.signAsStranger))),
    waiting: () => waiting.length + timers.size + atWork,
    close() {
      stop.abort();
      timers.forEach(clearTimeout);
    },
  };
}
