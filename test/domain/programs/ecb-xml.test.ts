import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readEcbXml } from '../../../domain/programs/ecb-xml.ts';
import type { RateSource } from '../../../domain/programs/exchange-rate.ts';
import { readRate } from '../../../domain/programs/rate-record.ts';

const example = await readFile(join(import.meta.dirname, '../../../examples/rates/eurofxref-daily.xml'), 'utf8');

describe('given a file as the European Central Bank publishes it', () => {
  it('then each rate has its day and its line', () => {
    expect(readEcbXml(example)).toEqual({
      rates: [
        { line: 9, day: '2026-03-06', quote: 'USD', rate: '1.0850' },
        { line: 10, day: '2026-03-06', quote: 'JPY', rate: '160.25' },
        { line: 11, day: '2026-03-06', quote: 'GBP', rate: '0.86500' },
      ],
    });
  });

  it('when it has many days then each rate has its own day, also on one line', () => {
    const days =
      '<Cube><Cube time="2026-03-09"><Cube currency="USD" rate="1.1"/></Cube><Cube time="2026-03-06"><Cube currency="USD" rate="1.2"/></Cube></Cube>';
    expect(readEcbXml(days).rates.map(({ day, rate }) => `${day} ${rate}`)).toEqual([
      '2026-03-09 1.1',
      '2026-03-06 1.2',
    ]);
  });

  it.each([
    { wrong: 'a document type', text: `<!DOCTYPE a [<!ENTITY b "c">]>${example}`, field: 'file', line: 1 },
    { wrong: 'an entity', text: example.replace('160.25', '&b;'), field: 'file', line: 10 },
    { wrong: 'a rate without a currency', text: example.replace("currency='JPY' ", ''), field: 'currency', line: 10 },
    { wrong: 'a currency without a rate', text: example.replace(" rate='160.25'", ''), field: 'JPY', line: 10 },
    { wrong: 'rates without a day', text: example.replace(" time='2026-03-06'", ''), field: 'USD', line: 9 },
    { wrong: 'an end that is missing', text: example.slice(0, example.indexOf('</Cube>')), field: 'Cube', line: 12 },
    { wrong: 'tags that cross', text: example.replace('</gesmes:Sender>', '</Cube>'), field: 'Cube', line: 6 },
  ])('when it has $wrong then line $line and its field are named', ({ text, field, line }) => {
    expect(readEcbXml(text).problem).toMatchObject({ field, line });
  });
});

describe('given a rate of the European Central Bank', () => {
  const ecb: RateSource = { code: 'ECB', base: 'EUR', days: 'target' };
  const given = { day: '2026-03-06', quote: 'USD', rate: '1.0850' };

  it.each([
    { change: { day: '2026-02-30' }, field: 'day' },
    { change: { day: '06.03.2026' }, field: 'day' },
    { change: { day: '2026-03-07' }, field: 'day' },
    { change: { day: '2026-04-03' }, field: 'day' },
    { change: { day: '2026-03-12' }, field: 'day' },
    { change: { base: 'USD', quote: 'CHF' }, field: 'base' },
    { change: { quote: 'EUR' }, field: 'quote' },
    { change: { quote: 'LTL' }, field: 'quote' },
    { change: { rate: '1,0850' }, field: 'rate' },
    { change: { rate: '-1' }, field: 'rate' },
    { change: { rate: '0.000' }, field: 'rate' },
    { change: { rate: '' }, field: 'rate' },
  ])('when it has $change then its $field is refused', ({ change, field }) => {
    expect(readRate({ ...given, ...change }, ecb, '2026-03-10')).toMatchObject({ field });
  });

  it('when there is none then that is recorded', () => {
    expect(readRate({ ...given, rate: 'N/A' }, ecb, '2026-03-10')).toEqual({
      day: '2026-03-06',
      quote: 'USD',
      rate: null,
    });
  });
});
