import { describe, expect, it } from 'vitest';

import { type Applicant, Eligibility, whyNotEarn, whyNotEligible } from '../../../domain/programs/eligibility.ts';

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

describe('given an event of a partner', () => {
  const sole = program({
    needs: [{ key: 'certification', anyOf: ['net-1'] }],
    rights: [
      { attribute: 'product', key: 'product' },
      { attribute: 'region', key: 'territory' },
    ],
  });
  const facts = [fact('certification', 'net-1'), fact('product', 'router'), fact('territory', 'EMEA', '2026-03-02')];
  it.each([
    { attributes: {}, reason: undefined, because: 'an event without the attribute needs no right' },
    { attributes: { product: 'router' }, reason: undefined, because: 'the partner may sell it' },
    { attributes: { product: 'phone' }, reason: 'needs product phone on 2026-03-01, the product of the event' },
    { attributes: { region: 'EMEA' }, reason: 'needs territory EMEA on 2026-03-01, the region of the event' },
  ])('when its attributes are $attributes then $reason', ({ attributes, reason }) => {
    expect(whyNotEarn(reseller(...facts), sole, attributes, '2026-03-01')).toBe(reason);
  });

  it('when several things are missing then all are named', () => {
    expect(whyNotEarn(reseller(), sole, { product: 'phone' }, '2026-03-01')).toBe(
      'needs certification net-1 on 2026-03-01, and needs product phone on 2026-03-01, the product of the event',
    );
  });

  it('when the partner lacks what the program needs then that is the reason, whatever the event is', () => {
    expect(whyNotEarn(reseller(), sole, {}, '2026-03-01')).toBe('needs certification net-1 on 2026-03-01');
  });
});
