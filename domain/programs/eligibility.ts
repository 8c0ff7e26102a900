import { z } from 'zod';

import { type Days, covers } from '../partners/agreement.ts';
import { FactKey, FactValue } from '../partners/fact.ts';
import type { PartnerKind } from '../partners/kind.ts';

const NEEDS_MAX = 20;
const VALUES_MAX = 50;
const TERRITORIES_MAX = 300;
const EXCLUSIVE_MAX = 5;

/** The needs of a program, which a partner must meet on the first day in it, besides being of the right kind. */
export const Eligibility = z
  .strictObject({
    needs: z
      .array(
        z.strictObject({
          key: FactKey,
          anyOf: z
            .array(FactValue)
            .min(1)
            .max(VALUES_MAX)
            .meta({ description: 'The values of which the partner needs one', examples: [['net-1']] }),
        }),
      )
      .max(NEEDS_MAX)
      .default([])
      .meta({
        description: 'The facts that a partner needs on the first day, such as a certification. All are needed',
        examples: [[{ key: 'certification', anyOf: ['net-1'] }]],
      }),
    territories: z
      .array(FactValue)
      .max(TERRITORIES_MAX)
      .default([])
      .meta({
        description:
          'The countries, regions and territories that the program is open to. The country of a partner, or a value of their facts `region` and `territory`, must be one of them. Empty if it is open to all',
        examples: [['US', 'EMEA']],
      }),
    exclusive: z
      .array(FactKey)
      .max(EXCLUSIVE_MAX)
      .default([])
      .meta({
        description:
          'The keys of which each value belongs to one partner of the program at a time, such as `territory` where distribution is exclusive',
        examples: [['territory']],
      }),
  })
  .meta({
    id: 'Eligibility',
    description: 'The needs that a partner must meet to join a program, besides being of the right kind',
  });
export type Eligibility = z.infer<typeof Eligibility>;

/** The part of a partner that decides whether they may join. */
export type Applicant = {
  readonly kind: PartnerKind;
  readonly country: string;
  readonly facts: readonly (Days & { readonly key: string; readonly value: string })[];
};

/** The partners who may join a program: their kinds, or every kind if none is named, and what else they need. */
export type Admission = { readonly partnerKinds: readonly PartnerKind[]; readonly eligibility: Eligibility };

/** The keys of the facts that say where a partner may sell. */
const PLACES: readonly string[] = ['region', 'territory'];

/** The reasons why a partner may not join a program on a day. Each completes a sentence about the partner. */
export function whyNotEligible(
  { kind, country, facts }: Applicant,
  { partnerKinds, eligibility }: Admission,
  day: string,
): string[] {
  const held = facts.filter((fact) => covers(fact, day));
  const { needs, territories } = eligibility;
  const isPlaced =
    territories.length === 0 ||
    territories.includes(country) ||
    held.some(({ key, value }) => PLACES.includes(key) && territories.includes(value));
  return [
    ...(partnerKinds.length === 0 || partnerKinds.includes(kind)
      ? []
      : [`is of the kind ${kind}, and the program is open to ${partnerKinds.join(', ')}`]),
    ...needs
      .filter(({ key, anyOf }) => !held.some((fact) => fact.key === key && anyOf.includes(fact.value)))
      .map(({ key, anyOf }) => `needs ${key} ${anyOf.join(' or ')} on ${day}`),
    ...(isPlaced
      ? []
      : [`is in ${country} and has none of the territories of the program on ${day}: ${territories.join(', ')}`]),
  ];
}
