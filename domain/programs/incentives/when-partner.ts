import { z } from 'zod';

import { addDays } from '../../calendar.ts';
import { own } from '../../own.ts';
import { FactKey, FactValue } from '../../partners/fact.ts';
import { PARTNER_KINDS } from '../../partners/kind.ts';

const VALUES_MAX = 100;
const JOINED_DAYS_MAX = 3660;

/** The partners that an incentive is for. */
export const WhenPartner = z
  .strictObject({
    kind: z
      .array(z.enum(PARTNER_KINDS))
      .min(1)
      .meta({ description: 'The kinds of partner: theirs is one of the list', examples: [['reseller']] })
      .optional(),
    facts: z
      .record(FactKey, z.array(FactValue).min(1).max(VALUES_MAX))
      .meta({
        description: 'The facts that must hold about the partner: one value of the list for each key',
        examples: [{ tier: ['gold', 'platinum'], certification: ['net-1'] }],
      })
      .optional(),
    joinedWithinDays: z
      .int()
      .min(1)
      .max(JOINED_DAYS_MAX)
      .meta({
        description:
          'For how many days it is earned, counted from the first day in the program: `90` ends with the ninetieth day',
        examples: [90],
      })
      .optional(),
  })
  .refine((asked) => Object.keys(asked).length > 0, 'names no condition')
  .meta({
    description: 'The partners that it is for, as they are on the local day of the event. All conditions must be met',
  });
export type WhenPartner = z.infer<typeof WhenPartner>;

/** A partner on a local day, as it was known when an event of that day was first worked out. */
export type PartnerThen = {
  readonly day: string;
  readonly kind: string;
  /** The first day in the program. Null for a partner who never was in it. */
  readonly joinedOn: string | null;
  /** The values that held, by the keys of their facts. */
  readonly facts: Readonly<Record<string, readonly string[]>>;
  /** The reason why the event earns the partner nothing, which completes a sentence about the partner. Null where it may earn. */
  readonly barred?: string | null;
};

/** The reason why an incentive is not for a partner, which completes a sentence about the partner, or undefined. */
export function whyNotPartner(asked: WhenPartner | undefined, then: PartnerThen | null): string | undefined {
  if (!asked) return undefined;
  if (!then) return 'is not known';
  const { kind, facts = {}, joinedWithinDays } = asked;
  if (kind && !kind.some((one) => one === then.kind)) return `is of the kind ${then.kind}, not ${kind.join(' or ')}`;
  const missing = Object.entries(facts).find(
    ([key, values]) => !own(then.facts, key)?.some((one) => values.includes(one)),
  );
  if (missing) return `had no ${missing[0]} ${missing[1].join(' or ')} on ${then.day}`;
  return joinedWithinDays === undefined || isNew(then, joinedWithinDays)
    ? undefined
    : `joined on ${then.joinedOn}, more than ${joinedWithinDays} days before ${then.day}`;
}

const isNew = ({ joinedOn, day }: PartnerThen, days: number): boolean =>
  joinedOn !== null && day >= joinedOn && day < addDays(joinedOn, days);

/** The answers to what an incentive asks about a partner, for an explanation. */
export const heldOf = (
  { kind, facts = {}, joinedWithinDays }: WhenPartner,
  then: PartnerThen,
): Record<string, string> => ({
  ...(kind ? { partnerKind: then.kind } : {}),
  ...Object.fromEntries(Object.keys(facts).map((key) => [key, (own(then.facts, key) ?? []).join(', ')])),
  ...(joinedWithinDays === undefined ? {} : { joinedOn: then.joinedOn ?? '' }),
});
