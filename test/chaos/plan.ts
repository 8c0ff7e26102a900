import { createRandom, type Random } from '../../scripts/demo/random.ts';

/** The events of a round, drawn before it begins. The same seed always draws the same events. */

export const SERVERS = ['postgres', 'temporal', 'sandbox', 'api', 'worker-1', 'worker-2'] as const;
export type ServerName = (typeof SERVERS)[number];

export const PROVIDERS = ['wise', 'paypal', 'lob', 'bank'] as const;
export type Provider = (typeof PROVIDERS)[number];

/**
 * Every fault of the sandbox, except the one in which Wise asks for a person's confirmation. After some of them a caller cannot
 * know the outcome, after others it can, and some only take time. `401` makes Bursar pause the gateway, which is resumed when
 * everything is repaired.
 */
export const FAULTS = [
  'commit-then-drop',
  'commit-then-502',
  'commit-then-cut-body',
  'commit-then-hang',
  'drop-before-commit',
  '500-before-commit',
  '429',
  '401',
  'token-expired',
  'commit-then-wait',
  'slow',
  'empty-page',
] as const;
export type FaultName = (typeof FAULTS)[number];

export const WEBHOOK_MODES = ['normal', 'duplicate', 'reorder', 'delayed', 'off'] as const;

export type Fault = {
  provider: Provider;
  fault: FaultName;
  method?: 'POST';
  path?: string;
  times: number;
  ms: number;
};
export type WebhookChange = { provider: Provider; mode: (typeof WEBHOOK_MODES)[number] };

/** The events in the business that may make an approved payout wrong. */
export const TROUBLES = [
  'refund of a part',
  'refund of the whole',
  'hold',
  'new details',
  'sale just before the cut-off',
  'sale at the cut-off',
] as const;
export type TroubleName = (typeof TROUBLES)[number];

/** In review, while the run is approved, or some time after that. */
export const MOMENTS = ['review', 'approval', 'payment'] as const;

/** Something that happens to one payee, who is named by an index. */
export type Trouble = {
  payee: number;
  trouble: TroubleName;
  moment: (typeof MOMENTS)[number];
  /** The time after the approval, for the last moment. */
  afterMs: number;
};

/** The events that follow the previous step after some time. */
export type Step = {
  afterMs: number;
  kill: ServerName;
  fault: Fault | undefined;
  webhooks: WebhookChange | undefined;
};

export type Plan = {
  /** In most rounds the kills begin at the approval, so that they hit the payments. In the others they begin at the first sale. */
  from: 'the sales' | 'the approval';
  /** Whether a second run of the same period is requested while the first is paid. */
  asksTwice: boolean;
  /** The settings of a worker that is started again. Live workers keep their settings, as in a rolling deploy. */
  settings: Record<string, string>;
  steps: readonly Step[];
  troubles: readonly Trouble[];
  /** Whether an approver loses the role after the first approval. */
  revokes: boolean;
};

/** The options from which the plan is drawn. A mutation narrows them to the options that reveal it. */
export type Menu = {
  servers: readonly [ServerName, ...ServerName[]];
  faults: readonly [FaultName, ...FaultName[]];
  asksTwicePercent: number;
  settings: Readonly<Record<string, readonly [string, ...string[]]>>;
  /** Without any, everybody is paid exactly what they earned. */
  troubles: readonly TroubleName[];
  revokesPercent: number;
  /** The properties that each fault has, whatever was drawn. */
  always?: Partial<Fault>;
};

/** A maximum of 1 sends each payment alone, a low one makes several batches, and the highest one makes a batch for each currency. */
const SETTINGS: Menu['settings'] = {
  ACTIVE_PAYOUTS_MAX: ['100', '400'],
  WISE_BATCH_MAX: ['1', '20', '1000'],
  PAYPAL_BATCH_MAX: ['1', '20', '15000'],
};

export const MENU: Menu = {
  servers: SERVERS,
  faults: FAULTS,
  asksTwicePercent: 25,
  settings: SETTINGS,
  troubles: TROUBLES,
  revokesPercent: 25,
};

const STEP_MS_MIN = 200;
const STEP_MS_MAX = 3_000;
const FROM_THE_SALES_PERCENT = 20;
const FAULT_PERCENT = 80;
const FAULT_TIMES_MAX = 6;
const SLOW_MS_MAX = 3_000;
const WEBHOOKS_PERCENT = 30;
/** Always the same minority is in trouble, so that all others must be paid exactly what they earned in every round. */
const TROUBLED_EVERY = 7;
const TROUBLED_PERCENT = 80;
const TROUBLE_MS_MAX = 2_000;

/** Draws steps that together take about the given time, and the troubles of a number of payees. */
export function drawPlan(seed: number, durationMs: number, payees: number, menu: Menu = MENU): Plan {
  const random = createRandom(seed);
  const chance = (percent: number) => random.below(100) < percent;
  const from = chance(FROM_THE_SALES_PERCENT) ? 'the sales' : 'the approval';
  const asksTwice = chance(menu.asksTwicePercent);
  const settings = Object.fromEntries(
    Object.entries(menu.settings).map(([name, values]) => [name, random.pick(values)]),
  );
  const steps: Step[] = [];
  for (let atMs = 0; atMs < durationMs;) {
    const step = drawStep(random, menu);
    steps.push(step);
    atMs += step.afterMs;
  }
  const revokes = chance(menu.revokesPercent);
  return { from, asksTwice, settings, steps, troubles: drawTroubles(random, payees, menu), revokes };
}

function drawTroubles(random: Random, payees: number, { troubles: [first, ...others] }: Menu): Trouble[] {
  if (first === undefined) return [];
  const troubles: Trouble[] = [];
  for (let payee = 0; payee < payees; payee += TROUBLED_EVERY)
    if (random.below(100) < TROUBLED_PERCENT)
      troubles.push({
        payee,
        trouble: random.pick([first, ...others]),
        moment: random.pick(MOMENTS),
        afterMs: random.below(TROUBLE_MS_MAX),
      });
  return troubles;
}

const drawStep = (random: Random, menu: Menu): Step => ({
  afterMs: STEP_MS_MIN + random.below(STEP_MS_MAX - STEP_MS_MIN),
  kill: random.pick(menu.servers),
  fault: random.below(100) < FAULT_PERCENT ? drawFault(random, menu) : undefined,
  webhooks:
    random.below(100) < WEBHOOKS_PERCENT
      ? { provider: random.pick(PROVIDERS), mode: random.pick(WEBHOOK_MODES) }
      : undefined,
});

/** Most faults strike calls that move money. The others strike the next call to a provider. */
const drawFault = (random: Random, { faults, always }: Menu): Fault => ({
  provider: random.pick(PROVIDERS),
  fault: random.pick(faults),
  ...(random.below(3) > 0 && { method: 'POST' as const }),
  times: 1 + random.below(FAULT_TIMES_MAX),
  ms: 1 + random.below(SLOW_MS_MAX),
  ...always,
});
