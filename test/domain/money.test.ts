import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { CURRENCIES, CURRENCY_CODES, exponentOf, isCurrency } from '../../domain/currency.ts';
import {
  add,
  allocate,
  divideHalfEven,
  formatDecimal,
  formatMinor,
  money,
  parseDecimal,
  parseMinor,
  parsePercent,
  takeShare,
} from '../../domain/money.ts';
import { RUNS } from '../fixtures/property-runs.ts';

const usd = (minor: bigint) => money(minor, 'USD');
const minors = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const total = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n);

describe('given the currencies of ISO 4217', () => {
  it.each([
    { code: 'JPY', digits: 0 },
    { code: 'USD', digits: 2 },
    { code: 'BRL', digits: 2 },
    { code: 'KWD', digits: 3 },
    { code: 'CLF', digits: 4 },
    { code: 'UYW', digits: 4 },
  ] as const)('when asked for $code then it has $digits digits', ({ code, digits }) => {
    expect(exponentOf(code)).toBe(digits);
  });

  it.each(['usd', 'XAU', 'BGN', '', 'toString', null, 840])(
    'when asked for %o then Bursar does not pay in it',
    (code) => {
      expect(isCurrency(code)).toBe(false);
    },
  );

  it('then every code is listed once', () => {
    expect(CURRENCY_CODES).toEqual(Object.keys(CURRENCIES));
  });
});

describe('given a commission rate of 2.5 %', () => {
  it.each([
    { sale: 333n, commission: 8n, because: '8.325 rounds down' },
    { sale: 340n, commission: 8n, because: '8.5 rounds to even' },
    { sale: 380n, commission: 10n, because: '9.5 rounds to even' },
    { sale: -340n, commission: -8n, because: 'a refund takes back the same amount' },
  ])('when the sale is $sale then the commission is $commission: $because', ({ sale, commission }) => {
    expect(takeShare(usd(sale), parsePercent('2.5'))).toEqual(usd(commission));
  });
});

describe('given any division', () => {
  it('then rounding is the same on both sides of zero and at most half a unit away', () => {
    fc.assert(
      fc.property(minors, fc.bigInt({ min: 1n, max: 10n ** 9n }), (numerator, denominator) => {
        const rounded = divideHalfEven(numerator, denominator);
        const twiceOff = 2n * (rounded * denominator - numerator);
        expect(divideHalfEven(-numerator, denominator)).toBe(-rounded);
        expect(twiceOff <= denominator && twiceOff >= -denominator).toBe(true);
        if (twiceOff === denominator || twiceOff === -denominator) expect(rounded % 2n).toBe(0n);
      }),
      RUNS,
    );
  });
});

describe('given a dollar to split', () => {
  it.each([
    { weights: [1n, 1n, 1n], parts: [34n, 33n, 33n], because: 'no cent is lost' },
    { weights: [0n, 1n, 1n, 1n], parts: [0n, 34n, 33n, 33n], because: 'a weight of zero gets nothing' },
    { weights: [1n, 2n], parts: [33n, 67n], because: 'the spare cent goes to the largest remainder' },
  ])('by $weights then $because', ({ weights, parts }) => {
    expect(allocate(usd(100n), weights)).toEqual(parts.map(usd));
  });

  it.each([{ weights: [] }, { weights: [0n] }, { weights: [1n, -1n] }])(
    'by $weights then it is refused',
    ({ weights }) => {
      expect(() => allocate(usd(100n), weights)).toThrow(RangeError);
    },
  );
});

describe('given any amount and any weights', () => {
  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 6n }), { minLength: 1, maxLength: 20 })
    .filter((some) => total(some) > 0n);

  it('then the parts add up, each within a unit of its share, and a negative amount mirrors its positive', () => {
    fc.assert(
      fc.property(minors, weights, (minor, shares) => {
        const parts = allocate(usd(minor), shares).map((part) => part.minor);
        expect(total(parts)).toBe(minor);
        expect(allocate(usd(-minor), shares).map((part) => -part.minor)).toEqual(parts);
        for (const [index, part] of parts.entries()) {
          const off = part * total(shares) - minor * (shares[index] ?? 0n);
          expect(off < total(shares) && off > -total(shares)).toBe(true);
        }
      }),
      RUNS,
    );
  });
});

describe('given amounts on the wire', () => {
  it.each([
    { minor: -5n, exponent: 2, text: '-0.05' },
    { minor: 100n, exponent: 0, text: '100' },
    { minor: 1n, exponent: 3, text: '0.001' },
    { minor: 123_456_789_012_345_678n, exponent: 2, text: '1234567890123456.78' },
  ])('then $minor with $exponent digits is $text', ({ minor, exponent, text }) => {
    expect(formatMinor(minor, exponent)).toBe(text);
  });

  it.each([
    { text: '12.345', because: 'a dollar has two digits' },
    { text: '1e3', because: 'it is not a plain decimal' },
    { text: '1,000.00', because: 'it is grouped' },
    { text: ' 1', because: 'it has a space' },
    { text: '.5', because: 'the integer part is missing' },
    { text: '', because: 'it is empty' },
    { text: '99999999999999999.99', because: 'PostgreSQL could not store it' },
    { text: '١٢', because: 'the digits are not ASCII' },
  ])('when $text is read as dollars then it is refused: $because', ({ text }) => {
    expect(() => parseDecimal(text, 'USD')).toThrow(expect.objectContaining({ code: 'invalid_amount' }));
  });

  it('then a printed amount is read back unchanged, for every number of digits', () => {
    fc.assert(
      fc.property(minors, fc.constantFrom(0, 2, 3, 4), (minor, exponent) => {
        expect(parseMinor(formatMinor(minor, exponent), exponent)).toBe(minor);
      }),
      RUNS,
    );
  });

  it('then every currency prints its own number of digits', () => {
    for (const code of CURRENCY_CODES)
      expect(parseDecimal(formatDecimal(money(1234n, code)), code)).toEqual(money(1234n, code));
  });

  it('then trailing zeros beyond the last digit are accepted', () => {
    expect(parseDecimal('10.5000', 'USD')).toEqual(usd(1050n));
  });
});

describe('given two currencies', () => {
  it('when they are added then the addition is refused', () => {
    expect(() => add('USD', [usd(1n), money(1n, 'EUR')])).toThrow(RangeError);
  });

  it('when amounts in one of them are added then they add up', () => {
    expect(add('USD', [usd(1n), usd(-3n)])).toEqual(usd(-2n));
  });
});
