import { describe, expect, it } from 'vitest';

import { METHOD_NAMES, METHODS } from '../../domain/rails.ts';
import { compose, readNotification } from '../../notifications/compose.ts';

const PLACES = { urlOf: (path: string) => `https://bursar.example.test${path}`, contact: 'finance@example.test' };
const body = (method: (typeof METHODS)[number]) => ({ payout: 'PAYOUT-1', amount: '12.00', currency: 'USD', method });
const unclaimed = { advice: 'Please log in to PayPal and accept the payment.', day: 0, until: '' };

describe('given a payout that was paid', () => {
  it.each(METHODS)(
    'when it was paid by %s then the mail writes the method as people do, and money is singular',
    (method) => {
      const { text } = compose('payout_settled', body(method), PLACES);
      expect(text).toBe(`12.00 USD was paid to you by ${METHOD_NAMES[method]}.\n\nPayout PAYOUT-1`);
    },
  );
});

describe('given a payout that nobody has accepted yet', () => {
  it('when the partner is first told then the mail says what was sent and what to do', () => {
    expect(compose('payout_unclaimed', { ...body('paypal'), ...unclaimed }, PLACES)).toEqual({
      subject: '12.00 USD is waiting for you',
      text:
        'We sent you 12.00 USD by PayPal, but you have not accepted it yet. Please log in to PayPal and accept the payment.' +
        '\n\nPayout PAYOUT-1',
    });
  });

  it('when it is a reminder with a last day then the mail names that day and what happens after it', () => {
    const { subject, text } = compose(
      'payout_unclaimed',
      { ...body('paypal'), ...unclaimed, day: 7, until: '2026-12-24' },
      PLACES,
    );
    expect(subject).toBe('Reminder: 12.00 USD is waiting for you');
    expect(text).toContain('You have until 2026-12-24. After that, the money comes back to us');
  });
});

describe('given a part of a payout that came back', () => {
  it.each([
    { credited: 'yes' as const, says: 'added back to your balance' },
    { credited: 'no' as const, says: 'We are keeping that part' },
  ])('when it is credited: $credited then the mail says so', ({ credited, says }) => {
    const { text } = compose('payout_partly_returned', { ...body('bank'), returned: '5.00', credited }, PLACES);
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
    const { text } = compose(
      'balance_corrected',
      { correction: 'C-1', kind, added, taken, reason: 'Missing sale' },
      PLACES,
    );
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
