import { cite, go, type NoticePart, say } from '../../domain/tasks/notice-content.ts';
import type { Templates } from '../notification.ts';
import { at } from '../places.ts';
import type { NoticeVoice } from '../voice.ts';

/** The events of a deal that have words of their own. Another one is told as it is. */
const DEAL_NEWS = [
  'registered',
  'protected',
  'declined',
  'expired',
  'extended',
  'extension_declined',
  'withdrawn',
  'won',
  'lost',
] as const;

const REQUESTS = ['special_price', 'special_incentive', 'development_funds'] as const;

/** The steps of a question. The words themselves are read in the portal alone. */
const QUESTION_NEWS = [
  'received',
  'answer',
  'ask_back',
  'adjustment',
  'confirmed',
  'refused',
  'close',
  'silence',
  'reopen',
] as const;

const DECIDED = ['received', 'granted', 'declined', 'expired', 'withdrawn'] as const;

const known = <Name extends string>(names: readonly Name[], text: string): Name | undefined =>
  names.find((name) => name === text);

/** Notices to partners about what they asked for. */
export const DEAL_TEMPLATES: Templates<'deal_changed' | 'request_changed' | 'claim_changed' | 'question_changed'> = {
  deal_changed: ({ deal, customer, what, reason, until }, { own }, voice) => {
    const news = known(DEAL_NEWS, what);
    const subject = news ? voice.say(`deal.${news}.subject`) : voice.say('deal.other.subject', { what });
    const text = news ? voice.say(`deal.${news}`) : voice.say('deal.other', { what });
    return {
      subject: voice.say('deal.subject', { news: subject, customer }),
      parts: [
        say(until === '' ? text : voice.say('deal.until', { text, until: voice.domain.day(until) })),
        ...because(reason, voice),
        go(voice.say('open.deal'), own(at('/deals', deal))),
        cite(voice.say('cite.deal', { deal, customer })),
      ],
    };
  },
  request_changed: ({ request, kind, what, reason }, { own }, voice) => {
    const facts = { name: voice.say(`request.${known(REQUESTS, kind) ?? 'other'}`), decided: decidedOf(what, voice) };
    return {
      subject: voice.say('request.subject', facts),
      parts: [
        say(voice.say('request.text', facts)),
        ...because(reason, voice),
        go(voice.say('open.request'), own(at('/requests', request))),
        cite(voice.say('cite.request', { request })),
      ],
    };
  },
  claim_changed: ({ claim, amount, currency, what, reason }, { own }, voice) => {
    const facts = { amount: voice.domain.written(`${amount} ${currency}`), decided: decidedOf(what, voice) };
    return {
      subject: voice.say('claim.subject', facts),
      parts: [
        say(voice.say(what === 'granted' ? 'claim.granted' : 'claim.text', facts)),
        ...because(reason, voice),
        go(voice.say('open.claim'), own(at('/claims', claim))),
        cite(voice.say('cite.claim', { claim })),
      ],
    };
  },
  question_changed({ question, what }, { own }, voice) {
    const news = known(QUESTION_NEWS, what) ?? 'other';
    return {
      subject: voice.say(`question.${news}.subject`),
      parts: [say(voice.say(`question.${news}`)), go(voice.say('open.question'), own(at('/questions', question)))],
    };
  },
};

function decidedOf(what: string, voice: NoticeVoice): string {
  const decided = known(DECIDED, what);
  return decided ? voice.say(`decided.${decided}`) : what;
}

const because = (reason: string, voice: NoticeVoice): NoticePart[] =>
  reason ? [say(voice.say('because', { reason }))] : [];
