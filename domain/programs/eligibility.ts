import { z } from 'zod';

import { type Days, covers } from '../partners/agreement.ts';
import { AttributeName } from '../fields.ts';
import { own } from '../own.ts';
import { FactKey, FactValue } from '../partners/fact.ts';
import type { PartnerKind } from '../partners/kind.ts';

const NEEDS_MAX = 20;
const VALUES_MAX = 50;
const TERRITORIES_MAX = 300;
const EXCLUSIVE_MAX = 5;
const RIGHTS_MAX = 10;

/** The treatment of an event whose partner does not meet the needs on its local day. */
export const ON_INELIGIBLE = ['earn', 'nothing', 'park'] as const;

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
    rights: z
      .array(
        z.strictObject({
          attribute: AttributeName.meta({ description: 'The attribute of events', examples: ['product'] }),
          key: FactKey,
        }),
      )
      .max(RIGHTS_MAX)
      .default([])
      .meta({
        description:
          'The attributes of events whose value the partner must hold as a fact on the day of the event, such as the product or the territory. An event without the attribute needs no right. They say nothing about who may join',
        examples: [[{ attribute: 'product', key: 'product' }]],
      }),
    onIneligible: z
      .enum(ON_INELIGIBLE)
      .default('earn')
      .meta({
        description:
          'The treatment of an event whose partner does not meet all this on its local day. `earn`: it earns; `nothing`: it earns nothing, and says why; `park`: it waits until a person admits or dismisses it, or until what is missing is recorded',
        examples: ['park'],
      }),
  })
  .meta({
    id: 'Eligibility',
    description: 'The needs that a partner must meet to join a program, besides being of the right kind',
  });
export type Eligibility = z.infer<typeof Eligibility>;

/** A program that everybody may join, and in which everybody earns. */
export const OPEN_TO_ALL: Eligibility = Eligibility.parse({});

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

/** The keys of the facts that decide whether an event earns. */
export const factsToEarn = ({ needs, rights, territories, onIneligible }: Eligibility): string[] =>
  onIneligible === 'earn'
    ? []
    : [...[...needs, ...rights].map(({ key }) => key), ...(territories.length > 0 ? PLACES : [])];

/** All reasons why an event of a local day does not earn for its partner, which complete a sentence about the partner, or undefined. */
export function whyNotEarn(
  applicant: Applicant,
  admission: Admission,
  attributes: Readonly<Record<string, string>>,
  day: string,
): string | undefined {
  const missing = admission.eligibility.rights.filter(({ attribute, key }) => {
    const value = own(attributes, attribute);
    return (
      value !== undefined &&
      !applicant.facts.some((fact) => fact.key === key && fact.value === value && covers(fact, day))
    );
  });
  const reasons = [
    ...whyNotEligible(applicant, admission, day),
    ...missing.map(
      ({ attribute, key }) => `needs ${key} ${own(attributes, attribute)} on ${day}, the ${attribute} of the event`,
    ),
  ];
  return reasons.length > 0 ? reasons.join(', and ') : undefined;
}
