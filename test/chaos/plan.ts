import { createRandom, type Random } from '../../scripts/demo/random.ts';

/** What happens in a round, drawn before it begins: the same seed always draws the same. */

export const SERVERS = ['postgres', 'temporal', 'sandbox', 'api', 'worker-1', 'worker-2'] as const;
export type ServerName = (typeof SERVERS)[number];

export const PROVIDERS = ['wise', 'paypal', 'lob', 'bank'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Those after which a caller cannot know, and those after which it can. A hanging call would only take its time-out longer. */
const FAULTS = [
  'commit-then-drop',
  'commit-then-502',
  'commit-then-cut-body',
  'drop-before-commit',
  '500-before-commit',
  '429',
] as const;
const WEBHOOK_MODES = ['normal', 'duplicate', 'reorder', 'off'] as const;

export type Fault = { provider: Provider; fault: (typeof FAULTS)[number]; method?: 'POST'; times: number };
export type WebhookChange = { provider: Provider; mode: (typeof WEBHOOK_MODES)[number] };

/** What happens some time after the step before it. */
export type Step = {
  afterMs: number;
  kill: ServerName;
  fault: Fault | undefined;
  webhooks: WebhookChange | undefined;
};

const STEP_MS_MIN = 500;
const STEP_MS_MAX = 3_000;
const FAULT_PERCENT = 70;
const FAULT_TIMES_MAX = 4;
const WEBHOOKS_PERCENT = 30;

/** Steps that take about as long as said. */
export function drawPlan(seed: number, durationMs: number): Step[] {
  const random = createRandom(seed);
  const steps: Step[] = [];
  for (let atMs = 0; atMs < durationMs;) {
    const step = drawStep(random);
    steps.push(step);
    atMs += step.afterMs;
  }
  return steps;
}

const drawStep = (random: Random): Step => ({
  afterMs: STEP_MS_MIN + random.below(STEP_MS_MAX - STEP_MS_MIN),
  kill: random.pick(SERVERS),
  fault: random.below(100) < FAULT_PERCENT ? drawFault(random) : undefined,
  webhooks:
    random.below(100) < WEBHOOKS_PERCENT
      ? { provider: random.pick(PROVIDERS), mode: random.pick(WEBHOOK_MODES) }
      : undefined,
});

/** Most strike where money moves, the others wherever a provider is asked next. */
const drawFault = (random: Random): Fault => ({
  provider: random.pick(PROVIDERS),
  fault: random.pick(FAULTS),
  ...(random.below(3) > 0 && { method: 'POST' as const }),
  times: 1 + random.below(FAULT_TIMES_MAX),
});
