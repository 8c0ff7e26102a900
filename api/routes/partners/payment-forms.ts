import { createRoute, z } from '@hono/zod-openapi';

import { Country, Currency } from '../../../domain/fields.ts';
import { type PaymentForm, paymentForms } from '../../../domain/partners/payment-forms.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, Method } from '../../http/schemas.ts';

const ChoiceBody = z
  .object({
    value: fields.text('The value to send', 'CHECKING'),
    label: fields.text('The name of the value that a person reads', 'Checking (current) account'),
  })
  .openapi('PaymentFormChoice');

const FieldBody = z
  .object({
    path: z.array(z.string()).meta({
      description: 'The place of the field in the body of a new instrument; each part is the name of a property',
      examples: [['details', 'accountNumber']],
    }),
    label: fields.text('The name of the field that a person reads', 'Account number'),
    help: fields.text('An explanation of the field for a person', 'The number of the account'),
    required: z.boolean().meta({ description: 'Whether the field is always required', examples: [true] }),
    requiredWhen: z
      .object({
        field: fields.text('The name of another field', 'address.country'),
        values: z.array(z.string()).meta({ description: 'The values of that field', examples: [['US', 'CA']] }),
      })
      .nullable()
      .meta({ description: 'The values of another field that make this one required; null if there are none' }),
    pattern: fields
      .text(
        'A regular expression that the value matches once its separators are removed; null if there is none',
        '^\\d{9}$',
      )
      .nullable(),
    separators: fields.text(
      'The characters that may group the others, and that are removed; empty if there are none',
      ' -',
    ),
    lengthMin: fields.count('The smallest number of characters', 9),
    lengthMax: fields.count('The largest number of characters', 9),
    choices: z
      .array(ChoiceBody)
      .nullable()
      .meta({ description: 'The values to choose from; null if the value is free' }),
    hasCheckDigits: z
      .boolean()
      .meta({ description: 'Whether the value carries check digits, so that a typing error is refused' }),
    example: fields.text('An example', '122100024'),
  })
  .openapi('PaymentFormField');

const FormBody = z
  .object({
    method: Method,
    type: fields.text('The `type` of the bank details; null for other methods', 'aba').nullable(),
    title: fields.text('The name of the form that a person reads', 'US account, by ACH'),
    currencies: z
      .array(Currency)
      .nullable()
      .meta({ description: 'The currencies that it is for; null for any currency' }),
    country: Country.nullable().meta({
      description: 'The country that it is for: an ISO 3166-1 code of two letters; null for any country',
      examples: ['US'],
    }),
    fields: z.array(FieldBody).meta({ description: 'The fields, in the order in which people fill them in' }),
  })
  .openapi('PaymentForm');

const list = createRoute({
  method: 'get',
  path: '/v1/payment-forms',
  tags: ['instruments'],
  summary: 'List the forms for payout details',
  description:
    'Returns the fields that an instrument needs, from the published requirements of the providers. A POST of an instrument is checked against the same forms.',
  request: {
    query: z.object({
      method: Method.optional(),
      country: Country.optional(),
      currency: Currency.optional(),
    }),
  },
  responses: {
    200: answers(
      z.object({ items: z.array(FormBody).meta({ description: 'The forms' }) }).openapi('PaymentForms'),
      'The forms for the method, the country and the currency.',
    ),
  },
});

const formBody = ({ currencies, fields: all, ...form }: PaymentForm) => ({
  ...form,
  currencies: currencies && [...currencies],
  fields: all.map(({ path, label, help, isRequired, requiredWhen, pattern, choices, checkDigits, ...field }) => ({
    path: [...path],
    label,
    help,
    required: isRequired,
    requiredWhen: requiredWhen ? { field: requiredWhen.field, values: [...requiredWhen.values] } : null,
    pattern: pattern?.expression ?? null,
    separators: field.separators ?? '',
    lengthMin: field.lengthMin,
    lengthMax: field.lengthMax,
    choices: choices ? [...choices] : null,
    hasCheckDigits: checkDigits !== undefined,
    example: field.example,
  })),
});

/** The forms for payout details, the same for people who build a page and for partners. */
export const paymentFormRoutes = () =>
  createRouter().openapi(list, (c) => c.json({ items: paymentForms(c.req.valid('query')).map(formBody) }, 200));
