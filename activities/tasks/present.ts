import { contactToken } from '../../commands/partners/contact-changes.ts';
import { claimToken } from '../../commands/people/claims.ts';
import { bundleOf, sumUnmailed } from '../../db/checks/mailings.ts';
import type { Database } from '../../db/database.ts';
import { type ContactLink, isContactChangeOpen } from '../../db/partners/contact-changes.ts';
import { getPayout, type Payout } from '../../db/payouts/payouts.ts';
import { isClaimOpen } from '../../db/people/claims.ts';
import { getBudget } from '../../db/programs/budgets.ts';
import { countFlags } from '../../db/runs/flags.ts';
import { countHeld, listHeld } from '../../db/runs/holds.ts';
import { getRun, listRunTotals } from '../../db/runs/runs.ts';
import { isAlarmOpen, takeAlarmFacts } from '../../db/tasks/alarms.ts';
import { getTask } from '../../db/tasks/tasks.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { levelOf } from '../../domain/earnings/budget.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import type { AttemptState } from '../../domain/payouts/attempt.ts';
import type { PayoutStatus } from '../../domain/payouts/payout.ts';
import { REVIEW_DAYS_MAX } from '../../domain/runs/run.ts';
import type {
  NotificationBody,
  NotificationFacts,
  NotificationKind,
  Totals,
} from '../../notifications/notification.ts';
import { readIncidents } from './digest.ts';

/** The most held payouts that one mail names. */
const HELD_MAX = 30;

/** The content of a notice now, or the reason why it is no longer true. */
export type Present<K extends NotificationKind> =
  | { readonly body: NotificationBody<K>; readonly superseded?: never }
  | { readonly superseded: string };

type Check<K extends NotificationKind> = (
  db: Database,
  facts: NotificationFacts<K>,
  notice: { readonly id: bigint; readonly vault: VaultKeys },
) => Promise<Present<K>>;

/**
 * How each kind of notice is compared with the present, just before it is sent. A notice that is no longer true is not sent: what
 * happened since then has a notice of its own. A new kind does not compile until it has a check.
 */
export const PRESENT: { readonly [K in NotificationKind]: Check<K> } = {
  payout_sent: ifPayout((payout) => isNow('sent')(payout) && !isAt('unclaimed')(payout) && !isAt('on_hold')(payout)),
  payout_settled: ifPayout(isNow('settled')),
  payout_failed: ifPayout(isNow('failed')),
  payout_returned: ifPayout(isNow('returned')),
  payout_unclaimed: ifPayout(isAt('unclaimed')),
  payout_held: ifPayout(isAt('on_hold')),
  payout_partly_returned: always,
  role_given: always,
  sign_in_changed: always,
  async key_claim(db, facts, { vault }) {
    return (await isClaimOpen(db, facts.claim))
      ? { body: { ...facts, token: claimToken(vault, facts.claim) } }
      : { superseded: 'The link was replaced, used, or is too old.' };
  },
  contact_confirmation: ifContactWaits('confirm'),
  contact_warning: ifContactWaits('stop'),
  async budget_used(db, facts) {
    const budget = await getBudget(db, facts.program, facts.budget);
    return (levelOf(budget) ?? 0) < facts.percent
      ? { superseded: `Less than ${facts.percent} % of the budget is used now.` }
      : { body: facts };
  },
  deal_changed: always,
  request_changed: always,
  claim_changed: always,
  question_changed: always,
  balance_corrected: always,
  details_changed: always,
  email_changed: always,
  contact_asked: always,
  access_changed: always,
  points_expiring: always,
  points_expired: always,
  rung_changed: always,
  async run_in_review(db, facts) {
    const run = await getRun(db, facts.run);
    if (run.status !== 'review') return { superseded: `The run is ${run.status}.` };
    const since = run.reviewSince ?? run.createdAt;
    const expires = new Date(since.getTime() + REVIEW_DAYS_MAX * DAY_MS).toISOString().slice(0, 10);
    return {
      body: { ...facts, totals: await totalsOf(db, facts.run), flags: [...(await countFlags(db, facts.run))], expires },
    };
  },
  async approvals_void(db, facts) {
    const { status } = await getRun(db, facts.run);
    if (status !== 'review') return { superseded: `The run is ${status}.` };
    return { body: { ...facts, totals: await totalsOf(db, facts.run) } };
  },
  run_decided: async (db, facts) => ({ body: { ...facts, totals: await totalsOf(db, facts.run) } }),
  async payouts_held(db, facts) {
    const count = await countHeld(db, facts.run);
    if (count === 0) return { superseded: 'No payout of the run is held now.' };
    const held = await listHeld(db, facts.run, HELD_MAX);
    const items = held.map(({ id, partner, currency, netMinor, since, by, reason }) => ({
      payout: id,
      partner,
      amount: formatDecimal(money(netMinor, currency)),
      currency,
      since: since.toISOString().slice(0, 10),
      by,
      reason,
    }));
    return { body: { ...facts, items, count } };
  },
  payout_cut: async (_db, facts) => ({ body: facts }),
  task_opened: ifTaskIsOpen,
  task_due: ifTaskIsOpen,
  async checks_to_mail(db, facts) {
    const task = await getTask(db, facts.task);
    if (task.closedAt) return { superseded: `The task is closed: ${task.resolution}` };
    const totals = await sumUnmailed(db, bundleOf(task.subject));
    return {
      body: {
        ...facts,
        totals: totals.map(({ minor, ...total }) => ({
          ...total,
          amount: formatDecimal(money(minor, total.currency)),
        })),
      },
    };
  },
  incidents_digest: async (db, facts) => ({ body: { ...facts, ...(await readIncidents(db, facts.incidents)) } }),
  incidents_now: async (db, facts) => ({ body: { ...facts, ...(await readIncidents(db, facts.incidents)) } }),
  async alarm_raised(db, facts, { id }) {
    const alarm = BigInt(facts.alarm);
    if (!(await isAlarmOpen(db, alarm))) return { superseded: 'The alarm was cleared.' };
    const details = await takeAlarmFacts(db, alarm, id);
    return details.length > 0
      ? { body: { ...facts, details: details.map(({ detail }) => detail) } }
      : { superseded: 'Another mail told this.' };
  },
};

/** The fact stays true, whatever happens later. */
async function always<
  K extends
    | 'payout_partly_returned'
    | 'role_given'
    | 'sign_in_changed'
    | 'deal_changed'
    | 'request_changed'
    | 'claim_changed'
    | 'question_changed'
    | 'balance_corrected'
    | 'details_changed'
    | 'email_changed'
    | 'contact_asked'
    | 'access_changed'
    | 'points_expiring'
    | 'points_expired'
    | 'rung_changed',
>(_db: Database, facts: NotificationFacts<K>): Promise<Present<K>> {
  return { body: facts };
}

type PayoutNotice =
  | 'payout_sent'
  | 'payout_settled'
  | 'payout_failed'
  | 'payout_returned'
  | 'payout_unclaimed'
  | 'payout_held';

/** The notice is sent while its payout is as it says. */
function ifPayout<K extends PayoutNotice>(isTrue: (payout: Payout) => boolean): Check<K> {
  return async (db, facts) => {
    const payout = await getPayout(db, facts.payout);
    if (isTrue(payout)) return { body: facts as unknown as NotificationBody<K> };
    const attempt = payout.attemptState ? `, its attempt ${payout.attemptState}` : '';
    return { superseded: `The payout is ${payout.status}${attempt}.` };
  };
}

function isNow(status: PayoutStatus): (payout: Payout) => boolean {
  return (payout) => payout.status === status;
}

function isAt(state: AttemptState): (payout: Payout) => boolean {
  return (payout) => payout.attemptState === state;
}

/** The link works until the change ends, so a later mail would only puzzle its reader. */
function ifContactWaits<K extends 'contact_confirmation' | 'contact_warning'>(link: ContactLink): Check<K> {
  return async (db, facts, { vault }) =>
    (await isContactChangeOpen(db, facts.change))
      ? { body: { ...facts, token: contactToken(vault, link, facts.change) } as unknown as NotificationBody<K> }
      : { superseded: 'The change was confirmed, ended, or is too old.' };
}

async function ifTaskIsOpen<K extends 'task_opened' | 'task_due'>(
  db: Database,
  facts: NotificationFacts<K>,
): Promise<Present<K>> {
  const task = await getTask(db, facts.task);
  return task.closedAt ? { superseded: `The task is closed: ${task.resolution}` } : { body: facts };
}

/** The payouts of a run that are not cancelled, summed by method and currency. */
async function totalsOf(db: Database, runId: string): Promise<Totals> {
  const rows = (await listRunTotals(db, runId)).filter(({ status }) => status !== 'cancelled');
  const groups = Map.groupBy(rows, ({ method, currency }) => `${method} ${currency}`);
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const all = [first, ...others];
    const minor = all.reduce((sum, { netMinor }) => sum + netMinor, 0n);
    const count = all.reduce((sum, row) => sum + row.count, 0);
    return {
      method: first.method,
      currency: first.currency,
      count,
      amount: formatDecimal(money(minor, first.currency)),
    };
  });
}
