import type { Deal } from '../../../../db/earnings/deals.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import { type FieldWish, type Filled, filledIn, foldedForm } from '../../form.ts';
import { formatDay } from '../../format.ts';
import type { Html } from '../../html.ts';
import { say } from '../../say.ts';
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
    label: say('deals.program'),
    required: true,
    choices: programs.map((program) => ({ value: program, label: program })),
  },
  { name: 'customer', label: say('deals.customerName'), required: true, lengthMax: 200 },
  {
    name: 'domain',
    label: say('deals.customerSite'),
    help: say('deals.customerSite.help'),
    required: 'sometimes',
    lengthMax: 253,
  },
  {
    name: 'registrationNumber',
    label: say('deals.number'),
    help: say('deals.number.help'),
    required: 'sometimes',
    lengthMax: 50,
  },
  {
    name: 'country',
    label: say('deals.customerCountry'),
    help: say('deals.customerCountry.help'),
    required: true,
    lengthMax: 2,
  },
  {
    name: 'productLines',
    label: say('deals.lines'),
    help: say('deals.lines.help'),
    required: true,
    long: true,
    lengthMax: 2000,
  },
  {
    name: 'currency',
    label: say('deals.currency'),
    required: true,
    choices: CURRENCY_CODES.map((code) => ({ value: code, label: code })),
  },
  {
    name: 'amount',
    label: say('deals.expectedAmount'),
    help: say('deals.expectedAmount.help'),
    required: true,
    lengthMax: 40,
  },
  { name: 'expectedClose', label: say('deals.close'), type: 'date', required: true },
];

/** Asks to protect a deal for longer. */
export const extension = (path: string, { protectedUntil }: Deal, filled: Filled): Html =>
  foldedForm(
    {
      action: `${path}/extension`,
      title: say('deals.extend'),
      about: say('deals.extend.about'),
      button: say('deals.ask'),
      wishes: [
        {
          name: 'until',
          label: say('deals.protectedUntil'),
          help: say('deals.protectedUntil.help', { day: formatDay(protectedUntil ?? '') }),
          type: 'date',
          required: true,
        },
        reasonField(say('deals.extend.reason'), 'extension-reason'),
      ],
    },
    filled,
  );
