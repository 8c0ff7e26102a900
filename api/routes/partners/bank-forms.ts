import { z } from 'zod';

import { BANK_FORMS, type BankForm as Form, fieldsOf } from '../../../domain/partners/bank-forms.ts';
import type { FormField } from '../../../domain/partners/form-field.ts';

/** The forms for bank accounts, as the published API describes them. The domain checks what is sent. */

/** People may group digits with spaces or hyphens, so a field that allows them has no pattern here. */
function schemaOf({ help, choices, pattern, separators, lengthMin, lengthMax, isRequired, example }: FormField) {
  const words = pattern === undefined ? help : `${help}: ${pattern.words}`;
  const meta = { description: words, examples: [example] };
  if (choices) return z.enum(choices.map(({ value }) => value)).meta(meta);
  const text = z.string().min(isRequired ? lengthMin : 1);
  const fitting = separators === undefined ? text.max(lengthMax) : text;
  return pattern && separators === undefined
    ? fitting.regex(new RegExp(pattern.expression)).meta(meta)
    : fitting.meta(meta);
}

const nameOf = (type: string): string =>
  `${type
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}Details`;

const WHERE = ({ currencies }: Form): string => (currencies === null ? 'any currency' : currencies.join(', '));

/** A field is required here if it is in every currency of the form. */
function formSchema(form: Form) {
  const shape = Object.fromEntries(
    fieldsOf(form, form.currencies?.[0] ?? 'EUR').map((field) => [
      field.name,
      field.isRequired ? schemaOf(field) : schemaOf(field).optional(),
    ]),
  );
  return z
    .strictObject({ type: z.literal(form.type).meta({ description: `The form: ${form.title}` }), ...shape })
    .meta({ id: nameOf(form.type), description: `${form.title}: ${WHERE(form)}` });
}

const [FIRST, ...OTHERS] = BANK_FORMS.map(formSchema);
if (!FIRST) throw new TypeError('there is no form for bank accounts');

export const BankForm = z.discriminatedUnion('type', [FIRST, ...OTHERS]).meta({
  id: 'BankDetails',
  description:
    'The fields of one form for bank accounts, by the `type` of the form. `GET /v1/payment-forms` lists the forms for a country and a currency with the labels of their fields.',
  discriminator: {
    propertyName: 'type',
    mapping: Object.fromEntries(BANK_FORMS.map(({ type }) => [type, `#/components/schemas/${nameOf(type)}`])),
  },
});
