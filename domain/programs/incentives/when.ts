import { z } from 'zod';

import { isCollection, isOurs, REFUND } from '../../event.ts';
import { AttributeName, Currency, EventKind, EVENTS_FROM, EVENTS_UNTIL, LocalDay } from '../../fields.ts';
import { WhenPartner } from './when-partner.ts';

const KINDS_MAX = 20;
const VALUES_MAX = 100;
const CURRENCIES_MAX = 50;
const VALUE_CHARS_MAX = 200;

const ofPromotion = (words: string) => `A local date in the zone of the program's schedule: ${words}`;

/** The events that an incentive is for. */
export const When = z.strictObject({
  kinds: z
    .array(
      EventKind.refine((kind) => kind !== REFUND, 'a refund takes back and cannot earn')
        .refine((kind) => !isCollection(kind), 'a payment is about a sale, which earns: use release collected')
        .refine((kind) => !isOurs(kind), 'is a kind of our own events'),
    )
    .min(1)
    .max(KINDS_MAX)
    .default(['sale'])
    .meta({ description: 'The kinds of event that earn it; never `refund`', examples: [['sale', 'referral']] }),
  from: LocalDay.refine((day) => day < EVENTS_UNTIL, `is not before ${EVENTS_UNTIL}, and no event is later`)
    .meta({
      description: ofPromotion('the first day on which it is earned'),
      examples: ['2026-03-01'],
    })
    .optional(),
  until: LocalDay.refine((day) => day > EVENTS_FROM, `is not after ${EVENTS_FROM}, and no event is earlier`)
    .meta({
      description: ofPromotion('the day from which it is no longer earned'),
      examples: ['2026-06-01'],
    })
    .optional(),
  currencies: z
    .array(Currency)
    .min(1)
    .max(CURRENCIES_MAX)
    .meta({
      description:
        'The currencies of the events that earn it; without it, all. An event without a currency is never left out',
      examples: [['EUR', 'USD']],
    })
    .optional(),
  event: z
    .record(AttributeName, z.array(z.string().min(1).max(VALUE_CHARS_MAX)).min(1).max(VALUES_MAX))
    .meta({
      description: 'The values that attributes of the event must have: one of the list for each name',
      examples: [{ category: ['router'], region: ['EMEA'] }],
    })
    .optional(),
  partner: WhenPartner.optional(),
});
export type When = z.infer<typeof When>;

/** Whether an incentive is for a kind of event on a local date. */
export const isWhen = ({ kinds, from, until }: When, kind: string, date: string): boolean =>
  kinds.includes(kind) && (from === undefined || date >= from) && (until === undefined || date < until);
