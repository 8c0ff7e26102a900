import { METHOD_NAMES } from '../../domain/rails.ts';
import type { NotificationBody, Templates } from '../notification.ts';

type Payout = NotificationBody<'payout_sent'>;

const amountOf = ({ amount, currency }: Payout): string => `${amount} ${currency}`;
const byMethod = ({ method }: Payout): string => `by ${METHOD_NAMES[method]}`;
const footer = ({ payout }: Payout): string => `\n\nPayout ${payout}`;

const DETAILS_SUBJECTS: Record<NotificationBody<'details_changed'>['change'], string> = {
  added: 'New payment details were added for you',
  withdrawn: 'Payment details of yours were withdrawn',
  first: 'The order of your payment details was changed',
};

/** Mail to a partner about one payout, or about their details. */
export const PARTNER_TEMPLATES: Templates<
  | 'payout_sent'
  | 'payout_settled'
  | 'payout_failed'
  | 'payout_returned'
  | 'payout_unclaimed'
  | 'payout_held'
  | 'payout_partly_returned'
  | 'details_changed'
  | 'email_changed'
  | 'points_expiring'
  | 'points_expired'
  | 'rung_changed'
> = {
  details_changed: ({ partner, change, method, ending, usableFrom }, { contact }) => {
    const details = `payment by ${METHOD_NAMES[method]}, ending in ${ending}`;
    return {
      subject: DETAILS_SUBJECTS[change],
      text:
        {
          added: `Details for ${details}, were added for partner ${partner}. We pay to them from ${usableFrom} on, and not before.`,
          withdrawn: `The details for ${details}, were withdrawn for partner ${partner}. We no longer pay to them.`,
          first: `From ${usableFrom} on, we pay partner ${partner} first of all to the details for ${details}. Until then nothing changes.`,
        }[change] +
        ` If you asked for this, you need to do nothing. If you did not, write to ${contact} today: we can stop payments to them. We sent ` +
        'this to every e-mail address that we had for you in the last 30 days.',
    };
  },
  email_changed: ({ partner, isOld }, { contact }) => ({
    subject: 'The e-mail address that we use for you was changed',
    text:
      (isOld === 'yes'
        ? `We no longer use this address for partner ${partner}. Notices about payments go to a new address.`
        : `From now on we use this address for partner ${partner}.`) +
      ` Payment details were not changed. If you asked for this, you need to do nothing. If you did not, write to ${contact} today.`,
  }),
  points_expiring: ({ name, amount, first, last }, { contact }) => ({
    subject: `${amount} of yours expire soon`,
    text:
      `${amount} of your ${name} can no longer be used ` +
      (first === last ? `from ${first} on. ` : `soon: the first from ${first} on, and the last from ${last} on. `) +
      `Use them before. If you have a question, write to ${contact}.`,
  }),
  points_expired: ({ name, amount, day }, { contact }) => ({
    subject: `${amount} of yours have expired`,
    text: `${amount} of your ${name} expired on ${day} and can no longer be used. Your other points are as they were. If you think that this is wrong, write to ${contact}.`,
  }),
  rung_changed: ({ fact, program, value, before, volume, start, last, from, until }, { contact }) => ({
    subject: `Your ${fact} is ${value} from ${from} on`,
    text:
      `Your volume from ${start} to ${last} was ${volume}. Your ${fact} in program ${program} is therefore ${value} from ${from} to ${until}` +
      `${before ? `, after ${before}` : ''}. If you think that this is wrong, write to ${contact}.`,
  }),
  payout_sent: (body) => ({
    subject: `Your payout of ${amountOf(body)} is on its way`,
    text: `We sent you ${amountOf(body)} ${byMethod(body)}. The payment is not final yet. We will let you know when it has settled.${footer(body)}`,
  }),
  payout_settled: (body) => ({
    subject: `Your payout of ${amountOf(body)} has settled`,
    text: `${amountOf(body)} was paid to you ${byMethod(body)}.${footer(body)}`,
  }),
  payout_failed: (body) => ({
    subject: `Your payout of ${amountOf(body)} could not be made`,
    text:
      `We could not pay you ${amountOf(body)} ${byMethod(body)}. ${body.advice} No money was sent. The amount has been added back ` +
      `to your balance, and we will pay it in the next run.${footer(body)}`,
  }),
  payout_returned: (body) => ({
    subject: `Your payout of ${amountOf(body)} was returned to us`,
    text:
      `We sent you ${amountOf(body)} ${byMethod(body)}, but the money came back to us. ${body.advice} The amount has been added ` +
      `back to your balance, and we will pay it in the next run.${footer(body)}`,
  }),
  payout_unclaimed: (body) => ({
    subject: `${body.day > 0 ? 'Reminder: ' : ''}${amountOf(body)} is waiting for you`,
    text:
      `We sent you ${amountOf(body)} ${byMethod(body)}, but you have not accepted it yet. ${body.advice}` +
      (body.until
        ? ` You have until ${body.until}. After that, the money comes back to us and is added to your balance again.`
        : '') +
      footer(body),
  }),
  payout_held: (body) => ({
    subject: `Action needed: your payout of ${amountOf(body)} is on hold`,
    text: `We sent you ${amountOf(body)} ${byMethod(body)}, but the payment is on hold. ${body.advice}${footer(body)}`,
  }),
  payout_partly_returned: (body) => ({
    subject: `${body.returned} ${body.currency} of your payout was returned to us`,
    text:
      `We sent you ${amountOf(body)} ${byMethod(body)}, but ${body.returned} ${body.currency} of it came back to us. ` +
      (body.credited === 'yes'
        ? 'That part has been added back to your balance, and we will pay it in the next run.'
        : 'We are keeping that part. Please contact us if you think it is yours.') +
      footer(body),
  }),
};
