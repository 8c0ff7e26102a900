import { describe, expect, it } from 'vitest';

import { adviceFor, adviceOn, ADVISED_CODES, rejectedDetail } from '../../../domain/payouts/advice.ts';
import { GATEWAYS } from '../../../domain/rails.ts';

describe('given a provider that gives a reason', () => {
  it.each([
    { gateway: 'paypal', code: 'RECEIVER_ACCOUNT_LOCKED', who: 'partner', says: /locked.*PayPal to unlock/ },
    { gateway: 'paypal', code: 'RECEIVER_COUNTRY_NOT_ALLOWED', who: 'partner', says: /country.*bank details/ },
    { gateway: 'paypal', code: 'RECEIVER_UNREGISTERED', who: 'partner', says: /no PayPal account.*open one/ },
    { gateway: 'paypal', code: 'INSUFFICIENT_FUNDS', who: 'us', says: /nothing you need to do/ },
    { gateway: 'wise', code: 'ACCOUNT_CLOSED', who: 'partner', says: /closed.*another/ },
    { gateway: 'wise', code: 'WRONG_NAME', who: 'partner', says: /exactly as your bank writes it/ },
    { gateway: 'lob', code: 'stopped', who: 'us', says: /destroy it/ },
    { gateway: 'printed-check', code: 'resolved_not_paid', who: 'us', says: /pay it again/ },
  ] as const)(
    'when $gateway gives $code then $who must act, and one exact sentence says how',
    ({ gateway, code, who, says }) => {
      expect(adviceOn(gateway, 'failed', code)).toMatchObject({ who, text: expect.stringMatching(says) });
    },
  );

  it('then no two causes of one gateway have the same advice, and each advice is one sentence', () => {
    for (const gateway of GATEWAYS) {
      const texts = ADVISED_CODES.filter((known) => known.gateway === gateway).map(
        ({ code }) => adviceOn(gateway, 'failed', code).text,
      );
      expect(texts.length).toBeGreaterThan(5);
      expect(new Set(texts).size).toBe(texts.length);
      for (const text of texts) expect(text).toMatch(/^[A-Z][^.]*\.$/);
    }
  });

  it.each(GATEWAYS)(
    'when %s gives an unknown code then the advice quotes it, so two unknown codes have different advice',
    (gateway) => {
      const [one, other] = ['NEW_CODE', 'OTHER_CODE'].map((code) => adviceOn(gateway, 'returned', code).text);
      expect(one).toContain('NEW_CODE');
      expect(one).not.toBe(other);
    },
  );

  it.each(['toString', '__proto__', 'constructor'])('when the code is %s then it counts as an unknown code', (code) => {
    expect(adviceOn('wise', 'failed', code).text).toContain(code);
  });
});

describe('given a detail that we rejected before asking a provider', () => {
  it('then the advice names the detail and what is wrong with it', () => {
    expect(adviceOn('wise', 'failed', rejectedDetail('details.IBAN', 'is not a valid IBAN'))).toEqual({
      who: 'partner',
      text: 'One of your payout details cannot be used: IBAN is not a valid IBAN. Please correct it.',
    });
  });
});

describe('given a payout in its current state', () => {
  const payout = { gateway: 'paypal', statusReason: null, attemptState: null, attemptReason: null } as const;

  it.each([
    { status: 'settled', attemptState: 'settled', says: null },
    { status: 'sent', attemptState: 'sent', says: null },
    { status: 'sent', attemptState: 'unclaimed', says: 'log in to PayPal' },
    { status: 'failed', attemptState: null, says: 'No reason was given: we are looking into it' },
    { status: 'returned', attemptState: 'returned', says: 'No reason was given, so please check' },
  ] as const)(
    'when it is $status and its attempt $attemptState then the advice is $says',
    ({ status, attemptState, says }) => {
      const advice = adviceFor({ ...payout, status, attemptState });
      if (says === null) expect(advice).toBeNull();
      else expect(advice?.text).toContain(says);
    },
  );
});
