import { z } from 'zod';

import type { CurrencyCode } from '../../../../domain/currency.ts';
import type { FailureDetail } from '../../../../domain/errors.ts';
import { LocalDay, Zone } from '../../../../domain/fields.ts';
import type { Money } from '../../../../domain/money.ts';
import {
  cutoffDaysOf,
  FREQUENCIES,
  MONTHDAY_MAX,
  PAY_DAYS_MAX,
  type PayingSchedule,
  whyNotPaySchedule,
} from '../../../../domain/payers/schedule.ts';
import { checkFields, type FieldWish } from '../../form.ts';
import { FREQUENCY, WEEKDAY } from '../../words.ts';
import { readAmountLines } from './amounts.ts';

/** The part of a form that says when a schedule pays, and what is too small to be paid. */

const whole = (max: number) =>
  z
    .string()
    .regex(/^\d{1,2}$/, `is not a whole number up to ${max}`)
    .transform(Number)
    .refine((value) => value <= max, `is not a whole number up to ${max}`);

const Timing = z.strictObject({
  frequency: z.enum(FREQUENCIES),
  weekday: whole(7).optional(),
  monthday: whole(MONTHDAY_MAX).optional(),
  firstCutoff: LocalDay.optional(),
  zone: Zone,
  payDays: whole(PAY_DAYS_MAX),
  scheduled: z.enum(['yes', 'no']).transform((answer) => answer === 'yes'),
});
export const TIMING_NAMES = [
  'frequency',
  'weekday',
  'monthday',
  'firstCutoff',
  'zone',
  'payDays',
  'scheduled',
  'minimums',
] as const;
export type TimingValues = Readonly<Record<(typeof TIMING_NAMES)[number], string>>;

export const TIMING_FIELDS: readonly FieldWish[] = [
  {
    name: 'frequency',
    label: 'Pays',
    required: true,
    choices: FREQUENCIES.map((value) => ({ value, label: FREQUENCY[value] })),
  },
  {
    name: 'weekday',
    label: 'Weekday',
    help: 'Only for every week and every second week: the day that begins at the cut-off',
    required: 'sometimes',
    choices: WEEKDAY.map((label, index) => ({ value: String(index + 1), label })),
    noChoice: 'Monday, or none',
  },
  {
    name: 'monthday',
    label: 'Day of the month',
    help: `Only for every month: the day that begins at the cut-off, 1 to ${MONTHDAY_MAX}`,
    required: 'sometimes',
    lengthMax: 2,
  },
  {
    name: 'firstCutoff',
    label: 'One of its cut-offs',
    help: 'Only for every second week: a cut-off from which the weeks are counted',
    required: 'sometimes',
    type: 'date',
  },
  { name: 'zone', label: 'Time zone', help: 'A place such as Europe/Berlin', required: true, lengthMax: 60 },
  {
    name: 'payDays',
    label: 'Business days until the money leaves',
    help: `0 to ${PAY_DAYS_MAX}, counted from the cut-off`,
    required: true,
    lengthMax: 2,
  },
  {
    name: 'scheduled',
    label: 'Opens runs',
    required: true,
    choices: [
      { value: 'yes', label: 'by itself, at each cut-off' },
      { value: 'no', label: 'only when a person asks' },
    ],
  },
  {
    name: 'minimums',
    label: 'Smallest payouts',
    help: 'One a line, such as 25.00 USD. A currency that is not named has none.',
    long: true,
  },
];

type Read =
  | { timing: z.output<typeof Timing> & { minimums: readonly Money[] }; wished: PayingSchedule; objections?: never }
  | { objections: readonly FailureDetail[] };

/** Checks what was typed by the rules of the API, and says what the schedule would be. */
export function readTiming({ minimums, ...values }: TimingValues, currency: CurrencyCode): Read {
  const { data, objections } = checkFields(Timing, values);
  const amounts = readAmountLines(minimums);
  const wrongAmounts = typeof amounts === 'string' ? [{ field: 'minimums', reason: amounts }] : [];
  if (!data || typeof amounts === 'string') return { objections: [...(objections ?? []), ...wrongAmounts] };
  const { weekday = null, monthday = null, firstCutoff = null, ...rest } = data;
  const schedule = { ...rest, weekday, monthday, firstCutoff };
  const objection = whyNotPaySchedule(schedule);
  if (objection) return { objections: [{ field: objection.field, reason: `does not fit: ${objection.reason}` }] };
  return {
    timing: { ...data, minimums: amounts },
    wished: { ...schedule, ...cutoffDaysOf(schedule, Date.now()), currency },
  };
}
