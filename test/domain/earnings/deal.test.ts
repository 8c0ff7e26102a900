import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { DEAL_NEXT, DEAL_STATUSES, identifiersOf, normalDomain } from '../../../domain/earnings/deal.ts';

describe('given the identifiers of a customer', () => {
  it.each([
    { text: 'https://www.Kim.example/shop?x=1', domain: 'kim.example' },
    { text: ' kim.example. ', domain: 'kim.example' },
    { text: 'KIM.EXAMPLE:443', domain: 'kim.example' },
    { text: 'shop.kim.example', domain: 'shop.kim.example' },
    { text: 'kim', domain: undefined },
    { text: 'kim gmbh.example', domain: undefined },
  ])('when the domain is "$text" then it is compared as $domain', ({ text, domain }) => {
    expect(normalDomain(text)).toBe(domain);
  });

  it('when two registrations write a number differently then they have the same customer', () => {
    const of = (registrationNumber: string, country = 'DE') =>
      identifiersOf({ customer: 'Kim', domain: null, registrationNumber, country });
    expect(of('hrb 12-34')).toEqual(of('HRB1234'));
    expect(of('HRB1234', 'AT')).not.toEqual(of('HRB1234'));
  });
});

describe('given the statuses of a deal', () => {
  it('then the database has the same steps, besides those that stay', async () => {
    const guard = await readFile(resolve(import.meta.dirname, '../../../db/functions/guard-deal.sql'), 'utf8');
    const steps = [...guard.matchAll(/\('(\w+)', '(\w+)'\)/g)].map(([, from, to]) => `${from} ${to}`);
    const allowed = DEAL_STATUSES.flatMap((from) => DEAL_NEXT[from].map((to) => `${from} ${to}`));
    expect(new Set(steps)).toEqual(new Set([...allowed, 'review review', 'protected protected']));
  });
});
