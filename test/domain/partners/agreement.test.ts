import { describe, expect, it } from 'vitest';

import { changeTerms, newestPeriod, type Term, termOn, type TermsChange } from '../../../domain/partners/agreement.ts';

const TODAY = '2026-06-15';
const term = (from: string, until: string | null, plan = 'standard'): Term => ({ from, until, plan });
const none = (from: string, until: string | null) => ({ from, until, plan: null });

const spring = term('2026-03-01', '2026-05-01');
const since = term('2026-03-01', null);
const moved = [term('2026-01-01', '2026-04-01'), term('2026-04-01', null, 'gold')];
const twice = [spring, term('2026-07-01', null)];

describe('given the terms of a partner in a program', () => {
  it.each([
    { terms: [spring], day: '2026-02-28', plan: undefined, because: 'the day is before the first one' },
    { terms: [spring], day: '2026-03-01', plan: 'standard', because: 'the first day counts' },
    { terms: [spring], day: '2026-05-01', plan: undefined, because: 'the end is the first day that no longer counts' },
    { terms: moved, day: '2026-04-01', plan: 'gold', because: 'the partner moved on this day' },
    { terms: twice, day: '2026-06-10', plan: undefined, because: 'the partner was away' },
    { terms: twice, day: '2026-08-10', plan: 'standard', because: 'the partner is back' },
  ])('when an event happens on $day then the plan is $plan: $because', ({ terms, day, plan }) => {
    expect(termOn(terms, day)?.plan).toBe(plan);
  });

  it.each([
    { terms: moved, from: '2026-01-01', until: null, plan: 'gold', because: 'a move to another plan makes no gap' },
    { terms: twice, from: '2026-07-01', until: null, plan: 'standard', because: 'the first period is over' },
  ])('then the newest period starts on $from: $because', ({ terms, from, until, plan }) => {
    expect(newestPeriod(terms)).toMatchObject({ from, until, plan });
  });
});

describe('given a change of an agreement', () => {
  it.each<{ because: string; terms: readonly Term[]; change: TermsChange; news: unknown }>([
    {
      because: 'an earlier start has the plan of the first day',
      terms: moved,
      change: { startsOn: '2025-12-01' },
      news: [term('2025-12-01', '2026-01-01')],
    },
    {
      because: 'a later start leaves the first days without a plan',
      terms: [since],
      change: { startsOn: '2026-04-01' },
      news: [none('2026-03-01', '2026-04-01')],
    },
    {
      because: 'an earlier end leaves the last days without a plan',
      terms: [since],
      change: { endsOn: '2026-10-01' },
      news: [none('2026-10-01', null)],
    },
    {
      because: 'a later end has the plan of the last day',
      terms: [term('2026-01-01', '2026-04-01'), term('2026-04-01', '2026-05-01', 'gold')],
      change: { endsOn: null },
      news: [term('2026-05-01', null, 'gold')],
    },
    {
      because: 'a plan holds from today on, unless a day is named',
      terms: [since],
      change: { plan: 'gold' },
      news: [term(TODAY, null, 'gold')],
    },
    {
      because: 'a plan may hold from an earlier day on, until the agreement ends',
      terms: [term('2026-03-01', '2026-12-01')],
      change: { plan: 'gold', from: '2026-04-01' },
      news: [term('2026-04-01', '2026-12-01', 'gold')],
    },
    {
      because: 'an agreement that has not started yet has the plan from its first day',
      terms: [term('2026-09-01', null)],
      change: { plan: 'gold' },
      news: [term('2026-09-01', null, 'gold')],
    },
    {
      because: 'the whole period moves to other days',
      terms: [spring],
      change: { startsOn: '2026-06-01', endsOn: '2026-08-01' },
      news: [none('2026-03-01', '2026-06-01'), term('2026-06-01', '2026-08-01')],
    },
    { because: 'nothing differs', terms: [since], change: { plan: 'standard', endsOn: null }, news: [] },
  ])('then its new terms say so: $because', ({ terms, change, news }) => {
    expect(changeTerms(terms, change, TODAY)).toEqual(news);
  });

  it.each<{ because: string; terms: readonly Term[]; change: TermsChange; field: string }>([
    { because: 'it ends on its first day', terms: [since], change: { endsOn: '2026-03-01' }, field: 'endsOn' },
    { because: 'it starts when it ends', terms: [spring], change: { startsOn: '2026-05-01' }, field: 'startsOn' },
    { because: 'an earlier period goes on', terms: twice, change: { startsOn: '2026-04-30' }, field: 'startsOn' },
    { because: 'it is over by today', terms: [spring], change: { plan: 'gold' }, field: 'from' },
    { because: 'it starts later', terms: [since], change: { plan: 'gold', from: '2026-02-28' }, field: 'from' },
    { because: 'it is over', terms: [spring], change: { plan: 'gold', from: '2026-05-01' }, field: 'from' },
    { because: 'no plan is named', terms: [since], change: { from: '2026-04-01' }, field: 'from' },
  ])('when $because then it is refused, and the field is named', ({ terms, change, field }) => {
    expect(changeTerms(terms, change, TODAY)).toMatchObject({ field });
  });
});
