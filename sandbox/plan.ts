import { createRandom, type Fault, type FaultRule, FAULTS } from './faults.ts';
import type { WebhookMode } from './webhooks.ts';

/** The faults that an event may meet on its way, and the webhook mode that causes each. */
const EVENT_FAULTS = {
  'duplicate-webhook': 'duplicate',
  'late-webhook': 'delayed',
  'reordered-webhook': 'reorder',
  'forged-webhook': 'forged',
  'lost-webhook': 'off',
} as const satisfies Record<string, WebhookMode>;
type EventFault = keyof typeof EVENT_FAULTS;

type PlannedFault = Fault | EventFault;
const isEventFault = (fault: PlannedFault): fault is EventFault => fault in EVENT_FAULTS;

/** Every fault that a plan can draw. */
export const PLANNED_FAULTS = [...FAULTS, ...(Object.keys(EVENT_FAULTS) as EventFault[])] as const;

/** These faults need a person or make a report wrong. A plan contains them only if it names them. */
const ONLY_IF_NAMED: ReadonlySet<PlannedFault> = new Set(['401', '403-sca', 'unknown-word', 'wrong-amount']);

/** The requests for which a fault makes sense. Other faults may meet any request. */
const MEETS: Partial<Record<Fault, (method: string, path: string) => boolean>> = {
  '403-sca': (method) => method === 'POST',
  'empty-page': (method) => method === 'GET',
  'unknown-word': (method) => method === 'GET',
  'wrong-amount': (method, path) => method === 'GET' && /transactions|statement/.test(path),
};

export type PlanOptions = {
  seed: number;
  /** The share of requests, and of events, that meet a fault: 0.1 is ten in a hundred. */
  rate: number;
  faults?: readonly PlannedFault[] | undefined;
  /** The plan ends after this many requests or after this time. Without either it never ends. */
  requests?: number | undefined;
  forMs?: number | undefined;
  /** How long `slow` and `commit-then-wait` last. */
  ms?: number | undefined;
};

type Drawn = { n: number; fault: PlannedFault; method?: string; path?: string };

const DRAWN_MAX = 1_000;
const SLOW_MS = 300;
/** Events draw from their own sequence, so that they do not change which faults requests meet. */
const EVENT_SEED = 0x5eed;

type Running = PlanOptions & {
  faults: readonly PlannedFault[];
  endsAt: number;
  random: { request: () => number; event: () => number };
  seen: { requests: number; events: number };
  drawn: Drawn[];
};

export type Plan = ReturnType<typeof createPlan>;

/** Draws faults from a seed. The same plan and the same sequence of requests always give the same faults. */
export function createPlan() {
  let running: Running | undefined;

  const isOver = ({ requests = Infinity, endsAt, seen }: Running) => seen.requests >= requests || Date.now() > endsAt;

  /** Always draws two numbers, so that removing one fault does not change the others. */
  function pick<T extends PlannedFault>(from: readonly T[], rate: number, random: () => number): T | undefined {
    const [chance, which] = [random(), random()];
    return chance < rate ? from[Math.floor(which * from.length)] : undefined;
  }

  function note(plan: Running, drawn: Drawn) {
    if (plan.drawn.length < DRAWN_MAX) plan.drawn.push(drawn);
  }

  return {
    begin({ seed, rate, faults, requests, forMs = Infinity, ms }: PlanOptions) {
      running = {
        seed,
        rate,
        faults: faults ?? PLANNED_FAULTS.filter((fault) => !ONLY_IF_NAMED.has(fault)),
        requests,
        ms,
        endsAt: Date.now() + forMs,
        random: { request: createRandom(seed), event: createRandom(seed ^ EVENT_SEED) },
        seen: { requests: 0, events: 0 },
        drawn: [],
      };
    },

    end: () => void (running = undefined),

    /** The plan and what it has drawn so far, or null. */
    show: () =>
      running
        ? {
            seed: running.seed,
            rate: running.rate,
            faults: running.faults,
            isOver: isOver(running),
            seen: running.seen,
            drawn: running.drawn,
          }
        : null,

    /** Draws the fault for a request, if any. */
    drawForRequest(method: string, path: string): FaultRule | undefined {
      if (!running || isOver(running)) return undefined;
      const { seen, rate, random, ms = SLOW_MS } = running;
      seen.requests += 1;
      const suited = running.faults.filter((fault): fault is Fault => !isEventFault(fault));
      const fault = pick(suited, rate, random.request);
      if (!fault || !(MEETS[fault]?.(method, path) ?? true)) return undefined;
      note(running, { n: seen.requests, fault, method, path });
      return { fault, times: 1, probability: 1, ms };
    },

    /** Draws how an event is sent, if a fault meets it. */
    drawForEvent(): WebhookMode | undefined {
      if (!running || isOver(running)) return undefined;
      const { seen, rate, random } = running;
      seen.events += 1;
      const fault = pick(running.faults.filter(isEventFault), rate, random.event);
      if (!fault) return undefined;
      note(running, { n: seen.events, fault });
      return EVENT_FAULTS[fault];
    },
  };
}
