import { describe, expect, it } from 'vitest';

import { type Applicant, Eligibility, whyNotEligible } from '../../../domain/programs/eligibility.ts';

const fact = (key: string, value: string, from = '2026-01-01', until: string | null = null) => ({
  key,
  value,
  from,
  until,
});
const reseller = (...facts: Applicant['facts'][number][]): Applicant => ({ kind: 'reseller', country: 'DE', facts });
const program = (wish: object, partnerKinds: ('reseller' | 'agent')[] = []) => ({
  partnerKinds,
  eligibility: Eligibility.parse(wish),
});
const certified = program({ needs: [{ key: 'certification', anyOf: ['net-1', 'net-2'] }] });

describe('given a program that not everybody may join', () => {
  it.each([
    { who: reseller(), into: program({}), count: 0, because: 'nothing is needed' },
    { who: reseller(), into: program({}, ['reseller', 'agent']), count: 0, because: 'the kind is right' },
    { who: reseller(), into: program({}, ['agent']), count: 1, because: 'the kind is wrong' },
    { who: reseller(), into: certified, count: 1, because: 'the certification is missing' },
    { who: reseller(fact('certification', 'net-2')), into: certified, count: 0, because: 'one of both is enough' },
    { who: reseller(fact('product', 'net-2')), into: certified, count: 1, because: 'another fact has this value' },
    {
      who: reseller(fact('certification', 'net-1', '2024-03-01', '2026-03-01')),
      into: certified,
      count: 1,
      because: 'the certification has run out',
    },
    {
      who: reseller(fact('certification', 'net-1', '2026-03-02')),
      into: certified,
      count: 1,
      because: 'the certification comes a day later',
    },
    { who: reseller(), into: program({ territories: ['AT', 'DE'] }), count: 0, because: 'the country is open' },
    { who: reseller(), into: program({ territories: ['EMEA'] }), count: 1, because: 'the territory is not known' },
    {
      who: reseller(fact('region', 'EMEA')),
      into: program({ territories: ['EMEA'] }),
      count: 0,
      because: 'the region is open',
    },
    {
      who: reseller(fact('tier', 'EMEA')),
      into: program({ territories: ['EMEA'], needs: [{ key: 'level', anyOf: ['x'] }] }, ['agent']),
      count: 3,
      because: 'every reason is named',
    },
  ])('when somebody joins then there are $count reasons against it: $because', ({ who, into, count }) => {
    expect(whyNotEligible(who, into, '2026-03-01')).toHaveLength(count);
  });
});
