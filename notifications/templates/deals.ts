import type { Templates } from '../notification.ts';

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

/** Mail to partners about what they asked for. */
export const DEAL_TEMPLATES: Templates<'deal_changed'> = {
  deal_changed: ({ deal, customer, what, reason, until }) => {
    const { subject = `Your deal is ${what}`, text = `The deal is ${what}.` } = DEAL_NEWS[what] ?? {};
    return {
      subject: `${subject}: ${customer}`,
      text:
        text +
        (until ? ` It is protected until ${until}, and no longer on that day.` : '') +
        (reason ? ` The reason: ${reason}` : '') +
        `\n\nDeal ${deal}, customer ${customer}`,
    };
  },
};
