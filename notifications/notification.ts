import { z } from 'zod';

import { METHODS } from '../domain/rails.ts';

/** Each notification goes to one partner, to the people who prepare and approve payments, or to the people who run the system. */
export type Audience = 'partner' | 'finance' | 'operators';

const Payout = z.strictObject({
  payout: z.string(),
  amount: z.string(),
  currency: z.string(),
  method: z.enum(METHODS),
});
const Run = z.strictObject({ run: z.string(), schedule: z.string(), periodEnd: z.string() });
const Alarm = z.strictObject({ kind: z.string(), subject: z.string(), detail: z.string() });
const Task = Alarm.extend({ deadline: z.string() });

/** The facts of each notification. Amounts are decimal strings. No notification contains a detail of a payout method. */
export const BODIES = {
  payout_sent: Payout,
  payout_settled: Payout,
  payout_failed: Payout.extend({ advice: z.string() }),
  payout_returned: Payout.extend({ advice: z.string() }),
  /** `day` is the day of the reminder, and 0 for the first notice. `until` is the last day to claim the money, or empty if unknown. */
  payout_unclaimed: Payout.extend({ advice: z.string(), day: z.number(), until: z.string() }),
  payout_held: Payout.extend({ advice: z.string() }),
  payout_partly_returned: Payout.extend({ returned: z.string(), credited: z.enum(['yes', 'no']) }),
  run_in_review: Run.extend({ reminder: z.number() }),
  run_decided: Run.extend({ status: z.string() }),
  task_opened: Task,
  task_due: Task,
  alarm_raised: Alarm,
} as const;

export type NotificationKind = keyof typeof BODIES;
export type NotificationBody<K extends NotificationKind> = z.infer<(typeof BODIES)[K]>;

/** One notification to one audience. Its dedupe key, such as `payout_settled/<payout id>`, ensures that it is sent only once. */
export type Notification = {
  [K in NotificationKind]: {
    kind: K;
    dedupeKey: string;
    audience: Audience;
    partnerId: bigint | null;
    body: NotificationBody<K>;
  };
}[NotificationKind];

/** A notification written out as e-mail. */
export type Mail = { subject: string; text: string };

/** Writes each of some kinds as e-mail. */
export type Templates<K extends NotificationKind> = { [Kind in K]: (body: NotificationBody<Kind>) => Mail };
