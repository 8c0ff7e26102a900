import { describe, expect, it } from 'vitest';

import { compileNumber, type NumberFormat } from '../../../domain/earnings/number-format.ts';
import { roundDecimal } from '../../../domain/money.ts';

const read = (text: string, format: NumberFormat = {}) => compileNumber(format)(text);
const symbols = { $: 'USD', US$: 'USD', R$: 'BRL', '€': 'EUR', EUR: 'EUR' } as const;

describe('given numbers with signs', () => {
  it.each([
    { text: '+5.00', because: 'a plus says nothing' },
    { text: '-0.00', because: 'zero has no sign' },
    { text: '(0.00)', because: 'nor in parentheses' },
  ])('when it is $text then it is taken: $because', ({ text }) => {
    expect(read(text)).toMatchObject({ text: text.replaceAll(/[-+()]/g, '') });
  });

  it.each([
    '-5.00',
    '5.00-',
    '\u22125.00',
    '(5.00)',
    '( 5.00 )',
    '-$5.00',
    '$-5.00',
    '$5.00-',
    '($5.00)',
    '$(5.00)',
    '(5.00) USD',
  ])('when it is %s then it is negative, which only the mapping can allow', (text) => {
    const given = { symbols: { ...symbols, USD: 'USD' as const } };
    expect(read(text, given)).toEqual({ reason: expect.stringContaining('is negative') });
    expect(read(text, { ...given, negative: 'absolute' })).toMatchObject({ text: '5.00' });
    expect(read(text, { ...given, negative: 'negate' })).toMatchObject({ text: '5.00' });
  });

  it('when the mapping turns signs then a positive amount is refused, and zero is not', () => {
    expect(read('5.00', { negative: 'negate' })).toEqual({ reason: expect.stringContaining('is positive') });
    expect(read('0.00', { negative: 'negate' })).toMatchObject({ text: '0.00' });
  });

  it.each(['--5', '-5-', '(-5)', '((5))', '5-5', '-', '()', '', '$', '$5$', '5 5', '5%', '1,5', '.5', '5.'])(
    'when it is "%s" then it is not a number',
    (text) => {
      expect(read(text, { negative: 'absolute', symbols })).toEqual({ reason: 'is not an amount such as 1234.50' });
    },
  );
});

describe('given numbers with currency signs', () => {
  it.each([
    { text: '$5', currency: 'USD' },
    { text: 'US$ 5', currency: 'USD' },
    { text: 'R$\u00a05', currency: 'BRL' },
    { text: '5 €', currency: 'EUR' },
    { text: '5EUR', currency: 'EUR' },
    { text: '5', currency: undefined },
  ])('when it is $text then its currency is $currency', ({ text, currency }) => {
    expect(read(text, { symbols })).toEqual({ text: '5', currency });
  });

  it('when the mapping names no sign then none is taken', () => {
    expect(read('$5')).toHaveProperty('reason');
    expect(read('£5', { symbols })).toHaveProperty('reason');
  });
});

describe('given numbers in groups', () => {
  it.each([
    { text: "1'234.50", format: { thousands: "'" as const }, number: '1234.50' },
    { text: '1\u2019234\u2019567', format: { thousands: "'" as const }, number: '1234567' },
    { text: '(€1.234,50)', format: { thousands: '.' as const, decimal: ',' as const, symbols }, number: '1234.50' },
  ])('when it is $text then it is $number', ({ text, format, number }) => {
    expect(read(text, { ...format, negative: 'absolute' })).toMatchObject({ text: number });
  });
});

describe('given an amount with more digits than its currency', () => {
  it.each([
    { text: '12.345', currency: 'USD', rounded: '12.34', because: 'a half goes to the even cent' },
    { text: '12.355', currency: 'USD', rounded: '12.36', because: 'a half goes to the even cent' },
    { text: '12.3450000000000001', currency: 'USD', rounded: '12.35', because: 'it is more than a half' },
    { text: '0.5', currency: 'JPY', rounded: '0', because: 'yen have no decimals' },
    { text: '1.5', currency: 'JPY', rounded: '2', because: 'yen have no decimals' },
    { text: '9.9995', currency: 'KWD', rounded: '10.000', because: 'dinars have three' },
    { text: '9.9', currency: 'USD', rounded: '9.9', because: 'nothing is to be rounded' },
    { text: 'x', currency: 'USD', rounded: 'x', because: 'the refusal shall name it' },
  ] as const)('when $text $currency is rounded then it is $rounded: $because', ({ text, currency, rounded }) => {
    expect(roundDecimal(text, currency)).toBe(rounded);
  });
});
