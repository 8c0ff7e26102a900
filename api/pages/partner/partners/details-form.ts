import type { z } from 'zod';

import type { FailedInstrument } from '../../../../db/partners/instruments.ts';
import type { Partner } from '../../../../db/partners/partners.ts';
import { CURRENCY_CODES, isCurrency } from '../../../../domain/currency.ts';
import type { FailureDetail } from '../../../../domain/errors.ts';
import { type PaymentForm, paymentForms } from '../../../../domain/partners/payment-forms.ts';
import { adviceAgain } from '../../../../domain/payouts/advice.ts';
import { faultAgain, objectionsByCode } from '../../../../domain/payouts/faults.ts';
import { type Method, METHODS } from '../../../../domain/rails.ts';
import { NewInstrumentBody } from '../../../routes/partners/details.ts';
import { field, type FieldWish, type Filled, noticeOf, type Read, readBy } from '../../form.ts';
import { readersVoice } from '../../format.ts';
import { html, type Html } from '../../html.ts';
import { methodAndEnd } from '../../portal-words.ts';
import { say, sayAgain } from '../../say.ts';

/** The form for payout details: first the method, then where the account is, then the fields of the provider's own form. */

export type Values = Readonly<Record<string, string>>;
type Home = Pick<Partner, 'country'>;

const isMethod = (text: string | undefined): text is Method => METHODS.some((method) => method === text);

/** The next thing to choose, after what the person has chosen so far. */
export type Step =
  | { step: 'method' }
  | { step: 'where'; objections: readonly FailureDetail[] }
  | { step: 'type'; forms: readonly PaymentForm[] }
  | { step: 'fields'; form: PaymentForm };

export function stepOf(values: Values, home: Home): Step {
  const { method, currency, country, type } = values;
  if (!isMethod(method)) return { step: 'method' };
  if (method !== 'bank') {
    const [form] = paymentForms({ method, country: values['address.country'] ?? home.country });
    return form ? { step: 'fields', form } : { step: 'method' };
  }
  if (currency === undefined || country === undefined) return { step: 'where', objections: [] };
  if (!isCurrency(currency)) return { step: 'where', objections: [{ field: 'currency', reason: 'is missing' }] };
  const forms = paymentForms({ method, currency, country: country.toUpperCase() });
  const [only, ...others] = forms;
  if (!only) {
    const reason = `has no form for ${currency}: check both, or choose another method`;
    return { step: 'where', objections: [{ field: 'country', reason }] };
  }
  const form = others.length === 0 ? only : forms.find((one) => one.type === type);
  return form ? { step: 'fields', form } : { step: 'type', forms };
}

const CURRENCIES = CURRENCY_CODES.map((code) => ({ value: code, label: code }));

/** The fields by which a person says where their account is. */
export const whereFields = (values: Values, home: Home, objections: readonly FailureDetail[]): Html => {
  const filled = { values: { country: home.country, ...values }, objections };
  return html`${field({ name: 'currency', label: say('newDetails.accountCurrency'), choices: CURRENCIES, required: true }, filled)}
  ${field({ name: 'country', label: say('newDetails.bankCountry'), help: say('newDetails.bankCountry.help'), required: true, lengthMax: 2 }, filled)}`;
};

export const nameOf = ({ path }: PaymentForm['fields'][number]): string => path.join('.');

/** The domain keeps the words of these forms in English. A name or a code stays as it is. */
export const again = (english: string): string => sayAgain(english) ?? english;

const wishOf = (one: PaymentForm['fields'][number]): FieldWish => ({
  name: nameOf(one),
  label: again(one.label),
  help: one.help.includes(one.example) || one.choices ? again(one.help) : again(`${one.help}, such as ${one.example}`),
  required: one.isRequired || (one.requiredWhen !== undefined && 'sometimes'),
  lengthMax: one.lengthMax + ROOM_FOR_GAPS,
  ...(one.choices ? { choices: one.choices.map(({ value, label }) => ({ value, label: again(label) })) } : {}),
});
/** People group digits with spaces. */
const ROOM_FOR_GAPS = 20;

export const formFields = (form: PaymentForm, filled: Filled): Html[] =>
  form.fields.map((one) => field(wishOf(one), filled));

/** The hidden fields that say which form it is. */
export const choicesOf = ({ method, type }: PaymentForm, { currency, country }: Values): Values => ({
  method,
  ...(method === 'bank' ? { currency: currency ?? '', country: (country ?? '').toUpperCase(), type: type ?? '' } : {}),
});

/** The choices that lead to the form of details that failed. */
export const choicesOfFailed = ({ method, currency, country, type }: FailedInstrument): Values => ({
  method,
  ...(method === 'bank' && currency !== null ? { currency, country, ...(type !== null && { type }) } : {}),
  ...(method === 'check' ? { 'address.country': country } : {}),
});

/**
 * Why details failed, and what was said against each field. The form is empty otherwise: details leave the vault for a payment alone, so
 * they are typed again.
 */
export function correctionOf({
  method,
  currency,
  country,
  type,
  last4,
  ...failed
}: FailedInstrument): Omit<Filled, 'values'> {
  const form = paymentForms({ method, country, ...(currency && { currency }) }).find((one) => one.type === type);
  const names = form?.fields.map(nameOf) ?? [];
  const voice = readersVoice();
  const named = failed.objections
    .filter(({ field: name }) => names.includes(name))
    .map((one) => ({ ...one, reason: faultAgain(one.reason, voice) }));
  return {
    objections: named.length > 0 ? named : objectionsByCode(failed.reason, names, voice),
    notice: noticeOf(
      say('details.correct.title', { details: methodAndEnd(method, last4) }),
      say('details.correct.again', { advice: adviceAgain(failed.advice, voice) }),
    ),
  };
}

/** The details that were typed, as the API takes them. A field that was left empty is left out. */
export function bodyOf(form: PaymentForm, values: Values): Record<string, unknown> {
  const { type, ...choices } = choicesOf(form, values);
  const body: Record<string, unknown> = { ...choices };
  const inner: Record<string, Record<string, string>> = form.method === 'bank' ? { details: { type: type ?? '' } } : {};
  for (const { path } of form.fields) {
    const [outer = '', name] = path;
    const value = (values[path.join('.')] ?? '').trim();
    if (value === '') continue;
    if (name === undefined) body[outer] = value;
    else inner[outer] = { ...inner[outer], [name]: value };
  }
  return { ...body, ...inner };
}

/** The objections of the API, and one to each required field that was left empty, so that a person reads all of them at once. */
export const withMissing = (
  form: PaymentForm,
  values: Values,
  objections: readonly FailureDetail[],
): FailureDetail[] => [
  ...objections,
  ...form.fields
    .filter((one) => one.isRequired && (values[nameOf(one)] ?? '').trim() === '')
    .map((one) => ({ field: nameOf(one), reason: 'is missing' }))
    .filter((missing) => !objections.some(({ field: name }) => name === missing.field)),
];

/** Checks details by the rules of the API. Each objection has the name of its field. */
export const readBody = (body: unknown): Read<z.output<typeof NewInstrumentBody>> => readBy(NewInstrumentBody, body);
