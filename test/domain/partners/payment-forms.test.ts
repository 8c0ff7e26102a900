import { describe, expect, it } from 'vitest';

import { BANK_FORMS, type BankForm, fieldsOf } from '../../../domain/partners/bank-forms.ts';
import { CHECK_DIGITS, type CheckDigits } from '../../../domain/partners/check-digits.ts';
import type { Destination } from '../../../domain/partners/destination.ts';
import { cleanDetails, paymentForms, whyNotDestination } from '../../../domain/partners/payment-forms.ts';

type Bank = Extract<Destination, { method: 'bank' }>;

/** An account in which every field has the example of its form. */
function exampleOf(form: BankForm): Bank {
  const currency = form.currencies?.[0] ?? 'KZT';
  const fields = fieldsOf(form, currency).map(({ name, example }) => [name, example] as const);
  const details = cleanDetails({ type: form.type, ...Object.fromEntries(fields) });
  return { method: 'bank', holder: 'Paula Partner', currency, country: form.country ?? 'DE', details };
}

const formOf = (type: string): BankForm => {
  const form = BANK_FORMS.find((one) => one.type === type);
  if (!form) throw new Error(`there is no form ${type}`);
  return form;
};

describe('given the forms for bank accounts', () => {
  it.each(BANK_FORMS.map((form) => ({ type: form.type, form })))(
    'then the example of $type is accepted',
    ({ form }) => {
      expect(whyNotDestination(exampleOf(form))).toEqual([]);
    },
  );

  it.each(
    BANK_FORMS.flatMap((form) =>
      fieldsOf(form, form.currencies?.[0] ?? 'KZT')
        .filter(({ isRequired }) => isRequired)
        .map(({ name }) => ({ type: form.type, form, name })),
    ),
  )('when $type lacks $name then that field is named', ({ form, name }) => {
    const { [name]: _missing, ...details } = exampleOf(form).details;
    expect(whyNotDestination({ ...exampleOf(form), details })).toMatchObject([
      { field: `details.${name}`, reason: expect.stringContaining('is required') as string },
    ]);
  });

  /** The place of a digit to get wrong: a typing error there is always found. */
  const MISTYPED: Record<CheckDigits, { right: string; wrong: string }> = {
    iban: { right: 'DE89370400440532013000', wrong: 'DE89370400440532013001' },
    bic: { right: 'DEUTDEFF', wrong: 'DEUTXXFF1' },
    aba: { right: '021000021', wrong: '021000022' },
    clabe: { right: '032180000118359719', wrong: '032180000118359718' },
    brazilianTaxNumber: { right: '11.222.333/0001-81', wrong: '11.222.333/0001-82' },
    cbu: { right: '0110482420048200036238', wrong: '0110482420048200036239' },
    cuit: { right: '20-34149938-1', wrong: '20-34149938-2' },
    rut: { right: '76086428-5', wrong: '76086428-6' },
    nrb: { right: '61109010140000071219812874', wrong: '61109010140000071219812875' },
  };
  it.each(Object.entries(MISTYPED))(
    'when a number of the kind %s has one wrong digit then it is refused',
    (kind, both) => {
      const { passes } = CHECK_DIGITS[kind as CheckDigits];
      expect([passes(both.right), passes(both.wrong)]).toEqual([true, false]);
    },
  );

  it.each([
    { cpf: '123.456.789-09', isValid: true },
    { cpf: '111.111.111-11', isValid: false },
    { cpf: '12ABC34501DE35', isValid: true },
  ])('then $cpf is a Brazilian tax number: $isValid', ({ cpf, isValid }) => {
    expect(CHECK_DIGITS.brazilianTaxNumber.passes(cpf)).toBe(isValid);
  });

  const US = exampleOf(formOf('aba'));
  const IBAN = exampleOf(formOf('iban'));
  it.each<{ wrong: string; account: Bank; field: string; reason: string }>([
    {
      wrong: 'a form of another country',
      account: { ...IBAN, details: { ...IBAN.details, type: 'aba' } },
      field: 'details.type',
      reason: 'is not a form for this account: for EUR in DE it is one of iban, swift_code',
    },
    {
      wrong: 'an unknown form',
      account: { ...US, details: { ...US.details, type: 'aba2' } },
      field: 'details.type',
      reason: 'is not a form for this account: for USD in US it is one of aba, fedwire_local, swift_code',
    },
    {
      wrong: 'a field that the form does not have',
      account: { ...US, details: { ...US.details, sortCode: '231470' } },
      field: 'details.sortCode',
      reason: 'is not a field of this form',
    },
    {
      wrong: 'no state for an owner in the US',
      account: {
        ...US,
        details: Object.fromEntries(Object.entries(US.details).filter(([key]) => key !== 'address.state')),
      },
      field: 'details.address.state',
      reason: 'is required: The state or province of the owner; in the US and Canada its two letters',
    },
    {
      wrong: 'a state that does not exist',
      account: { ...US, details: { ...US.details, 'address.state': 'XX' } },
      field: 'details.address.state',
      reason: 'is not a US state of two letters, such as IL',
    },
    {
      wrong: 'an IBAN of another country',
      account: { ...IBAN, country: 'FR' },
      field: 'details.IBAN',
      reason: 'belongs to a bank in DE, and country is FR',
    },
    {
      wrong: 'a person with one name',
      account: { ...IBAN, holder: 'Paula' },
      field: 'holder',
      reason: 'needs a first and a last name of two letters or more each',
    },
  ])('when an account has $wrong then that is said', ({ account, field, reason }) => {
    expect(whyNotDestination(account)).toEqual([{ field, reason }]);
  });

  it('then digits may be grouped as people write them', () => {
    const details = { type: 'sort_code', legalType: 'PRIVATE', sortCode: '23-14-70', accountNumber: '2882 1822' };
    expect(cleanDetails(details)).toMatchObject({ sortCode: '231470', accountNumber: '28821822' });
  });
});

describe('given somebody who asks for forms', () => {
  it.each([
    { wish: { method: 'bank', country: 'GB', currency: 'GBP' }, types: ['iban', 'sort_code', 'swift_code'] },
    { wish: { method: 'bank', country: 'US', currency: 'USD' }, types: ['aba', 'fedwire_local', 'swift_code'] },
    { wish: { method: 'paypal' }, types: [null] },
    { wish: { method: 'check', country: 'US' }, types: [null] },
  ] as const)('then $wish has the forms $types', ({ wish, types }) => {
    expect(paymentForms(wish).map(({ type }) => type)).toEqual(types);
  });

  it("then a check in the US offers the states and asks for a ZIP code, and the owner's address is required for USD", () => {
    const [check] = paymentForms({ method: 'check', country: 'US' });
    const region = check?.fields.find(({ name }) => name === 'region');
    expect(region?.choices?.map(({ value }) => value)).toContain('IL');
    const [, , swift] = paymentForms({ method: 'bank', country: 'US', currency: 'USD' });
    expect(swift?.fields.find(({ name }) => name === 'address.city')?.isRequired).toBe(true);
  });
});

describe('given an address for checks', () => {
  const ADDRESS = { line1: '12 Elm Street', city: 'Springfield', region: 'IL', postalCode: '62701', country: 'US' };
  it.each([
    { wrong: { region: 'Illinois' }, field: 'address.region' },
    { wrong: { postalCode: '6270' }, field: 'address.postalCode' },
    { wrong: { country: 'CA', region: 'ON', postalCode: '62701' }, field: 'address.postalCode' },
    { wrong: { line1: 'x'.repeat(40), line2: 'y'.repeat(11) }, field: 'address.line1' },
  ])('when it has $wrong then $field is named', ({ wrong, field }) => {
    const destination = { method: 'check', payee: 'Paula Partner', address: { ...ADDRESS, ...wrong } } as const;
    expect(whyNotDestination(destination)).toMatchObject([{ field }]);
  });
});
