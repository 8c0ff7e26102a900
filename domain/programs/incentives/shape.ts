import { z } from 'zod';

import { AttributeName, Currency, Unit } from '../../fields.ts';
import { RateSourceCode } from '../exchange-rate.ts';
import { FlatPay } from './flat.ts';
import { Measure } from './measure.ts';
import { PercentPay } from './percent.ts';
import { RatePay } from './rate.ts';
import { SharePay } from './share.ts';
import { StepsPay } from './steps.ts';
import { When } from './when.ts';
import { Window } from './window.ts';

const FIRST_EVENTS_MAX = 1000;
const FIRST_MONTHS_MAX = 120;
const GRACE_DAYS_MAX = 90;
const LEVEL_MAX = 9;

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
  .discriminatedUnion('rule', [PercentPay, FlatPay, StepsPay, RatePay, SharePay])
  .meta({ id: 'Pay', description: 'How the measure is paid, by its `rule`' });

export const IncentiveId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is not a short name such as early-bird');
export const QuotaName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is not a short name such as hardware');
export const STANDARD_QUOTA = 'standard';
export const BudgetCode = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is not a short code such as spring-spiff');
const EXCLUDES_MAX = 20;

/** The fields of an incentive, each by itself. `IncentiveTerms` says what they must be together. */
export const IncentiveShape = z.strictObject({
  id: IncentiveId.meta({ description: 'The name of the incentive, unique in its plan', examples: ['commission'] }),
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
    .enum(['previous', 'last-year', 'quota'])
    .meta({
      description:
        '`previous` and `last-year` compare the window with the one before, or with the same one a year ago: the growth is paid, and is never less than 0. `quota` compares it with the quota of the partner: steps begin at a percentage of the quota, and what they pay applies to the amount',
      examples: ['previous'],
    })
    .optional(),
  quota: QuotaName.meta({
    description: 'The name of the quota that the window is compared with: `standard` where none is named',
    examples: ['hardware'],
  }).optional(),
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
  lateAfterClose: z
    .enum(['re-rate', 'next-window', 'keep-out'])
    .meta({
      description:
        'Where an event counts that is worked out after its window was closed. `re-rate`, the default, counts it in its own window and earns the difference. `next-window` counts it in the first window that is not closed yet. `keep-out` counts it nowhere. Refunds and corrections follow their event',
      examples: ['next-window'],
    })
    .optional(),
  deduct: z.boolean().default(false).meta({
    description:
      'Whether the amount is taken from the other earnings of the event. The earnings of an event never add up to less than 0',
  }),
  release: z
    .enum(['held', 'collected'])
    .meta({
      description:
        '`held`, the default: it is earned with the event and held for the hold days; `collected`: it is earned as far as the event was paid, as events of the kind `collected` say',
      examples: ['collected'],
    })
    .optional(),
  payTo: z
    .enum(['partner', 'parent'])
    .meta({
      description:
        '`partner`, the default: the partner of the event; `parent`: the partner above them on the local day of the event, such as the distributor of a reseller',
      examples: ['parent'],
    })
    .optional(),
  level: z
    .int()
    .min(1)
    .max(LEVEL_MAX)
    .meta({
      description:
        'With `payTo` `parent`, how far above: 1, the default, is the parent, and 2 the parent of the parent',
      examples: [1],
    })
    .optional(),
  excludes: z
    .array(IncentiveId)
    .min(1)
    .max(EXCLUDES_MAX)
    .meta({
      description: 'The ids of other incentives of the plan by which an event does not earn where it earns by this one',
      examples: [['commission']],
    })
    .optional(),
  budget: BudgetCode.meta({
    description:
      'The code of the budget of the program that pays it. Earnings beyond what is left of the budget are 0, or paid in part, and say so',
    examples: ['spring-spiff'],
  }).optional(),
  unit: Unit.optional(),
  currency: Currency.optional(),
  rates: RateSourceCode.meta({
    description:
      'The source of the rates at which amounts in other currencies are converted to `unit`: `ECB` if left out, the European Central Bank',
    examples: ['ECB'],
  }).optional(),
  onRefund: z
    .enum(['re-rate', 'ignore'])
    .default('re-rate')
    .meta({
      examples: ['re-rate'],
      description:
        '`re-rate`: a refund lowers the measure, and the difference is taken back; `ignore`: refunds change nothing, such as for a bonus that the contract does not take back',
    }),
});
export type IncentiveShape = z.infer<typeof IncentiveShape>;
