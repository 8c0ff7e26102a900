import { createRandom, type Fault, FAULTS, type FaultRule } from './faults.ts';
import type { WebhookMode } from './webhooks.ts';

/** What may become of one event on its way, and how that is done. */
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

/** Everything that a plan can draw. */
export const PLANNED_FAULTS = [...FAULTS, ...(Object.keys(EVENT_FAULTS) as EventFault[])] as const;

/** These want a person, or make a report wrong: a plan has them only where it names them. */
const ONLY_IF_NAMED: ReadonlySet<PlannedFault> = new Set(['401', '403-sca', 'unknown-word', 'wrong-amount']);

/** Where a fault makes sense; the others meet any request. */
const MEETS: Partial<Record<Fault, (method: string, path: string) => boolean>> = {
  '403-sca': (method) => method === 'POST',
  'empty-page': (method) => method === 'GET',
  'unknown-word': (method) => method === 'GET',
  'wrong-amount': (method, path) => method === 'GET' && /transactions|statement/.test(path),
};

export type PlanWish = {
  seed: number;
  /** How many of a hundred requests, and of a hundred events, meet a fault: 0.1 is ten. */
  rate: number;
  faults?: readonly PlannedFault[] | undefined;
  /** Ends after so many requests, or after so long; without either it goes on. */
  requests?: number | undefined;
  forMs?: number | undefined;
  /** How long `slow` and `commit-then-wait` last. */
  ms?: number | undefined;
};

type Drawn = { n: number; fault: PlannedFault; method?: string; path?: string };

const DRAWN_MAX = 1_000;
const SLOW_MS = 300;
/** Events draw from a sequence of their own, so that they do not shift what requests meet. */
const EVENT_SEED = 0x5eed;

type Running = PlanWish & {
  faults: readonly PlannedFault[];
  endsAt: number;
  random: { request: () => number; event: () => number };
  seen: { requests: number; events: number };
  drawn: Drawn[];
};

export type Plan = ReturnType<typeof createPlan>;

/** Draws faults from a seed: the same plan over the same sequence of requests always strikes in the same places. */
export function createPlan() {
  let running: Running | undefined;

  const isOver = ({ requests = Infinity, endsAt, seen }: Running) => seen.requests >= requests || Date.now() > endsAt;

  /** Two numbers are drawn each time, whatever they decide, so that one fault less changes no other. */
  function pick<T extends PlannedFault>(from: readonly T[], rate: number, random: () => number): T | undefined {
    const [chance, which] = [random(), random()];
    return chance < rate ? from[Math.floor(which * from.length)] : undefined;
  }

  function note(plan: Running, drawn: Drawn) {
    if (plan.drawn.length < DRAWN_MAX) plan.drawn.push(drawn);
  }

  return {
    begin({ seed, rate, faults, requests, forMs = Infinity, ms }: PlanWish) {
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

    /** What shall become of a request. */
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

    /** How an event shall be sent. */
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
