import { DAY_MS } from '../durations.ts';
import type { TaskKind } from '../tasks/task.ts';
import type { AttemptState } from './attempt.ts';
import type { BatchState } from './batch.ts';

/** How a state ends. No state waits for ever: something ends it by itself, or people are asked and can end it. */
export type Ending = {
  /** The event that ends it by itself. */
  readonly by: string;
  /** The task that asks people, and how long after the state began it opens at the latest. Null where nobody has to be asked. */
  readonly asked: { readonly task: TaskKind; readonly afterMs: number } | null;
  /** How people end it. */
  readonly way: string;
};

/** The longest time for which a provider recognises a repeat. After it nothing is sent again, and people are asked. */
export const REPEATS_END_MS = 25 * DAY_MS;

const TWO_PEOPLE = 'Two people state the outcome, with evidence.';
const OVER: Ending = { by: 'It is over.', asked: null, way: 'Nobody has to do anything.' };
const LOOKED_UP: Ending = {
  by: 'The reply of the provider, which is asked at least every 30 minutes. An alarm tells people after an hour.',
  asked: { task: 'outcome_unknown', afterMs: REPEATS_END_MS },
  way: TWO_PEOPLE,
};
const askedAfter = (days: number): Ending['asked'] => ({ task: 'outcome_unknown', afterMs: days * DAY_MS });

/** How each state of an attempt ends. `docs/dead-ends.md` shows the table. */
export const ENDINGS: Record<AttemptState, Ending> = {
  prepared: {
    by: "The payout's next step. The sweep takes it every minute if its workflow is lost.",
    asked: null,
    way: 'A person resumes the paused run or gateway, or releases the held payout.',
  },
  submitted: LOOKED_UP,
  unknown: LOOKED_UP,
  needs_person: { by: 'The next status at the provider.', asked: askedAfter(0), way: TWO_PEOPLE },
  accepted: { by: 'The next status at the provider, read at least daily.', asked: askedAfter(14), way: TWO_PEOPLE },
  on_hold: { by: 'The provider releases or returns the money.', asked: askedAfter(45), way: TWO_PEOPLE },
  unclaimed: {
    by: 'The payee claims the money, or it comes back: at PayPal after 30 days.',
    asked: askedAfter(45),
    way: TWO_PEOPLE,
  },
  sent: {
    by: "The return window closes, the bank's statement shows the check, or the check is stale after 180 days.",
    asked: askedAfter(190),
    way: TWO_PEOPLE,
  },
  stale: {
    by: "The bank's statement shows the check.",
    asked: { task: 'check_stale', afterMs: 0 },
    way: 'A person has the bank stop the check.',
  },
  settled: { ...OVER, by: 'It is over. Money that comes back later is booked.' },
  returned: OVER,
  failed: OVER,
};

/** How each state of a batch ends. Each of its payouts follows its own payment afterwards. */
export const BATCH_ENDINGS: Record<BatchState, Ending> = {
  prepared: {
    by: "The batch's next step. The sweep takes it every minute if its workflow is lost.",
    asked: null,
    way: 'A person resumes the paused run or gateway.',
  },
  submitted: LOOKED_UP,
  unknown: { ...LOOKED_UP, way: 'Two people state the outcome of each of its payments.' },
  needs_person: {
    by: 'The provider shows that a person has funded it.',
    asked: { task: 'provider_approval', afterMs: 0 },
    way: 'A person funds it at the provider, or two people state the outcome of each of its payments.',
  },
  accepted: {
    by: 'The provider shows its payments, and its payouts follow them. An alarm tells people after an hour.',
    asked: askedAfter(1),
    way: 'Two people state the outcome of each payment that the provider does not show.',
  },
  refused: { by: 'Its next step, which freezes the payments that were not refused again.', asked: null, way: OVER.way },
  done: OVER,
  failed: OVER,
};

/** The states in which only age makes us ask people, because the provider answers but its status does not change. */
const ENDED_BY_AGE: ReadonlySet<AttemptState> = new Set(['accepted', 'on_hold', 'unclaimed', 'sent']);

/** Whether people must be asked because a payment has been in its state for too long. */
export function isOverdue(state: AttemptState, ageMs: number): boolean {
  const { asked } = ENDINGS[state];
  return ENDED_BY_AGE.has(state) && asked !== null && ageMs > asked.afterMs;
}
