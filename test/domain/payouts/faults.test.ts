import { describe, expect, it } from 'vitest';

import { paymentForms } from '../../../domain/partners/payment-forms.ts';
import { faultAgain, objectionsByCode } from '../../../domain/payouts/faults.ts';
import { ENGLISH, VOICES } from '../../../domain/voice.ts';

const ALL = paymentForms({}).flatMap(({ fields }) => fields.map(({ path }) => path.join('.')));

describe('given a code with which a payment came back', () => {
  it.each([
    { code: 'ACCOUNT_CLOSED', fields: ['details.IBAN'] },
    { code: 'WRONG_ACCOUNT_NUMBER', fields: ['details.IBAN'] },
    { code: 'WRONG_NAME', fields: ['holder'] },
    { code: 'WRONG_ACCOUNT_DETAILS', fields: [] },
    { code: 'toString', fields: [] },
  ])('when it is $code then these fields of an IBAN form are wrong: $fields', ({ code, fields }) => {
    const form = ['holder', 'details.legalType', 'details.IBAN'];
    expect(objectionsByCode(`${code} at x`, form).map(({ field }) => field)).toEqual(fields);
  });

  it.each([
    'WRONG_ACCOUNT_TYPE',
    'WRONG_BANK_CODE',
    'WRONG_BRANCH_CODE',
    'WRONG_PHONE_NUMBER',
    'WRONG_ID_NUMBER',
    'RECEIVER_UNREGISTERED',
  ])('when it is %s then some form has a field that it is about', (code) => {
    expect(objectionsByCode(code, ALL)).not.toEqual([]);
  });
});

describe('given an objection that was stored in English', () => {
  it('when a German reads it then the sentence is German, and the words of the bank stay', () => {
    const stored = ENGLISH.say('fault.quoted', { words: 'Please enter a valid IBAN' });
    expect(faultAgain(stored, VOICES.de)).toBe('wurde abgelehnt: „Please enter a valid IBAN“');
    expect(faultAgain('is something else', VOICES.de)).toBe('is something else');
  });
});
