import { CONTACT_HOURS } from '../../domain/partners/contact-change.ts';
import { adviceAgain } from '../../domain/payouts/advice.ts';
import { cite, go, type NoticePart, say } from '../../domain/tasks/notice-content.ts';
import type { NotificationBody, Places, Templates } from '../notification.ts';
import { at } from '../places.ts';
import type { NoticeVoice } from '../voice.ts';

type Payout = NotificationBody<'payout_sent'>;

/** The amount of a payout, and how it is paid. */
const factsOf = ({ amount, currency, method }: Payout, voice: NoticeVoice) => ({
  amount: voice.domain.written(`${amount} ${currency}`),
  by: voice.say(`by.${method}`),
});
const openPayout = ({ payout }: Payout, { own }: Places, voice: NoticeVoice): NoticePart[] => [
  go(voice.say('open.payout'), own(at('/payouts', payout))),
  cite(voice.say('cite.payout', { payout })),
];
const openDetails = ({ own }: Places, voice: NoticeVoice): NoticePart => go(voice.say('open.details'), own('/details'));

/** The end of a notice about money that is owed again: first the place where it can be corrected. */
const fixIt = (body: Payout, places: Places, voice: NoticeVoice): NoticePart[] => [
  openDetails(places, voice),
  ...openPayout(body, places, voice),
];

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
  details_changed: ({ partner, change, method, ending, usableFrom }, places, voice) => {
    const details = { partner, method: voice.say(`details.method.${method}`), ending };
    return {
      subject: voice.say(`details.${change}.subject`),
      parts: [
        say(
          change === 'withdrawn'
            ? voice.say('details.withdrawn', details)
            : voice.say(`details.${change}`, { ...details, day: voice.domain.day(usableFrom) }),
        ),
        say(voice.say('details.ifNot', { contact: places.contact })),
        openDetails(places, voice),
      ],
    };
  },
  access_changed: ({ partner, change, access, person }, { contact, own }, voice) => ({
    subject: voice.say(`access.${change}.subject`),
    parts: [
      say(voice.say(`access.${change === 'given' ? access : change}`, { person, partner })),
      say(voice.say('access.ifNot', { contact })),
      go(voice.say('open.users'), own('/users')),
    ],
  }),
  email_changed: ({ partner, isOld }, { contact }, voice) => ({
    subject: voice.say('email.subject'),
    parts: [
      say(voice.say(isOld === 'yes' ? 'email.old' : 'email.new', { partner })),
      say(voice.say('email.ifNot', { contact })),
    ],
  }),
  contact_asked: ({ partner, person }, { contact, own }, voice) => ({
    subject: voice.say('contactAsked.subject'),
    parts: [
      say(voice.say('contactAsked.text', { person, partner, hours: CONTACT_HOURS })),
      say(voice.say('contactAsked.ifNot', { contact })),
      go(voice.say('open.detailsPage'), own('/details')),
    ],
  }),
  points_expiring: ({ name, amount, first, last }, { contact, own }, voice) => {
    const facts = { name, amount: voice.domain.written(amount), first: voice.domain.day(first), contact };
    return {
      subject: voice.say('expiring.subject', facts),
      parts: [
        say(
          first === last
            ? voice.say('expiring.once', facts)
            : voice.say('expiring.soon', { ...facts, last: voice.domain.day(last) }),
        ),
        go(voice.say('open.points'), own('/points')),
      ],
    };
  },
  points_expired: ({ name, amount, day }, { contact, own }, voice) => {
    const facts = { name, amount: voice.domain.written(amount), day: voice.domain.day(day), contact };
    return {
      subject: voice.say('expired.subject', facts),
      parts: [say(voice.say('expired.text', facts)), go(voice.say('open.points'), own('/points'))],
    };
  },
  rung_changed: ({ fact, program, value, before, volume, ...days }, { contact, own }, voice) => {
    const [start, last, from, until] = [days.start, days.last, days.from, days.until].map(voice.domain.day) as [
      string,
      string,
      string,
      string,
    ];
    const facts = { fact, program, value, volume: voice.domain.written(volume), start, last, from, until, contact };
    return {
      subject: voice.say('rung.subject', facts),
      parts: [
        say(before === '' ? voice.say('rung.text', facts) : voice.say('rung.after', { ...facts, before })),
        go(voice.say('open.earnings'), own('/earnings')),
      ],
    };
  },
  payout_sent: (body, places, voice) => {
    const facts = factsOf(body, voice);
    return {
      subject: voice.say('sent.subject', facts),
      parts: [say(voice.say('sent.text', facts)), ...openPayout(body, places, voice)],
    };
  },
  payout_settled: (body, places, voice) => {
    const facts = factsOf(body, voice);
    return {
      subject: voice.say('settled.subject', facts),
      parts: [say(voice.say('settled.text', facts)), ...openPayout(body, places, voice)],
    };
  },
  payout_failed: (body, places, voice) => {
    const facts = { ...factsOf(body, voice), advice: adviceAgain(body.advice, voice.domain) };
    return {
      subject: voice.say('failed.subject', facts),
      parts: [say(voice.say('failed.text', facts)), say(voice.say('failed.then')), ...fixIt(body, places, voice)],
    };
  },
  payout_returned: (body, places, voice) => {
    const facts = { ...factsOf(body, voice), advice: adviceAgain(body.advice, voice.domain) };
    return {
      subject: voice.say('returned.subject', facts),
      parts: [say(voice.say('returned.text', facts)), say(voice.say('returned.then')), ...fixIt(body, places, voice)],
    };
  },
  payout_unclaimed: (body, places, voice) => {
    const facts = { ...factsOf(body, voice), advice: adviceAgain(body.advice, voice.domain) };
    return {
      subject: voice.say(body.day > 0 ? 'unclaimed.reminder' : 'unclaimed.subject', facts),
      parts: [
        say(
          body.until === ''
            ? voice.say('unclaimed.text', facts)
            : voice.say('unclaimed.until', { ...facts, until: voice.domain.day(body.until) }),
        ),
        ...openPayout(body, places, voice),
      ],
    };
  },
  payout_held: (body, places, voice) => {
    const facts = { ...factsOf(body, voice), advice: adviceAgain(body.advice, voice.domain) };
    return {
      subject: voice.say('held.subject', facts),
      parts: [say(voice.say('held.text', facts)), ...openPayout(body, places, voice)],
    };
  },
  payout_partly_returned: (body, places, voice) => {
    const facts = { ...factsOf(body, voice), returned: voice.domain.written(`${body.returned} ${body.currency}`) };
    return {
      subject: voice.say('part.subject', facts),
      parts: [
        say(voice.say(body.credited === 'yes' ? 'part.credited' : 'part.kept', facts)),
        ...openPayout(body, places, voice),
      ],
    };
  },
};
