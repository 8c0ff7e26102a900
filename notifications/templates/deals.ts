import { cite, go, type NoticePart, say } from '../../domain/tasks/notice-content.ts';
import type { Places, Templates } from '../notification.ts';
import { at } from '../places.ts';

/** Each event as a subject and a sentence. A name that is not here is told as it is. */
const DEAL_NEWS: Readonly<Record<string, { subject: string; text: string }>> = {
  registered: {
    subject: 'We received your deal',
    text: 'We received your registration. People are looking at it now.',
  },
  protected: { subject: 'Your deal is protected', text: 'The deal is protected for you.' },
  declined: { subject: 'Your deal was declined', text: 'We did not accept this registration.' },
  expired: { subject: 'Your deal has expired', text: 'The deal is no longer protected for you.' },
  extended: { subject: 'Your deal is protected for longer', text: 'We extended the protection of the deal.' },
  extension_declined: {
    subject: 'Your deal is not protected for longer',
    text: 'We did not extend the protection of the deal.',
  },
  withdrawn: { subject: 'Your deal was withdrawn', text: 'The deal was withdrawn and is no longer protected.' },
  won: { subject: 'Your deal was closed as won', text: 'The deal was closed as won. Congratulations.' },
  lost: { subject: 'Your deal was closed as lost', text: 'The deal was closed as lost.' },
};

const REQUEST_NAMES: Readonly<Record<string, string>> = {
  special_price: 'request for a special price',
  special_incentive: 'request for a special incentive',
  development_funds: 'request for market development funds',
};

/** Each step of a question. The words themselves are read in the portal alone. */
const QUESTION_NEWS: Readonly<Record<string, { subject: string; text: string }>> = {
  received: { subject: 'We received your question', text: 'We received your question, and will answer it.' },
  answer: {
    subject: 'We answered your question',
    text: 'We answered your question. If the answer does not settle it, you can reopen the question once.',
  },
  ask_back: {
    subject: 'We have a question for you',
    text: 'We need something from you to answer your question. If you do not reply within 14 days, we close it.',
  },
  adjustment: {
    subject: 'We propose to correct your balance',
    text: 'Because of your question we propose to correct your balance. A second person decides.',
  },
  confirmed: {
    subject: 'Your balance was corrected',
    text: 'The correction that your question led to is in your balance.',
  },
  refused: {
    subject: 'We look at your question again',
    text: 'The correction was not confirmed. We look at your question again.',
  },
  close: {
    subject: 'Your question was closed',
    text: 'We closed your question, with a reason. If it is not settled, you can reopen it once.',
  },
  silence: {
    subject: 'Your question was closed',
    text: 'We asked you something and got no reply, so the question is closed. You can reopen it once.',
  },
  reopen: { subject: 'Your question is open again', text: 'You reopened your question, and we will answer it.' },
};

const DECIDED: Readonly<Record<string, string>> = {
  received: 'was received, and people are looking at it',
  granted: 'was granted',
  declined: 'was declined',
  expired: 'has expired',
  withdrawn: 'was withdrawn',
};

/** Notices to partners about what they asked for. */
export const DEAL_TEMPLATES: Templates<'deal_changed' | 'request_changed' | 'claim_changed' | 'question_changed'> = {
  deal_changed: ({ deal, customer, what, reason, until }, places) => {
    const { subject = `Your deal is ${what}`, text = `The deal is ${what}.` } = DEAL_NEWS[what] ?? {};
    return {
      subject: `${subject}: ${customer}`,
      parts: [
        say(text + (until ? ` It is protected until ${until}, and no longer on that day.` : '')),
        ...because(reason),
        open('Open the deal', '/deals', deal, places),
        cite(`Deal ${deal}, customer ${customer}`),
      ],
    };
  },
  request_changed: ({ request, kind, what, reason }, places) => {
    const name = REQUEST_NAMES[kind] ?? 'request';
    return {
      subject: `Your ${name} ${DECIDED[what] ?? what}`,
      parts: [
        say(`Your ${name} ${DECIDED[what] ?? what}.`),
        ...because(reason),
        open('Open the request', '/requests', request, places),
        cite(`Request ${request}`),
      ],
    };
  },
  claim_changed: ({ claim, amount, currency, what, reason }, places) => ({
    subject: `Your claim of ${amount} ${currency} ${DECIDED[what] ?? what}`,
    parts: [
      say(
        `Your claim of ${amount} ${currency} ${DECIDED[what] ?? what}.` +
          (what === 'granted' ? ' The amount was added to your balance, and we will pay it in the next run.' : ''),
      ),
      ...because(reason),
      open('Open the claim', '/claims', claim, places),
      cite(`Claim ${claim}`),
    ],
  }),
  question_changed({ question, what }, { own }) {
    const { subject, text } = QUESTION_NEWS[what] ?? { subject: 'Your question', text: 'Your question changed.' };
    return { subject, parts: [say(text), go('Read it in your portal', own(at('/questions', question)))] };
  },
};

const because = (reason: string): NoticePart[] => (reason ? [say(`The reason: ${reason}`)] : []);

const open = (label: string, path: string, id: string, { own }: Places): NoticePart => go(label, own(at(path, id)));
