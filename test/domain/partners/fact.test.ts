import { describe, expect, it } from 'vitest';

import { type SaidFact, whyNotFact } from '../../../domain/partners/fact.ts';

const tier = { key: 'tier', many: false, allowedValues: ['silver', 'gold'] };
const certification = { key: 'certification', many: true, allowedValues: [] };
const said = (value: string | null, holds = true): SaidFact => ({ key: 'tier', value, holds });

describe('given the declaration of a key', () => {
  it.each([
    { fact: said('gold'), declared: tier, field: undefined, because: 'the value is allowed' },
    { fact: said('lead'), declared: tier, field: 'value', because: 'the value is not one of those allowed' },
    { fact: said('any'), declared: certification, field: undefined, because: 'every value is allowed' },
    { fact: said('any'), declared: undefined, field: 'key', because: 'nobody declared the key' },
    { fact: said(null), declared: tier, field: 'value', because: 'a fact that holds has a value' },
    { fact: said(null, false), declared: tier, field: undefined, because: 'the one value is taken back' },
    { fact: said('gold', false), declared: tier, field: 'value', because: 'any value is taken back, not this one' },
    { fact: said(null, false), declared: certification, field: 'value', because: 'one of many values must be named' },
    { fact: said('net-1', false), declared: certification, field: undefined, because: 'one of many is taken back' },
  ])('when $fact.value holds: $fact.holds then the wrong field is $field: $because', ({ fact, declared, field }) => {
    expect(whyNotFact(fact, declared)?.field).toBe(field);
  });
});
