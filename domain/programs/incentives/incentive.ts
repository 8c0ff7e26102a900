import { z } from 'zod';

import type { CurrencyCode } from '../../currency.ts';
import { AttributeName, Currency, EventKind, whyNotAmount } from '../../fields.ts';
import { CLOSING, REFUND } from '../../event.ts';
import { flatObjections, FlatPay } from './flat.ts';
import { GROWTH, isMoney, isReading, Measure } from './measure.ts';
import type { Objection } from './pay.ts';
import { percentObjections, PercentPay } from './percent.ts';
import { stepsObjections, StepsPay } from './steps.ts';
import { Window } from './window.ts';

const KINDS_MAX = 20;
const VALUES_MAX = 100;
const VALUE_CHARS_MAX = 200;
const FIRST_EVENTS_MAX = 1000;
const FIRST_MONTHS_MAX = 120;
const GRACE_DAYS_MAX = 90;

const Day = z.iso.date();
const ofPromotion = (words: string) => `A local date in the zone of the program's schedule: ${words}`;

/** The events that an incentive is for. */
const When = z.strictObject({
  kinds: z
    .array(
      EventKind.refine((kind) => kind !== REFUND, 'a refund takes back and cannot earn').refine(
        (kind) => kind !== CLOSING,
        'closing is the kind of our own events',
      ),
    )
    .min(1)
    .max(KINDS_MAX)
    .default(['sale'])
    .meta({ description: 'The kinds of event that earn it; never `refund`', examples: [['sale', 'referral']] }),
  from: Day.meta({
    description: ofPromotion('the first day on which it is earned'),
    examples: ['2026-03-01'],
  }).optional(),
  until: Day.meta({
    description: ofPromotion('the day from which it is no longer earned'),
    examples: ['2026-06-01'],
  }).optional(),
  event: z
    .record(AttributeName, z.array(z.string().min(1).max(VALUE_CHARS_MAX)).min(1).max(VALUES_MAX))
    .meta({
      description: 'The values that attributes of the event must have: one of the list for each name',
      examples: [{ category: ['router'], region: ['EMEA'] }],
    })
    .optional(),
});

/** Only the first events of each customer count, or those of its first months. */
const First = z.union([
  z.strictObject({
    events: z
      .int()
      .min(1)
      .max(FIRST_EVENTS_MAX)
      .meta({ description: 'How many events of each customer count', examples: [1] }),
  }),
  z.strictObject({
    months: z
      .int()
      .min(1)
      .max(FIRST_MONTHS_MAX)
      .meta({
        description: 'For how many months after the first event the events of a customer count',
        examples: [12],
      }),
  }),
]);

export const Pay = z
  .discriminatedUnion('rule', [PercentPay, FlatPay, StepsPay])
  .meta({ id: 'Pay', description: 'How the measure is paid, by its `rule`' });

const IncentiveShape = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is not a short name such as early-bird')
    .meta({ description: 'The name of the incentive, unique in its plan', examples: ['commission'] }),
  title: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .meta({ description: 'The name that partners read', examples: ['Growth bonus'] })
    .optional(),
  when: When.default({ kinds: ['sale'] }).meta({ description: 'The events that earn it: sales by default' }),
  measure: Measure.optional(),
  window: Window.default('event'),
  groupBy: AttributeName.meta({
    description: 'The attribute whose values are counted apart, such as the customer',
    examples: ['customer'],
  }).optional(),
  first: First.meta({
    description:
      'Counts only the first events of each value of `groupBy`, or those of the months after its first event',
    examples: [{ events: 1 }],
  }).optional(),
  pay: Pay,
  against: z
    .enum(['previous', 'last-year'])
    .meta({
      description:
        'Compares the window with the one before, or with the same one a year ago. The growth is paid, and is never less than 0',
      examples: ['previous'],
    })
    .optional(),
  growth: z
    .enum(['difference', 'percent'])
    .default('difference')
    .meta({
      description:
        'How the growth over the window of `against` is measured: in the unit of the measure, or in percent of the other window',
      examples: ['percent'],
    }),
  earned: z
    .enum(['as-it-goes', 'at-close'])
    .default('as-it-goes')
    .meta({
      description:
        '`as-it-goes` earns with each event what the window is worth so far; `at-close` earns all of it when the window has ended',
      examples: ['at-close'],
    }),
  graceDays: z
    .int()
    .min(0)
    .max(GRACE_DAYS_MAX)
    .default(0)
    .meta({
      description: 'How many days after the end of the window late events are waited for, before it closes',
      examples: [5],
    }),
  deduct: z.boolean().default(false).meta({
    description:
      'Whether the amount is taken from the other earnings of the event. The earnings of an event never add up to less than 0',
  }),
  unit: Currency.optional(),
  onRefund: z
    .enum(['re-rate', 'ignore'])
    .default('re-rate')
    .meta({
      examples: ['re-rate'],
      description:
        '`re-rate`: a refund lowers the measure, and the difference is taken back; `ignore`: refunds change nothing, such as for a bonus that the contract does not take back',
    }),
});
type IncentiveShape = z.infer<typeof IncentiveShape>;

/** The measure of events by an incentive. Fixed amounts count events, and everything else measures the main amount. */
export const measureOfTerms = ({ measure, pay }: Pick<IncentiveShape, 'measure' | 'pay'>): string =>
  measure ?? (pay.rule === 'flat' ? 'count' : 'amount');

/** The measure that a percentage applies to, where it is not the measure itself. */
export function ofMeasure(terms: Pick<IncentiveShape, 'measure' | 'pay' | 'against' | 'growth'>): string | null {
  const { pay } = terms;
  if (pay.rule !== 'steps' || pay.steps[0]?.percent === undefined) return null;
  const measure = measureOfTerms(terms);
  if (isMoney(measure) && isPercentOfGrowth(terms)) return pay.of ?? measure;
  return pay.of ?? (isMoney(measure) ? null : 'amount');
}

const isPercentOfGrowth = ({ against, growth }: Pick<IncentiveShape, 'against' | 'growth'>): boolean =>
  against !== undefined && growth === 'percent';

/** The measure that the rule of payment looks at: that of the events, or the growth in percent. */
export const paidMeasure = (terms: Pick<IncentiveShape, 'measure' | 'pay' | 'against' | 'growth'>): string =>
  isPercentOfGrowth(terms) ? GROWTH : measureOfTerms(terms);

/** The currency stands in for one that each event decides, where only the shape of amounts matters. */
const ANY_CURRENCY: CurrencyCode = 'USD';

function payObjections(terms: IncentiveShape): Objection[] {
  const { pay, unit, window } = terms;
  const measure = paidMeasure(terms);
  const isBounded = pay.least !== undefined || pay.most !== undefined;
  if (unit === undefined && (pay.rule !== 'percent' || isBounded))
    return [{ path: ['unit'], reason: 'is needed: the currency of the amounts in these terms' }];
  const currency = unit ?? ANY_CURRENCY;
  const boundReasons = (['least', 'most'] as const).flatMap((name): Objection[] => {
    const text = pay[name];
    const reason = text === undefined ? undefined : whyNotAmount(text, currency);
    return reason ? [{ path: ['pay', name], reason }] : [];
  });
  if (boundReasons.length > 0) return boundReasons;
  if (pay.most !== undefined && !/[1-9]/.test(pay.most))
    return [{ path: ['pay', 'most'], reason: 'is 0, so nobody could ever earn by it' }];
  if (pay.least !== undefined && pay.most !== undefined && Number(pay.least) > Number(pay.most))
    return [{ path: ['pay', 'least'], reason: 'is more than the most' }];
  if (pay.rule === 'percent') return percentObjections(pay, measure);
  if (pay.rule === 'flat') return flatObjections(pay, measure, currency);
  if (window === 'event' && measure === 'count' && pay.steps.every(({ from }) => Number(from) > 1))
    return [
      { path: ['window'], reason: 'is event, and one event never reaches the first step: choose a longer window' },
    ];
  return stepsObjections(pay, measure, currency);
}

const CALENDAR = ['month', 'quarter', 'half-year', 'year'];

function closingObjections(terms: IncentiveShape): Objection[] {
  const { window, first, against, growth, earned, graceDays, groupBy } = terms;
  const hasEnd = CALENDAR.includes(window) || window === 'promotion';
  return [
    ...objection(
      earned === 'at-close' && (!hasEnd || first !== undefined),
      ['earned'],
      'is at-close, which needs a window with an end',
    ),
    ...objection(
      graceDays > 0 && earned !== 'at-close',
      ['graceDays'],
      'are only for windows that are earned at-close',
    ),
    ...objection(
      against !== undefined && !CALENDAR.includes(window),
      ['against'],
      'compares windows of the calendar: choose a month, quarter, half-year or year',
    ),
    ...objection(
      isReading(measureOfTerms(terms)) && (!hasEnd || against !== undefined || groupBy !== undefined),
      ['measure'],
      'is a reading, which needs a window with an end, and neither against nor groupBy',
    ),
    ...objection(
      growth === 'percent' && against === undefined,
      ['growth'],
      'needs against: the window to compare with',
    ),
  ];
}

function shapeObjections(terms: IncentiveShape): Objection[] {
  const { when, window, groupBy, first, deduct } = terms;
  const { from, until } = when;
  return [
    ...closingObjections(terms),
    ...objection(from !== undefined && until !== undefined && from >= until, ['when', 'until'], 'is not after from'),
    ...objection(
      window === 'promotion' && (from === undefined || until === undefined),
      ['window'],
      'is promotion, which needs when.from and when.until',
    ),
    ...objection(first !== undefined && groupBy === undefined, ['groupBy'], 'is needed with first: whose first events'),
    ...objection(
      first !== undefined && window !== 'event',
      ['window'],
      'is not event: the first events of a customer are paid one by one',
    ),
    ...objection(
      groupBy !== undefined && first === undefined && window === 'event',
      ['groupBy'],
      'changes nothing where each event is paid by itself: choose a window, or first',
    ),
    ...objection(
      deduct && (window !== 'event' || first !== undefined),
      ['deduct'],
      'is only for incentives that pay each event',
    ),
  ];
}

const objection = (broken: boolean, path: Objection['path'], reason: string): Objection[] =>
  broken ? [{ path, reason }] : [];

/** One way of earning: the events that it is for, what it measures in which window, and how that is paid. */
export const IncentiveTerms = IncentiveShape.superRefine((terms, context) => {
  for (const { path, reason } of [...shapeObjections(terms), ...payObjections(terms)])
    context.addIssue({ code: 'custom', path: [...path], message: reason });
}).meta({
  id: 'IncentiveTerms',
  description:
    'One way of earning. `unit` is the currency in which it is earned, and only events in this currency count. It is needed unless `pay.rule` is `percent` without a least and a most, which pays in the currency of each event',
});
export type IncentiveTerms = z.infer<typeof IncentiveTerms>;
