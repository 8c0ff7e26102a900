import type { Deal } from '../../../../db/earnings/deals.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import { type FieldWish, type Filled, filledIn, foldedForm } from '../../form.ts';
import { formatDay } from '../../format.ts';
import type { Html } from '../../html.ts';
import { reasonField } from './decisions.ts';

/** The forms of deals, and what was typed into them as the API takes it. */

export const DEAL_FIELDS = [
  'program',
  'customer',
  'domain',
  'registrationNumber',
  'country',
  'productLines',
  'currency',
  'amount',
  'expectedClose',
] as const;

/** The product lines are typed one below the other, or with commas between them. */
export function bodyOf(values: Readonly<Record<string, string>>) {
  const { productLines, ...others } = filledIn(values);
  const lines = (productLines ?? '').split(/[\n,]/).flatMap((line) => line.trim() || []);
  return { ...others, ...(lines.length > 0 ? { productLines: lines } : {}) };
}

/** An objection to one product line stands next to the field of them all. */
export const ofForm = ({ field: name, reason }: { field: string; reason: string }) => ({
  field: name.replace(/\[\d+\]$/, ''),
  reason,
});

/** The fields by which a customer is registered. */
export const dealFields = (programs: readonly string[]): FieldWish[] => [
  {
    name: 'program',
    label: 'Program',
    required: true,
    choices: programs.map((program) => ({ value: program, label: program })),
  },
  { name: 'customer', label: "Customer's name", required: true, lengthMax: 200 },
  { name: 'domain', label: "Customer's website", help: 'Such as kim.example', required: 'sometimes', lengthMax: 253 },
  {
    name: 'registrationNumber',
    label: 'Registration number',
    help: 'The number in the register of companies, such as HRB 1234. One of both must be given',
    required: 'sometimes',
    lengthMax: 50,
  },
  {
    name: 'country',
    label: "Customer's country",
    help: 'Two capital letters, such as DE',
    required: true,
    lengthMax: 2,
  },
  {
    name: 'productLines',
    label: 'Product lines',
    help: 'One on each line. Each is protected on its own',
    required: true,
    long: true,
    lengthMax: 2000,
  },
  {
    name: 'currency',
    label: 'Currency',
    required: true,
    choices: CURRENCY_CODES.map((code) => ({ value: code, label: code })),
  },
  { name: 'amount', label: 'Expected amount', help: 'Such as 25000.00', required: true, lengthMax: 40 },
  { name: 'expectedClose', label: 'Expected close', type: 'date', required: true },
];

/** Asks to protect a deal for longer. */
export const extension = (path: string, { protectedUntil }: Deal, filled: Filled): Html =>
  foldedForm(
    {
      action: `${path}/extension`,
      title: 'Ask for longer protection',
      about: 'The protection goes on until we have decided.',
      button: 'Ask',
      wishes: [
        {
          name: 'until',
          label: 'Protected until',
          help: `The first day without protection. It is ${formatDay(protectedUntil ?? '')} now`,
          type: 'date',
          required: true,
        },
        reasonField('In one line, such as: The customer decides in January', 'extension-reason'),
      ],
    },
    filled,
  );
