import { DAY_MS } from '../durations.ts';

/**
 * What only a person can do. An alarm says that something is odd; a task waits for a decision, and has a deadline where the outside
 * world sets one.
 */
export const TASK_KINDS = [
  /** Neither look-up nor repeat can tell any more whether a provider paid: a person says so, with evidence. */
  'outcome_unknown',
  /** The provider wants a person of ours: strong customer authentication, or a transfer to be funded by hand. */
  'provider_approval',
  /** A part of a payment came back: a person says whose it is. */
  'partial_return',
  /** The bank was shown a check that it does not know as ours, and asks whether to pay it. */
  'check_exception',
  /** A stop payment lapses soon, and the check is not proved dead. */
  'check_stop_expiring',
  /** A check that nobody cashed: stop it, or look for its payee. */
  'check_stale',
  /** The post returned a check: stop it before anybody pays again. */
  'check_returned_mail',
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/**
 * How long the outside world leaves a task open, in milliseconds; null where nothing ends by itself. Wise cancels a transfer that
 * nobody funds after two weeks. Whoever opens another kind of task with a deadline knows its day.
 */
export const OPEN_FOR_MS: Record<TaskKind, number | null> = {
  outcome_unknown: null,
  provider_approval: 14 * DAY_MS,
  partial_return: null,
  check_exception: null,
  check_stop_expiring: null,
  check_stale: null,
  check_returned_mail: null,
};

/** From so long before its deadline on, an open task is brought to mind once a day. */
export const REMIND_BEFORE_MS = 3 * DAY_MS;
