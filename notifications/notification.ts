import { z } from 'zod';

import { ACTOR_KINDS } from '../domain/people/actor.ts';
import { ACCESSES } from '../domain/people/grant.ts';
import { PAYOUT_FLAGS } from '../domain/runs/flag.ts';
import { METHODS } from '../domain/rails.ts';
import type { Audience, NoticeKind } from '../domain/tasks/notice.ts';
import type { NoticeContent } from '../domain/tasks/notice-content.ts';
import type { NoticeVoice } from './voice.ts';

const Payout = z.strictObject({
  payout: z.string(),
  amount: z.string(),
  currency: z.string(),
  method: z.enum(METHODS),
});
const Run = z.strictObject({ run: z.string(), schedule: z.string(), periodEnd: z.string() });
/** `amount` has its unit, such as `120 points`, and `name` is the name that partners read. */
const Points = z.strictObject({ unit: z.string(), name: z.string(), amount: z.string() });
const Task = z.strictObject({
  task: z.string(),
  kind: z.string(),
  subject: z.string(),
  detail: z.string(),
  deadline: z.string(),
});

/** Another address for the notices of a partner, which `person` asked for. No notice names an address. */
const Contact = z.strictObject({ change: z.string(), partner: z.string(), person: z.string() });

const Incidents = z.strictObject({
  incidents: z.string(),
  run: z.string(),
  schedule: z.string(),
  periodEnd: z.string(),
  gateway: z.string(),
});

/**
 * The facts of each notification that are stored when it is written. Amounts are decimal strings. No notification contains a detail of
 * a payout method.
 */
export const FACTS = {
  payout_sent: Payout,
  payout_settled: Payout,
  payout_failed: Payout.extend({ advice: z.string() }),
  payout_returned: Payout.extend({ advice: z.string() }),
  /** `day` is the day of the reminder, and 0 for the first notice. `until` is the last day to claim the money, or empty if unknown. */
  payout_unclaimed: Payout.extend({ advice: z.string(), day: z.number(), until: z.string() }),
  payout_held: Payout.extend({ advice: z.string() }),
  payout_partly_returned: Payout.extend({ returned: z.string(), credited: z.enum(['yes', 'no']) }),
  /** `ending` is at most the last four characters. `usableFrom` is a UTC date. */
  details_changed: z.strictObject({
    partner: z.string(),
    change: z.enum(['added', 'withdrawn', 'first']),
    method: z.enum(METHODS),
    ending: z.string(),
    usableFrom: z.string(),
  }),
  /** To the old address and to the new one, which each learn that there is another one, and not which. */
  email_changed: z.strictObject({ partner: z.string(), isOld: z.enum(['yes', 'no']) }),
  /** An owner asked for another address. The new one and the one before have mails of their own. */
  contact_asked: z.strictObject({ partner: z.string(), person: z.string() }),
  contact_confirmation: Contact,
  contact_warning: Contact,
  /** Somebody may now read or change a partner's data, or no longer may. */
  access_changed: z.strictObject({
    partner: z.string(),
    change: z.enum(['given', 'ended']),
    access: z.enum(ACCESSES),
    person: z.string(),
  }),
  /** News of a deal. `what` is an event such as `protected`. `until` is a local date, or empty. */
  deal_changed: z.strictObject({
    deal: z.string(),
    customer: z.string(),
    what: z.string(),
    reason: z.string(),
    until: z.string(),
  }),
  /** News of a request or a claim. `what` is `received` or a status. */
  request_changed: z.strictObject({ request: z.string(), kind: z.string(), what: z.string(), reason: z.string() }),
  claim_changed: z.strictObject({
    claim: z.string(),
    amount: z.string(),
    currency: z.string(),
    what: z.string(),
    reason: z.string(),
  }),
  /** News of a question. `what` is a step such as `answer`. The words stay in the portal. */
  question_changed: z.strictObject({ question: z.string(), what: z.string() }),
  /** Two people changed a partner's balance. `added` and `taken` are amounts with their currencies, or empty. A merge has none. */
  balance_corrected: z.strictObject({
    correction: z.string(),
    kind: z.string(),
    added: z.string(),
    taken: z.string(),
    reason: z.string(),
  }),
  /** Points that can no longer be used from `first` on, and the last of them from `last` on. Dates are local to the program's zone. */
  points_expiring: Points.extend({ first: z.string(), last: z.string() }),
  points_expired: Points.extend({ day: z.string() }),
  /** A partner stands on another rung of a ladder. `from` and `until` are its first and last local days, and `before` is empty for the first one. */
  rung_changed: z.strictObject({
    fact: z.string(),
    program: z.string(),
    value: z.string(),
    before: z.string(),
    volume: z.string(),
    start: z.string(),
    last: z.string(),
    from: z.string(),
    until: z.string(),
  }),
  run_in_review: Run.extend({ reminder: z.number() }),
  /** A run in review whose content changed after some people had approved it. */
  approvals_void: Run.extend({ approvals: z.number() }),
  payout_cut: Payout.extend({ partner: z.string(), run: z.string(), reason: z.string() }),
  /** Payouts that somebody has held for more than a day. */
  payouts_held: Run,
  run_decided: Run.extend({ status: z.string() }),
  task_opened: Task,
  task_due: Task,
  checks_to_mail: Run.extend({ task: z.string(), account: z.string(), deadline: z.string() }),
  /** Payouts that failed, came back, wait to be claimed or were cut, and breaks: those of a run, or of a gateway where no run is known. */
  incidents_digest: Incidents.extend({ day: z.string() }),
  incidents_now: Incidents,
  alarm_raised: z.strictObject({ alarm: z.string(), kind: z.string(), subject: z.string() }),
  key_claim: z.strictObject({
    claim: z.string(),
    /** The name of a person, or the code of a system. */
    person: z.string(),
    kind: z.enum(ACTOR_KINDS),
    role: z.string(),
    /** The code of the partner whose portal it opens, or empty. */
    partner: z.string(),
    hours: z.number(),
  }),
  /** A way in which a person signs in changed. `name` is that of the passkey or of the provider. */
  sign_in_changed: z.strictObject({
    person: z.string(),
    change: z.enum(['added', 'removed', 'bound', 'unbound']),
    name: z.string(),
  }),
  /** `percent` of the amount is used. Amounts have their unit, such as `120 points`. */
  budget_used: z.strictObject({
    program: z.string(),
    budget: z.string(),
    title: z.string(),
    percent: z.number(),
    used: z.string(),
    amount: z.string(),
  }),
  role_given: z.strictObject({ person: z.string(), role: z.string(), proposedBy: z.string(), confirmedBy: z.string() }),
} as const satisfies Record<NoticeKind, z.ZodType>;

export type NotificationKind = NoticeKind;
export type NotificationFacts<K extends NotificationKind> = z.infer<(typeof FACTS)[K]>;

/** Some payouts, counted and summed. */
const Totals = z.array(
  z.strictObject({ method: z.enum(METHODS), currency: z.string(), count: z.number(), amount: z.string() }),
);
export type Totals = z.infer<typeof Totals>;

const Flag = z.strictObject({ flag: z.enum(PAYOUT_FLAGS), count: z.number() });

/** Incidents, counted and summed, with their reasons and the largest of them. */
const Found = {
  totals: z.array(
    z.strictObject({
      what: z.string(),
      method: z.enum(METHODS).nullable(),
      currency: z.string(),
      count: z.number(),
      amount: z.string(),
    }),
  ),
  reasons: z.array(z.strictObject({ what: z.string(), reason: z.string(), count: z.number() })),
  items: z.array(
    z.strictObject({
      what: z.string(),
      /** The partner's code, or the line of the statement. */
      whose: z.string(),
      amount: z.string(),
      currency: z.string(),
      path: z.string().nullable(),
      isOver: z.boolean(),
    }),
  ),
  /** How many there are besides the items. */
  more: z.number(),
};

/** The content of each notification. Anything that may change until it is sent is read when it is sent, and added to its facts. */
export const BODIES = {
  ...FACTS,
  run_in_review: FACTS.run_in_review.extend({ totals: Totals, flags: z.array(Flag), expires: z.string() }),
  payouts_held: FACTS.payouts_held.extend({
    items: z.array(
      z.strictObject({
        payout: z.string(),
        partner: z.string(),
        amount: z.string(),
        currency: z.string(),
        since: z.string(),
        by: z.string(),
        reason: z.string(),
      }),
    ),
    count: z.number(),
  }),
  approvals_void: FACTS.approvals_void.extend({ totals: Totals }),
  run_decided: FACTS.run_decided.extend({ totals: Totals }),
  checks_to_mail: FACTS.checks_to_mail.extend({
    totals: z.array(z.strictObject({ currency: z.string(), count: z.number(), amount: z.string() })),
  }),
  incidents_digest: FACTS.incidents_digest.extend(Found),
  incidents_now: FACTS.incidents_now.extend(Found),
  alarm_raised: FACTS.alarm_raised.extend({ details: z.array(z.string()) }),
  /** The token is made again when the mail is sent, so that no row holds it. */
  key_claim: FACTS.key_claim.extend({ token: z.string() }),
  contact_confirmation: Contact.extend({ token: z.string() }),
  contact_warning: Contact.extend({ token: z.string() }),
} as const;

export type NotificationBody<K extends NotificationKind> = z.infer<(typeof BODIES)[K]>;

/** One notification to one audience. Its dedupe key, such as `payout_settled/<payout id>`, ensures that it is sent only once. */
export type Notification = {
  [K in NotificationKind]: {
    kind: K;
    dedupeKey: string;
    audience: Audience;
    partnerId: bigint | null;
    body: NotificationFacts<K>;
  };
}[NotificationKind];

/** The places that a notice may name besides its facts: the pages of its partner's portal, and where people ask us. */
export type Places = { readonly own: (path: string) => string; readonly contact: string };

/** Composes each of some kinds, in the language of the voice. */
export type Templates<K extends NotificationKind> = {
  [Kind in K]: (body: NotificationBody<Kind>, places: Places, voice: NoticeVoice) => NoticeContent;
};
