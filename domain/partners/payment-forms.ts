import type { CurrencyCode } from '../currency.ts';
import type { BankDetails, Destination } from './destination.ts';
import { BANK_FORMS, type BankForm, fieldsOf } from './bank-forms.ts';
import { cleanField, type FormField, type Objection, whyNotFields } from './form-field.ts';
import { field } from './bank-fields.ts';
import { POSTAL_RULES, whyNotAddress, whyNotPlace } from './postal-rules.ts';
import type { Method } from '../rails.ts';

/** The fields that a person fills in to be paid by a method: the same for the API, its document and every page. */
export type PaymentForm = {
  readonly method: Method;
  /** The `type` of the bank account; null for other methods. */
  readonly type: string | null;
  readonly title: string;
  readonly currencies: readonly CurrencyCode[] | null;
  readonly country: string | null;
  /** Each field with its place in the request, such as `details`, `address.city`. */
  readonly fields: readonly (FormField & { readonly path: readonly string[] })[];
};

const holder = field({
  name: 'holder',
  label: 'Account holder',
  help: 'The owner of the account, as the bank writes the name; a person needs a first and a last name',
  lengthMin: 2,
  lengthMax: 200,
  example: 'Paula Partner',
});

const isFor = ({ currencies, country }: BankForm, wish: { currency?: CurrencyCode; country?: string }): boolean =>
  (currencies === null || wish.currency === undefined || currencies.includes(wish.currency)) &&
  (country === null || wish.country === undefined || country === wish.country);

const bankForm = (one: BankForm, currency: CurrencyCode): PaymentForm => ({
  method: 'bank',
  type: one.type,
  title: one.title,
  currencies: one.currencies,
  country: one.country,
  fields: [
    { ...holder, path: ['holder'] },
    ...fieldsOf(one, currency).map((each) => ({ ...each, path: ['details', each.name] })),
  ],
});

const PAYPAL: PaymentForm = {
  method: 'paypal',
  type: null,
  title: 'PayPal account',
  currencies: null,
  country: null,
  fields: [
    {
      ...field({
        name: 'receiver',
        label: 'PayPal e-mail address or account number',
        help: 'The e-mail address of the PayPal account, or its account number of 13 capital letters and digits',
        lengthMax: 127,
        example: 'paula@example.com',
      }),
      path: ['receiver'],
    },
  ],
};

/** The name and the address on a check. Regions and postal codes are those of the country. */
function checkForm(country: string | undefined): PaymentForm {
  const rule = country !== undefined && Object.hasOwn(POSTAL_RULES, country) ? POSTAL_RULES[country] : undefined;
  const regions = rule && { choices: rule.regions.map((value) => ({ value, label: value })) };
  const code = rule && { pattern: { expression: rule.code.source, words: rule.codeWords } };
  const address = [
    field({ name: 'line1', label: 'Street and number', lengthMax: 50, example: '12 Elm Street' }),
    field({ name: 'line2', label: 'Apartment or suite', lengthMax: 50, isRequired: false, example: 'Apt 4' }),
    field({ name: 'city', label: 'City', lengthMax: 100, example: 'Springfield' }),
    field({ name: 'region', label: 'State, province or region', lengthMax: 100, example: 'IL', ...regions }),
    field({ name: 'postalCode', label: 'Postal code', lengthMax: 20, example: '62701', ...code }),
    field({ name: 'country', label: 'Country', lengthMin: 2, lengthMax: 2, example: 'US' }),
  ];
  return {
    method: 'check',
    type: null,
    title: 'Check by mail',
    currencies: null,
    country: country ?? null,
    fields: [
      { ...field({ name: 'payee', label: 'Payee', lengthMax: 40, example: 'Paula Partner' }), path: ['payee'] },
      ...address.map((each) => ({ ...each, path: ['address', each.name] })),
    ],
  };
}

/** The forms for a method, a country and a currency. Without a country or a currency, the forms for all of them. */
export function paymentForms(wish: {
  method?: Method | undefined;
  country?: string | undefined;
  currency?: CurrencyCode | undefined;
}): readonly PaymentForm[] {
  const { method, country, currency } = wish;
  const where = { ...(currency && { currency }), ...(country && { country }) };
  return [
    ...(method === undefined || method === 'bank'
      ? BANK_FORMS.filter((one) => isFor(one, where)).map((one) =>
          bankForm(one, currency ?? one.currencies?.[0] ?? 'EUR'),
        )
      : []),
    ...(method === undefined || method === 'paypal' ? [PAYPAL] : []),
    ...(method === undefined || method === 'check' ? [checkForm(country)] : []),
  ];
}

/** The name that a person reads for a field of a request, such as `details.abartn`. The name itself where no form has the field. */
export const labelOf = (name: string): string =>
  paymentForms({})
    .flatMap(({ fields }) => fields)
    .find(({ path }) => path.join('.') === name)?.label ?? name;

/** The details without the characters that people write only to group digits. */
export function cleanDetails(details: BankDetails): BankDetails {
  const form = BANK_FORMS.find(({ type }) => type === details['type']);
  if (!form) return details;
  const fields = new Map(fieldsOf(form, 'USD').map((each) => [each.name, each]));
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => {
      const known = fields.get(name);
      return [name, known ? cleanField(known, value) : value];
    }),
  );
}

/** Everything that a destination's gateway would refuse later, by the names of the request's fields. Empty if nothing is wrong. */
export function whyNotDestination(destination: Destination): readonly Objection[] {
  if (destination.method === 'bank') return whyNotBank(destination);
  if (destination.method === 'check') return inside('address', whyNotAddress(destination.address));
  return [];
}

const inside = (outer: string, objections: readonly Objection[]): Objection[] =>
  objections.map(({ field: name, reason }) => ({ field: `${outer}.${name}`, reason }));

function whyNotBank({
  holder: name,
  currency,
  country,
  details,
}: Extract<Destination, { method: 'bank' }>): Objection[] {
  const { type, ...values } = details;
  const form = BANK_FORMS.find((one) => one.type === type && isFor(one, { currency, country }));
  if (!form) return [{ field: 'details.type', reason: whyNoForm(type, currency, country) }];
  const place = {
    country: values['address.country'] ?? '',
    region: values['address.state'],
    postalCode: values['address.postCode'],
  };
  const bank = values['IBAN']?.slice(0, 2);
  return [
    ...whyNotHolder(name, values['legalType']),
    ...inside('details', [
      ...whyNotFields(fieldsOf(form, currency), values),
      ...whyNotPlace(place, { region: 'address.state', postalCode: 'address.postCode' }),
      ...(bank !== undefined && bank !== country
        ? [{ field: 'IBAN', reason: `belongs to a bank in ${bank}, and country is ${country}` }]
        : []),
    ]),
  ];
}

function whyNoForm(type: string | undefined, currency: CurrencyCode, country: string): string {
  const possible = BANK_FORMS.filter((one) => isFor(one, { currency, country })).map((one) => one.type);
  const given = type === undefined ? 'is required' : 'is not a form for this account';
  return `${given}: for ${currency} in ${country} it is one of ${possible.join(', ')}`;
}

/** Wise's rules for names (docs.wise.com): a person has a first and a last name of two letters or more, and no digits. */
function whyNotHolder(name: string, legalType: string | undefined): Objection[] {
  const names = name.trim().split(/\s+/);
  if (legalType !== 'PRIVATE')
    return name.trim().length < 2 ? [{ field: 'holder', reason: 'has only one character' }] : [];
  if (/\d/.test(name)) return [{ field: 'holder', reason: 'has a digit, which the name of a person has not' }];
  const isWhole = names.length > 1 && (names[0]?.length ?? 0) > 1 && (names.at(-1)?.length ?? 0) > 1;
  return isWhole ? [] : [{ field: 'holder', reason: 'needs a first and a last name of two letters or more each' }];
}
