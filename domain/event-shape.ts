import { z } from 'zod';

import {
  AmountName,
  AttributeName,
  Code,
  Currency,
  Decimal,
  EventKind,
  hasRealOffset,
  isEventYear,
  notEventYear,
  QUANTITY_MAX,
  Reading,
  Source,
  unrealOffset,
} from './fields.ts';

const SHARES_MIN = 2;
const SHARES_MAX = 20;
const AMOUNTS_MAX = 20;
export const ATTRIBUTES_MAX = 20;
export const ATTRIBUTE_CHARS_MAX = 200;
const REVISION_MAX = 1_000_000;

const WireShare = z.strictObject({
  partner: Code.meta({ description: 'The code of a partner who has a part in the event', examples: ['paula'] }),
  weight: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,6})?$/, 'is not a decimal number such as 1 or 2.5')
    .refine((text) => /[1-9]/.test(text), 'is 0, and a share is more than nothing')
    .meta({
      description: 'The weight of the share, a decimal string above 0; only the ratios count',
      examples: ['75'],
    }),
});

const EVENT_ID = /^[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?$/;
const EVENT_ID_REASON = 'is not 1 to 200 printable ASCII characters';

/** The fields of an event as it is sent, each by itself. `WireEvent` says what they must be together. */
export const EventShape = z.strictObject({
  source: Source,
  id: z
    .string()
    .regex(EVENT_ID, EVENT_ID_REASON)
    .meta({
      description: 'The id of the event in its source; with `source` it names the event for ever',
      examples: ['order-1001'],
    }),
  program: Code.meta({ description: 'The code of the program that pays for the event', examples: ['resale'] }),
  partner: Code.meta({ description: 'The code of the partner who did it', examples: ['paula'] }),
  kind: EventKind,
  shares: z
    .array(WireShare)
    .min(SHARES_MIN)
    .max(SHARES_MAX)
    .meta({
      description: `${SHARES_MIN} to ${SHARES_MAX} partners who share the event, with their weights. Every amount and the quantity are split, and the parts add up to the whole. The first one is \`partner\`, for whom the event counts as one event`,
      examples: [
        [
          { partner: 'paula', weight: '75' },
          { partner: 'peter', weight: '25' },
        ],
      ],
    })
    .optional(),
  occurredAt: z.iso
    .datetime({
      offset: true,
      error: 'is not an instant such as 2026-03-01T09:30:00Z: date, time and offset are needed',
    })
    .refine(hasRealOffset, unrealOffset)
    .refine(isEventYear, notEventYear)
    .meta({
      description: 'When it happened: an RFC 3339 instant with its offset, at most 5 minutes ahead of our clock',
      examples: ['2026-02-10T12:00:00Z'],
    }),
  currency: Currency.optional(),
  amount: Decimal.meta({
    description:
      'The main amount, a decimal string in major units of `currency`, with four decimals more where the program has `exactAmounts`. For a refund it is the refunded amount, and a refund without it takes back the whole sale',
    examples: ['1234.56'],
  }).optional(),
  amounts: z
    .record(AmountName, Decimal)
    .refine((amounts) => Object.keys(amounts).length <= AMOUNTS_MAX, `has more than ${AMOUNTS_MAX} names`)
    .meta({
      description: `Up to ${AMOUNTS_MAX} other amounts by name, decimal strings in major units of \`currency\`. For a refund they are the parts that went back, and what it does not name stays`,
      examples: [{ freight: '12.50' }],
    })
    .optional(),
  quantity: z
    .int()
    .min(1)
    .max(QUANTITY_MAX)
    .meta({
      description: 'How many units, for incentives that count units. For a refund it is how many went back',
      examples: [3],
    })
    .optional(),
  attributes: z
    .record(AttributeName, z.string().min(1).max(ATTRIBUTE_CHARS_MAX))
    .refine((attributes) => Object.keys(attributes).length <= ATTRIBUTES_MAX, `has more than ${ATTRIBUTES_MAX} names`)
    .meta({
      description: `Up to ${ATTRIBUTES_MAX} facts about the event, such as its product or its customer, by the names that the program declares`,
      examples: [{ product: 'router-x', customer: 'kim' }],
    })
    .optional(),
  reading: Reading.optional(),
  revision: z
    .int()
    .min(1)
    .max(REVISION_MAX)
    .meta({
      description:
        'The number of this version of the event, 1 if left out. The same id with a higher revision corrects the event',
      examples: [2],
    })
    .optional(),
  refundOf: z
    .string()
    .regex(EVENT_ID, EVENT_ID_REASON)
    .meta({
      description: 'Only for the kind `refund`: the id of the refunded event in the same source',
      examples: ['order-1001'],
    })
    .optional(),
  collects: z
    .string()
    .regex(EVENT_ID, EVENT_ID_REASON)
    .meta({
      description:
        'Only for the kinds `collected` and `uncollected`: the id of the event, in the same source, that was paid or whose payment went back. `amount` is the part that was paid',
      examples: ['order-1001'],
    })
    .optional(),
});
export type EventShape = z.infer<typeof EventShape>;
