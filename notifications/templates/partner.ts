import { CONTACT_HOURS } from '../../domain/partners/contact-change.ts';
import { METHOD_NAMES } from '../../domain/rails.ts';
import { cite, go, type NoticePart, say } from '../../domain/tasks/notice-content.ts';
import type { NotificationBody, Places, Templates } from '../notification.ts';
import { at } from '../places.ts';

type Payout = NotificationBody<'payout_sent'>;

const amountOf = ({ amount, currency }: Payout): string => `${amount} ${currency}`;
const byMethod = ({ method }: Payout): string => `by ${METHOD_NAMES[method]}`;
const openPayout = ({ payout }: Payout, { own }: Places): NoticePart[] => [
  go('Open the payout', own(at('/payouts', payout))),
  cite(`Payout ${payout}`),
];
const openDetails = ({ own }: Places): NoticePart => go('Open your payment details', own('/details'));

/** The end of a notice about money that is owed again: first the place where it can be corrected. */
const fixIt = (body: Payout, places: Places): NoticePart[] => [openDetails(places), ...openPayout(body, places)];

const DETAILS_SUBJECTS: Record<NotificationBody<'details_changed'>['change'], string> = {
  added: 'New payment details were added for you',
  withdrawn: 'Payment details of yours were withdrawn',
  first: 'The order of your payment details was changed',
};

/** Notices to a partner about one payout, or about their details. */
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
  | 'contact_asked'
  | 'access_changed'
  | 'points_expiring'
  | 'points_expired'
  | 'rung_changed'
> = {
  details_changed: ({ partner, change, method, ending, usableFrom }, places) => {
    const details = `payment by ${METHOD_NAMES[method]}, ending in ${ending}`;
    const what = {
      added: `Details for ${details}, were added for partner ${partner}. We pay to them from ${usableFrom} on, and not before.`,
      withdrawn: `The details for ${details}, were withdrawn for partner ${partner}. We no longer pay to them.`,
      first: `From ${usableFrom} on, we pay partner ${partner} first of all to the details for ${details}. Until then nothing changes.`,
    }[change];
    return {
      subject: DETAILS_SUBJECTS[change],
      parts: [
        say(what),
        say(
          `If you asked for this, you need to do nothing. If you did not, write to ${places.contact} today: we can stop payments to them. ` +
            'We sent this to every e-mail address that we had for you in the last 60 days.',
        ),
        openDetails(places),
      ],
    };
  },
  access_changed: ({ partner, change, access, person }, { contact }) => {
    const may =
      access === 'owner' ? 'read everything and change payout details, contacts and users' : 'read everything';
    return {
      subject:
        change === 'given'
          ? 'Somebody was given access to your portal'
          : 'Somebody no longer has access to your portal',
      parts: [
        say(
          change === 'given'
            ? `${person} was invited to the portal of partner ${partner}, and may ${may}.`
            : `${person} can no longer open the portal of partner ${partner}.`,
        ),
        say(`If you know of this, you need to do nothing. If you do not, write to ${contact} today.`),
      ],
    };
  },
  email_changed: ({ partner, isOld }, { contact }) => ({
    subject: 'The e-mail address that we use for you was changed',
    parts: [
      say(
        isOld === 'yes'
          ? `We no longer use this address for partner ${partner}. Notices about payments go to a new address.`
          : `From now on, notices about payments to partner ${partner} go to the new address.`,
      ),
      say(
        `Payment details were not changed. If you asked for this, you need to do nothing. If you did not, write to ${contact} today.`,
      ),
    ],
  }),
  contact_asked: ({ partner, person }, { contact, own }) => ({
    subject: 'Somebody asked that your notices go to another address',
    parts: [
      say(
        `${person} asked that notices about payments to partner ${partner} go to another e-mail address. Nothing has changed yet: the holder of that address must confirm it within ${CONTACT_HOURS} hours.`,
      ),
      say(
        `If you know of this, you need to do nothing. If you do not, an owner cancels it under Details. Or write to ${contact} today.`,
      ),
      go('Open Details', own('/details')),
    ],
  }),
  points_expiring: ({ name, amount, first, last }, { contact, own }) => ({
    subject: `${amount} of yours expire soon`,
    parts: [
      say(
        `${amount} of your ${name} can no longer be used ` +
          (first === last ? `from ${first} on. ` : `soon: the first from ${first} on, and the last from ${last} on. `) +
          `Use them before. If you have a question, write to ${contact}.`,
      ),
      go('Open your points', own('/points')),
    ],
  }),
  points_expired: ({ name, amount, day }, { contact, own }) => ({
    subject: `${amount} of yours have expired`,
    parts: [
      say(
        `${amount} of your ${name} expired on ${day} and can no longer be used. Your other points are as they were. If you think that this is wrong, write to ${contact}.`,
      ),
      go('Open your points', own('/points')),
    ],
  }),
  rung_changed: ({ fact, program, value, before, volume, start, last, from, until }, { contact, own }) => ({
    subject: `Your ${fact} is ${value} from ${from} on`,
    parts: [
      say(
        `Your volume from ${start} to ${last} was ${volume}. Your ${fact} in program ${program} is therefore ${value} from ${from} to ${until}` +
          `${before ? `, after ${before}` : ''}. If you think that this is wrong, write to ${contact}.`,
      ),
      go('Open your earnings', own('/earnings')),
    ],
  }),
  payout_sent: (body, places) => ({
    subject: `Your payout of ${amountOf(body)} is on its way`,
    parts: [
      say(
        `We sent you ${amountOf(body)} ${byMethod(body)}. The payment is not final yet. We will let you know when it has settled.`,
      ),
      ...openPayout(body, places),
    ],
  }),
  payout_settled: (body, places) => ({
    subject: `Your payout of ${amountOf(body)} has settled`,
    parts: [say(`${amountOf(body)} was paid to you ${byMethod(body)}.`), ...openPayout(body, places)],
  }),
  payout_failed: (body, places) => ({
    subject: `Your payout of ${amountOf(body)} could not be made`,
    parts: [
      say(`We could not pay you ${amountOf(body)} ${byMethod(body)}. ${body.advice}`),
      say('No money was sent. The amount has been added back to your balance, and we will pay it in the next run.'),
      ...fixIt(body, places),
    ],
  }),
  payout_returned: (body, places) => ({
    subject: `Your payout of ${amountOf(body)} was returned to us`,
    parts: [
      say(`We sent you ${amountOf(body)} ${byMethod(body)}, but the money came back to us. ${body.advice}`),
      say('The amount has been added back to your balance, and we will pay it in the next run.'),
      ...fixIt(body, places),
    ],
  }),
  payout_unclaimed: (body, places) => ({
    subject: `${body.day > 0 ? 'Reminder: ' : ''}${amountOf(body)} is waiting for you`,
    parts: [
      say(
        `We sent you ${amountOf(body)} ${byMethod(body)}, but you have not accepted it yet. ${body.advice}` +
          (body.until
            ? ` You have until ${body.until}. After that, the money comes back to us and is added to your balance again.`
            : ''),
      ),
      ...openPayout(body, places),
    ],
  }),
  payout_held: (body, places) => ({
    subject: `Action needed: your payout of ${amountOf(body)} is on hold`,
    parts: [
      say(`We sent you ${amountOf(body)} ${byMethod(body)}, but the payment is on hold. ${body.advice}`),
      ...openPayout(body, places),
    ],
  }),
  payout_partly_returned: (body, places) => ({
    subject: `${body.returned} ${body.currency} of your payout was returned to us`,
    parts: [
      say(
        `We sent you ${amountOf(body)} ${byMethod(body)}, but ${body.returned} ${body.currency} of it came back to us. ` +
          (body.credited === 'yes'
            ? 'That part has been added back to your balance, and we will pay it in the next run.'
            : 'We are keeping that part. Please contact us if you think it is yours.'),
      ),
      ...openPayout(body, places),
    ],
  }),
};
