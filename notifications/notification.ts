import { z } from 'zod';

/** Who is told: one partner, the people who prepare and approve, or those who repair. */
export type Audience = 'partner' | 'finance' | 'operators';

const Amount = z.strictObject({ amount: z.string(), currency: z.string() });
const ofPayout = z.strictObject({ payout: z.string(), ...Amount.shape, method: z.string() });

/** What each message says. Amounts are decimal strings; no detail of an instrument is ever in one. */
const BODIES = {
  payout_sent: ofPayout,
  payout_settled: ofPayout,
  payout_failed: ofPayout.extend({ advice: z.string() }),
  payout_returned: ofPayout.extend({ advice: z.string() }),
  /** `day` is that of the reminder, 0 of the first notice; `until` the last day to claim it, empty where nobody says. */
  payout_unclaimed: ofPayout.extend({ advice: z.string(), day: z.number(), until: z.string() }),
  payout_held: ofPayout.extend({ advice: z.string() }),
  payout_partly_returned: ofPayout.extend({ returned: z.string(), credited: z.enum(['yes', 'no']) }),
  run_in_review: z.strictObject({ run: z.string(), schedule: z.string(), periodEnd: z.string(), reminder: z.number() }),
  run_decided: z.strictObject({ run: z.string(), schedule: z.string(), periodEnd: z.string(), status: z.string() }),
  alarm_raised: z.strictObject({ kind: z.string(), subject: z.string(), detail: z.string() }),
  task_opened: z.strictObject({ kind: z.string(), subject: z.string(), detail: z.string(), deadline: z.string() }),
  task_due: z.strictObject({ kind: z.string(), subject: z.string(), detail: z.string(), deadline: z.string() }),
} as const;

export type NotificationKind = keyof typeof BODIES;
export type NotificationBody<K extends NotificationKind> = z.infer<(typeof BODIES)[K]>;

/** One message to one audience. The dedupe key says what is told once, as `payout_settled/<payout id>`. */
export type Notification = {
  [K in NotificationKind]: {
    kind: K;
    dedupeKey: string;
    audience: Audience;
    partnerId: bigint | null;
    body: NotificationBody<K>;
  };
}[NotificationKind];

export type Mail = { subject: string; text: string };

const money = ({ amount, currency }: { amount: string; currency: string }) => `${amount} ${currency}`;

/** What each message says as e-mail; a new kind does not compile until it is here. */
const TEMPLATES: { [K in NotificationKind]: (body: NotificationBody<K>) => Mail } = {
  payout_sent: (body) => ({
    subject: `Your payout of ${money(body)} is on its way`,
    text: `We sent ${money(body)} by ${body.method}. It is not final yet: we tell you when it has settled.\n\nPayout ${body.payout}`,
  }),
  payout_settled: (body) => ({
    subject: `Your payout of ${money(body)} has settled`,
    text: `${money(body)} were paid to you by ${body.method}.\n\nPayout ${body.payout}`,
  }),
  payout_failed: (body) => ({
    subject: `Your payout of ${money(body)} could not be made`,
    text:
      `We could not pay ${money(body)} by ${body.method}. ${body.advice} No money moved, and the amount is part of your balance ` +
      `again: the next run pays it.\n\nPayout ${body.payout}`,
  }),
  payout_returned: (body) => ({
    subject: `Your payout of ${money(body)} came back`,
    text:
      `${money(body)} that we sent by ${body.method} came back. ${body.advice} The amount is part of your balance again: the next ` +
      `run pays it.\n\nPayout ${body.payout}`,
  }),
  payout_unclaimed: (body) => ({
    subject: `${body.day > 0 ? 'Reminder: ' : ''}${money(body)} are waiting for you`,
    text:
      `We sent ${money(body)} by ${body.method}, and nobody has accepted them yet. ${body.advice}` +
      (body.until
        ? ` You can do so until ${body.until}; after that the money comes back to us and into your balance.`
        : '') +
      `\n\nPayout ${body.payout}`,
  }),
  payout_held: (body) => ({
    subject: `${money(body)} are held until you act`,
    text: `We sent ${money(body)} by ${body.method}, and they are held on their way. ${body.advice}\n\nPayout ${body.payout}`,
  }),
  payout_partly_returned: (body) => ({
    subject: `${body.returned} ${body.currency} of your payout came back`,
    text:
      `Of the ${money(body)} that we sent by ${body.method}, ${body.returned} ${body.currency} came back. ` +
      (body.credited === 'yes'
        ? 'They are part of your balance again: the next run pays them.'
        : 'They stay with us; ask us if you think that they are yours.') +
      `\n\nPayout ${body.payout}`,
  }),
  run_in_review: (body) => ({
    subject: `${body.reminder > 0 ? `Reminder ${body.reminder}: run` : 'Run'} of ${body.schedule} up to ${body.periodEnd} waits for approval`,
    text: `Run ${body.run} is prepared and waits for a decision. Nothing is paid before that; it expires after 7 days.`,
  }),
  run_decided: (body) => ({
    subject: `Run of ${body.schedule} up to ${body.periodEnd} is ${body.status}`,
    text: `Run ${body.run} is ${body.status}.`,
  }),
  alarm_raised: (body) => ({
    subject: `Alarm: ${body.kind} (${body.subject})`,
    text: `${body.detail}\n\nWhat is in flight goes on. Clear the alarm when you have looked into it.`,
  }),
  task_opened: (body) => ({
    subject: `Task: ${body.kind} (${body.subject})`,
    text: `${body.detail}\n\nDeadline: ${body.deadline}. It stays open until somebody decides it.`,
  }),
  task_due: (body) => ({
    subject: `Still open, due ${body.deadline}: ${body.kind} (${body.subject})`,
    text: `${body.detail}\n\nNobody has decided it yet.`,
  }),
};

const isKind = (kind: string): kind is NotificationKind => kind in BODIES;

/** Puts a stored message into words; throws where its body does not fit its kind. */
export function compose(kind: string, body: unknown): Mail {
  if (!isKind(kind)) throw new RangeError(`no such notification: ${kind}`);
  const render = TEMPLATES[kind] as (checked: unknown) => Mail;
  return render(BODIES[kind].parse(body));
}
