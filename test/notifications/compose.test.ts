import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { PAGE_ROUTES } from '../../api/http/page-permissions.ts';
import { METHOD_NAMES, METHODS } from '../../domain/rails.ts';
import { NOTICE_KINDS, NOTICES } from '../../domain/tasks/notice.ts';
import type { NoticePart } from '../../domain/tasks/notice-content.ts';
import { compose, readNotification } from '../../notifications/compose.ts';
import { BODIES, type NotificationBody, type NotificationKind } from '../../notifications/notification.ts';
import { writeMail } from '../../notifications/write.ts';

const SITE = 'https://bursar.example.test';
const urlOf = (path: string): string => SITE + path;
const PLACES = { own: (path: string) => `/portal/ann${path}`, contact: 'finance@example.test' };
const write = <K extends NotificationKind>(kind: K, facts: NotificationBody<K>) =>
  writeMail(compose(kind, facts, PLACES), urlOf);
const body = (method: (typeof METHODS)[number]) => ({ payout: 'PAYOUT-1', amount: '12.00', currency: 'USD', method });
const unclaimed = { advice: 'Please log in to PayPal and accept the payment.', day: 0, until: '' };
const END = `Open the payout: ${SITE}/portal/ann/payouts/PAYOUT-1\n\nPayout PAYOUT-1`;

describe('given a payout that was paid', () => {
  it('when it is a large amount then the mail groups its digits', () => {
    expect(write('payout_settled', { ...body('bank'), amount: '1234567.50' }).subject).toContain('1,234,567.50 USD');
  });

  it.each(METHODS)(
    'when it was paid by %s then the mail writes the method as people do, and money is singular',
    (method) => {
      const { text } = write('payout_settled', body(method));
      expect(text).toBe(`12.00 USD was paid to you by ${METHOD_NAMES[method]}.\n\n${END}`);
    },
  );
});

describe('given a payout that nobody has accepted yet', () => {
  it('when the partner is first told then the mail says what was sent and what to do', () => {
    expect(write('payout_unclaimed', { ...body('paypal'), ...unclaimed })).toMatchObject({
      subject: '12.00 USD is waiting for you',
      text:
        'We sent you 12.00 USD by PayPal, but you have not accepted it yet. Please log in to PayPal and accept the payment.' +
        `\n\n${END}`,
    });
  });

  it('when it is a reminder with a last day then the mail names that day and what happens after it', () => {
    const { subject, text } = write('payout_unclaimed', {
      ...body('paypal'),
      ...unclaimed,
      day: 7,
      until: '2026-12-24',
    });
    expect(subject).toBe('Reminder: 12.00 USD is waiting for you');
    expect(text).toContain('You have until 24 Dec 2026. After that, the money comes back to us');
  });
});

describe('given a task', () => {
  it('when it is opened then its mail names the work and the deadline as people do, and the ids stand at its end', () => {
    const facts = { task: 'T-1', kind: 'role_proposed', subject: 'grant/G-1', detail: 'Confirm it.' };
    const { subject, text } = write('task_opened', { ...facts, deadline: '2026-12-05T07:23:53.504Z' });
    expect(subject).toBe('Task: Confirm or refuse a role');
    expect(text).toContain('Deadline: 5 Dec 2026, 07:23 UTC.');
    expect(text).toMatch(/Task T-1, about grant\/G-1$/);
  });
});

describe('given a part of a payout that came back', () => {
  it.each([
    { credited: 'yes' as const, says: 'added back to your balance' },
    { credited: 'no' as const, says: 'We are keeping that part' },
  ])('when it is credited: $credited then the mail says so', ({ credited, says }) => {
    const { text } = write('payout_partly_returned', { ...body('bank'), returned: '5.00', credited });
    expect(text).toContain('5.00 USD of it came back to us');
    expect(text).toContain(says);
  });
});

describe('given a correction of a balance', () => {
  it.each([
    { kind: 'credit', added: '12.00 USD', says: '12.00 USD was added to your balance. The reason: Missing sale' },
    { kind: 'deduction', taken: '3.00 USD', says: '3.00 USD was taken from your balance. The reason: Missing sale' },
    { kind: 'transfer', taken: '3.00 USD', says: '3.00 USD was moved from your balance to that of another partner.' },
    { kind: 'write_off', added: '3.00 USD', says: '3.00 USD that you owed us is no longer owed.' },
    {
      kind: 'write_off',
      taken: '3.00 USD',
      says: 'We will not pay 3.00 USD of your balance. The reason: Missing sale.\n',
    },
    { kind: 'merge', says: 'Two of your accounts with us are now one, with one balance.' },
    {
      kind: 'batch',
      added: '12.00 USD',
      taken: '3.00 EUR',
      says: '12.00 USD was added to your balance. 3.00 EUR was taken from your balance.',
    },
  ])('when it is a $kind then the mail says: $says', ({ kind, added = '', taken = '', says }) => {
    const { text } = write('balance_corrected', { correction: 'C-1', kind, added, taken, reason: 'Missing sale' });
    expect(text).toContain(says);
  });
});

describe('given a stored notification that does not fit its kind', () => {
  it.each([
    { wrong: 'an unknown kind', kind: 'payout_lost', stored: body('bank'), names: 'payout_lost' },
    { wrong: 'an unknown method', kind: 'payout_sent', stored: { ...body('bank'), method: 'wise' }, names: 'method' },
    {
      wrong: 'a detail that no template uses',
      kind: 'payout_sent',
      stored: { ...body('bank'), iban: 'DE00' },
      names: 'iban',
    },
  ])('when it has $wrong then it cannot be read, and the error names it', ({ kind, stored, names }) => {
    expect(() => readNotification(kind, stored)).toThrow(names);
  });
});

/** The name of a partner who would like to run a script in a mail program, and to add a reader to the mail. */
const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>\r\nBcc: eve@example.test`;

/** A body of a kind in which every free text is hostile. */
function hostile(schema: unknown): unknown {
  if (schema instanceof z.ZodObject)
    return Object.fromEntries(
      Object.entries(schema.shape).map(([name, part]) => [name, name === 'path' ? '/payouts/1' : hostile(part)]),
    );
  if (schema instanceof z.ZodArray) return [hostile(schema.element)];
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (schema instanceof z.ZodNullable) return hostile(schema.unwrap());
  if (schema instanceof z.ZodBoolean) return true;
  return schema instanceof z.ZodNumber ? 100 : HOSTILE;
}

const hostileContent = (kind: NotificationKind) => compose(kind, hostile(BODIES[kind]) as never, PLACES);

/** The words that a mail program shows of HTML. */
const wordsOf = (html: string): string =>
  html
    .replace(/<head>.*<\/head>/s, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');

const textsIn = (part: NoticePart): string[] => {
  if (part.is === 'list') return [part.title, ...part.items.map(({ text }) => text)];
  if (part.is === 'totals') return [part.title, ...part.rows.flatMap(({ amount, about }) => [amount, about])];
  if (part.is === 'link') return [part.label];
  return part.is === 'command' ? [part.before, part.after] : [part.text];
};

const pathsIn = (part: NoticePart): string[] => {
  if (part.is === 'list') return part.items.flatMap(({ path }) => path ?? []);
  return part.is === 'link' ? [part.path] : [];
};

/** Words that no German sentence has. */
const ENGLISH = /\b(the|of|and|is|are|we|you|your|to|it|this|from|with|for|until|since|was)\b/i;

/** Bodies of a kind: one for each choice that its facts have, with plain texts in the places of names. */
function plain(schema: unknown, choice: number): unknown {
  if (schema instanceof z.ZodObject)
    return Object.fromEntries(Object.entries(schema.shape).map(([name, part]) => [name, plain(part, choice)]));
  if (schema instanceof z.ZodEnum) return schema.options[choice % schema.options.length];
  return schema instanceof z.ZodNumber ? choice : ['Xy', ''][choice % 2];
}

describe.each(NOTICE_KINDS.filter((kind) => ['partner', 'person'].includes(NOTICES[kind].audiences[0])))(
  'given a notice of kind %s to somebody who reads German',
  (kind) => {
    it.each([0, 1, 2])('when its facts are those of case %i then no word of it is English', (choice) => {
      const inGerman = compose(kind, plain(BODIES[kind], choice) as never, PLACES, 'de');
      const { subject, text, html } = writeMail(inGerman, urlOf, null, 'de');
      expect(html).toContain('<html lang="de">');
      expect([subject, ...text.split('\n')].filter((line) => !line.startsWith('curl') && ENGLISH.test(line))).toEqual(
        [],
      );
    });
  },
);

describe('given a notice with amounts and days', () => {
  it('when it is written in German then both are written as Germans do', () => {
    const facts = { ...body('bank'), amount: '1234.50', advice: 'Please cash the check.', day: 0, until: '2026-12-24' };
    const { subject, text } = writeMail(compose('payout_unclaimed', facts, PLACES, 'de'), urlOf);
    expect(subject).toBe('1.234,50 USD warten auf Sie');
    expect(text).toContain('Bitte lösen Sie den Scheck ein. Sie haben Zeit bis 24.12.2026.');
    const points = { unit: 'points-care', name: 'Care', amount: '1200 points', day: '2026-01-31' };
    expect(compose('points_expired', points, PLACES, 'de').subject).toBe('1.200 Punkte von Ihnen sind verfallen');
  });
});

describe.each(NOTICE_KINDS)('given a notice of kind %s about people with hostile names', (kind) => {
  it('then its HTML runs nothing, and says the same as its text', () => {
    const content = hostileContent(kind);
    const { subject, text, html } = writeMail(content, urlOf);
    expect(subject).not.toMatch(/[\r\n]/);
    expect(html.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/<(script|img)|<[^>]*\son\w+=/);
    const words = wordsOf(html);
    for (const said of content.parts.flatMap(textsIn)) {
      expect(text).toContain(said);
      expect(words).toContain(said.replaceAll(/\s+/g, ' ').trim());
    }
  });

  it('then each of its links leads to a page that there is', () => {
    const pages = [
      ...PAGE_ROUTES,
      'GET /invitations/{token}',
      'GET /contact-changes/{token}',
      'GET /contact-stops/{token}',
    ].map((route) => new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`));
    for (const path of hostileContent(kind).parts.flatMap(pathsIn))
      expect(
        pages.some((page) => page.test(`GET ${path}`)),
        path,
      ).toBe(true);
  });
});
