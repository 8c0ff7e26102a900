import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { closedDatesOf } from '../../../domain/payers/settlement-calendar.ts';
import {
  convert,
  conversionWords,
  type ExchangeRate,
  findRate,
  gapName,
  publishingDays,
  type RateNeed,
  type RateSource,
} from '../../../domain/programs/exchange-rate.ts';
import { isTargetClosed } from '../../../domain/programs/target-days.ts';

const ecb: RateSource = { code: 'ECB', base: 'EUR', days: 'target' };
const house: RateSource = { code: 'house', base: 'EUR', days: 'weekdays' };
const need: RateNeed = { source: 'ECB', from: 'EUR', to: 'USD', on: '2026-03-06' };
const found = (rate: Partial<ExchangeRate>): ExchangeRate => ({
  ...need,
  day: need.on,
  fromRate: null,
  toRate: '1.0850',
  ...rate,
});

describe('given the days on which the European Central Bank publishes no rates', () => {
  it('then they are those of the settlement calendar of the euro, and weekends', () => {
    for (const date of closedDatesOf('EUR')) expect([date, isTargetClosed(date)]).toEqual([date, true]);
  });

  it.each([
    { on: '2026-03-06', first: '2026-03-06', because: 'it is a Friday' },
    { on: '2026-03-08', first: '2026-03-06', because: 'it is a Sunday' },
    { on: '2026-04-06', first: '2026-04-02', because: 'from Good Friday until Easter Monday TARGET is closed' },
    { on: '2018-04-02', first: '2018-03-29', because: 'it is Easter Monday of 2018' },
    { on: '2024-05-01', first: '2024-04-30', because: 'it is 1 May' },
    { on: '2027-12-26', first: '2027-12-24', because: 'it is the second day of Christmas' },
  ])('when the day is $on then the rate is that of $first: $because', ({ on, first }) => {
    expect(publishingDays(on, ecb)[0]).toBe(first);
  });

  it('when another source publishes on weekdays then only weekends are left out', () => {
    expect(publishingDays('2026-04-03', house)[0]).toBe('2026-04-03');
    expect(publishingDays('2026-04-05', house)[0]).toBe('2026-04-03');
  });
});

describe('given what a source published', () => {
  const rates = new Map<string, string | null>([
    ['2026-03-05 USD', '1.0800'],
    ['2026-03-05 GBP', '0.8600'],
    ['2026-03-06 USD', '1.0850'],
    ['2026-03-06 GBP', '0.8650'],
    ['2026-03-06 JPY', null],
    ['2026-03-05 JPY', '160.25'],
    ['2026-03-02 ISK', null],
    ['2026-03-03 ISK', null],
    ['2026-03-04 ISK', null],
    ['2026-03-05 ISK', null],
    ['2026-03-06 ISK', null],
    ['2026-02-27 ISK', null],
  ]);
  const find = (wish: Partial<RateNeed>) =>
    findRate({ ...need, ...wish }, ecb, (_, day, quote) => rates.get(`${day} ${quote}`));

  it.each<{ wish: Partial<RateNeed>; rate: object; because: string }>([
    { wish: {}, rate: { day: '2026-03-06', fromRate: null, toRate: '1.0850' }, because: 'it is published' },
    { wish: { on: '2026-03-08' }, rate: { day: '2026-03-06', toRate: '1.0850' }, because: 'Friday holds on Sunday' },
    {
      wish: { from: 'USD', to: 'EUR' },
      rate: { fromRate: '1.0850', toRate: null },
      because: 'it is taken the other way round',
    },
    {
      wish: { from: 'GBP' },
      rate: { fromRate: '0.8650', toRate: '1.0850' },
      because: 'a cross rate is a fraction of two rates',
    },
    {
      wish: { from: 'JPY' },
      rate: { day: '2026-03-05', fromRate: '160.25', toRate: '1.0800' },
      because: 'without a rate of the yen, both rates are of the day before',
    },
  ])('when $wish is asked for then it is $rate: $because', ({ wish, rate }) => {
    expect(find(wish)).toMatchObject(rate);
  });

  it.each<{ wish: Partial<RateNeed>; gap: string; because: string }>([
    { wish: { on: '2026-03-09' }, gap: 'ECB/2026-03-09/USD', because: 'an older rate is not taken for a day to come' },
    { wish: { to: 'CHF' }, gap: 'ECB/2026-03-06/CHF', because: 'nothing is known of the franc' },
    { wish: { on: '2026-03-05', from: 'GBP', to: 'CHF' }, gap: 'ECB/2026-03-05/CHF', because: 'one of two is unknown' },
    { wish: { to: 'ISK' }, gap: 'ECB/2026-03-06/ISK', because: 'none was published for more than seven days' },
  ])('when $wish is asked for then it waits for $gap: $because', ({ wish, gap }) => {
    const rate = find(wish);
    expect('gap' in rate && gapName(rate.gap)).toBe(gap);
  });
});

describe('given a rate', () => {
  it.each<{ minor: bigint; rate: Partial<ExchangeRate>; to: bigint; because: string }>([
    { minor: 10_000n, rate: {}, to: 10_850n, because: '100.00 EUR is 108.50 USD' },
    { minor: 10n, rate: { toRate: '1.25' }, to: 12n, because: '12.5 cents round to even' },
    { minor: 30n, rate: { toRate: '1.25' }, to: 38n, because: '37.5 cents round to even' },
    { minor: 10_000n, rate: { from: 'JPY', fromRate: '160.25' }, to: 6771n, because: 'a yen has no cents' },
    { minor: 10_000n, rate: { to: 'JPY', toRate: '160.255' }, to: 16_026n, because: '16,025.5 yen round to even' },
    { minor: 10_000n, rate: { to: 'KWD', toRate: '0.3301' }, to: 33_010n, because: 'a dinar has 1,000 fils' },
    {
      minor: 10_000n,
      rate: { from: 'GBP', fromRate: '0.8650' },
      to: 12_543n,
      because: 'a cross rate is not rounded in between',
    },
    { minor: 0n, rate: { from: 'GBP', fromRate: '0.8650' }, to: 0n, because: 'nothing stays nothing' },
  ])('when $minor minor units are converted then they are $to: $because', ({ minor, rate, to }) => {
    expect(convert(minor, found(rate))).toBe(to);
  });

  it('then parts of an amount that go back one after the other add up to the whole, by difference', () => {
    const digits = fc.integer({ min: 1, max: 9_999_999 }).map((rate) => (rate / 10_000).toFixed(4));
    fc.assert(
      fc.property(
        digits,
        fc.option(digits, { nil: null }),
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 8 }),
        (toRate, fromRate, parts) => {
          const rate = found({ toRate, fromRate, ...(fromRate === null ? {} : { from: 'GBP' as const }) });
          let left = parts.reduce((sum, part) => sum + part, 0n);
          const whole = convert(left, rate);
          let back = 0n;
          for (const part of parts) {
            back += convert(left, rate) - convert(left - part, rate);
            left -= part;
          }
          expect(back).toBe(whole);
        },
      ),
    );
  });

  it.each<{ rate: Partial<ExchangeRate>; says: string }>([
    { rate: {}, says: '100.00 EUR at 1.0850 USD (ECB, 2026-03-06) is 108.50 USD' },
    {
      rate: { on: '2026-03-08' },
      says: '100.00 EUR at 1.0850 USD (ECB, 2026-03-06, the last one before 2026-03-08) is 108.50 USD',
    },
    {
      rate: { from: 'USD', to: 'EUR', fromRate: '1.0850', toRate: null },
      says: '100.00 USD at 1/1.0850 EUR (ECB, 2026-03-06) is 92.17 EUR',
    },
    {
      rate: { from: 'GBP', fromRate: '0.8650' },
      says: '100.00 GBP at 1.0850/0.8650 USD (ECB, 2026-03-06) is 125.43 USD',
    },
  ])('when it is explained then it says: $says', ({ rate, says }) => {
    expect(conversionWords({ ...found(rate), amounts: { amount: 10_000n } })).toEqual([says]);
  });
});
