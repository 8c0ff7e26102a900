import { describe, expect, it } from 'vitest';

import { columnsOf, ImportMapping } from '../../../domain/earnings/import-mapping.ts';
import { compileMapping, type MappedRow } from '../../../domain/earnings/import-row.ts';

const document = {
  source: 'shop',
  program: 'marketplace',
  partner: { column: 'seller', prefix: 's-' },
  id: { columns: ['order', 'item'] },
  kind: 'sale',
  occurredAt: { columns: ['orders.bought', 'shipped'], format: 'M/D/YYYY H:mm', zone: 'America/Sao_Paulo' },
  currency: 'BRL',
  amount: { column: 'price' },
  amounts: { freight: { column: 'freight' } },
};
const cancelled = { when: { column: 'orders.status', values: ['canceled', 'unavailable'] }, afterMinutes: 1 };
type Cells = Readonly<Record<string, string>>;
const row: Cells = {
  order: 'A1',
  item: '1',
  seller: '7',
  shipped: '10/6/2017 11:07',
  price: '29.90',
  freight: '8.72',
  'orders.bought': '',
  'orders.status': 'delivered',
};

const mapped = (change: object, cells: Cells = {}): MappedRow => {
  const file = { ...row, ...cells };
  return compileMapping(ImportMapping.parse({ ...document, ...change }), Object.keys(file))(Object.values(file));
};
const eventsOf = (result: MappedRow) => ('events' in result ? result.events : result);
const columnsWithProblems = (result: MappedRow) =>
  'problems' in result ? result.problems.map(({ column }) => column) : [];
const brokenFields = (change: object) =>
  ImportMapping.safeParse({ ...document, ...change }).error?.issues.map(({ path }) => path.join('.'));

describe('given a row of a marketplace', () => {
  it('when it is mapped then it is a sale by its seller', () => {
    expect(eventsOf(mapped({}))).toEqual([
      {
        source: 'shop',
        id: 'A1:1',
        program: 'marketplace',
        partner: 's-7',
        kind: 'sale',
        occurredAt: '2017-10-06T14:07:00Z',
        currency: 'BRL',
        amount: '29.90',
        amounts: { freight: '8.72' },
      },
    ]);
  });

  it('when its order was cancelled then it is the sale and, a minute later, the full refund', () => {
    expect(eventsOf(mapped({ refund: cancelled }, { 'orders.status': 'canceled' }))).toMatchObject([
      { id: 'A1:1', kind: 'sale' },
      { id: 'A1:1:refund', kind: 'refund', refundOf: 'A1:1', occurredAt: '2017-10-06T14:08:00Z', partner: 's-7' },
    ]);
  });

  it('when its order was delivered then there is no refund', () => {
    expect(eventsOf(mapped({ refund: cancelled }))).toHaveLength(1);
  });

  it('when the row is already a refund then a cancelled order does not refund it twice', () => {
    const change = { kind: 'refund', refundOf: { columns: ['order'] }, amounts: undefined, refund: cancelled };
    expect(eventsOf(mapped(change, { 'orders.status': 'canceled' }))).toHaveLength(1);
  });

  it('when its order is listed then the time of the order counts, and otherwise the time of the row', () => {
    expect(eventsOf(mapped({}, { 'orders.bought': '1/14/2018 14:33' }))).toMatchObject([
      { occurredAt: '2018-01-14T16:33:00Z' },
    ]);
  });

  it('when columns contain program, kind, currency, quantity and the refunded id then they are read', () => {
    const change = {
      program: { column: 'programme' },
      kind: { column: 'type', values: { S: 'sale', R: 'refund' } },
      currency: { column: 'ccy' },
      quantity: { column: 'units' },
      refundOf: { columns: ['order', 'of'], separator: '/' },
      amounts: undefined,
    };
    const cells = { programme: 'P1', type: 'R', ccy: 'USD', units: '', of: '9' };
    expect(eventsOf(mapped(change, cells))).toMatchObject([
      { program: 'P1', kind: 'refund', currency: 'USD', refundOf: 'A1/9', amount: '29.90' },
    ]);
  });

  it('when sales and refunds share a file then a sale may leave the refunded id empty', () => {
    const change = { kind: { column: 'type', values: { S: 'sale', R: 'refund' } }, refundOf: { columns: ['of'] } };
    expect(eventsOf(mapped(change, { type: 'S', of: '' }))).toMatchObject([{ kind: 'sale', id: 'A1:1' }]);
    const refunds = { ...change, amounts: undefined };
    expect(eventsOf(mapped(refunds, { type: 'R', of: '9' }))).toMatchObject([{ kind: 'refund', refundOf: '9' }]);
  });

  it('when sales and payments share a file then a payment names the sale that it pays', () => {
    const change = {
      kind: { column: 'type', values: { S: 'sale', P: 'collected' } },
      collects: { columns: ['of'] },
      amounts: undefined,
    };
    expect(eventsOf(mapped(change, { type: 'P', of: '9' }))).toMatchObject([{ kind: 'collected', collects: '9' }]);
    expect(eventsOf(mapped(change, { type: 'S', of: '' }))).toMatchObject([{ kind: 'sale' }]);
  });

  it('then the required columns of the file are known in advance', () => {
    expect(columnsOf(ImportMapping.parse({ ...document, refund: cancelled })).toSorted()).toEqual(
      ['freight', 'item', 'order', 'orders.bought', 'orders.status', 'price', 'seller', 'shipped'].toSorted(),
    );
  });
});

describe('given a row that is wrong', () => {
  it.each([
    { cells: { price: '' }, columns: ['price'], because: 'a sale has an amount' },
    { cells: { price: '29.905' }, columns: ['price'], because: 'nothing is rounded' },
    { cells: { price: '-1.00' }, columns: ['price'], because: 'a negative amount must be a refund' },
    {
      cells: { price: '1,000.00' },
      columns: ['price'],
      because: 'the mapping does not say that thousands are grouped',
    },
    { cells: { freight: '8.7.2' }, columns: ['freight'], because: 'it has two points' },
    { cells: { seller: ' ' }, columns: ['seller'], because: 'nobody earns' },
    { cells: { seller: 'é' }, columns: ['seller'], because: 'it is not a code' },
    { cells: { item: '' }, columns: ['item'], because: 'the row has no id' },
    { cells: { order: 'A:1' }, columns: ['order'], because: 'A:1 and 1 would get the same id as A and 1:1' },
    { cells: { shipped: '' }, columns: ['orders.bought, shipped'], because: 'it has no time' },
    { cells: { shipped: '13/6/2017 11:07' }, columns: ['shipped'], because: 'there is no 13th month' },
    { cells: { shipped: '2/30/2017 11:07' }, columns: ['shipped'], because: 'that day does not exist' },
    { cells: { shipped: '10/6/2017 24:00' }, columns: ['shipped'], because: 'that hour does not exist' },
    { cells: { shipped: '10/6/17 11:07' }, columns: ['shipped'], because: 'two digits are not a year' },
    { cells: { shipped: '10/6/2017' }, columns: ['shipped'], because: 'the time is missing' },
    {
      cells: { shipped: '1/1/1970 11:07' },
      columns: ['orders.bought, shipped'],
      because: 'an empty clock is not a date',
    },
    {
      cells: { price: 'x', item: '', shipped: '?' },
      columns: ['price', 'item', 'shipped'],
      because: 'all problems are reported at once',
    },
  ])('then $columns must be corrected: $because', ({ cells, columns }) => {
    expect(columnsWithProblems(mapped({}, cells)).toSorted()).toEqual(columns.toSorted());
  });

  it('when a kind is not mapped then the problem names it', () => {
    const change = { kind: { column: 'type', values: { S: 'sale' } } };
    expect(mapped(change, { type: 'toString' })).toMatchObject({
      problems: [{ column: 'type', reason: '"toString" is not mapped to a kind of event' }],
    });
  });

  it('when the fault is in the mapping itself then the problem says so', () => {
    expect(columnsWithProblems(mapped({ kind: 'collected', amounts: undefined }))).toEqual(['mapping: collects']);
  });
});

describe('given numbers as people write them', () => {
  it.each([
    { price: '1.234,50', decimal: ',', thousands: '.', amount: '1234.50' },
    { price: '1,234,567.5', decimal: '.', thousands: ',', amount: '1234567.5' },
    { price: '1\u00a0234,50', decimal: ',', thousands: ' ', amount: '1234.50' },
    { price: '1234,50', decimal: ',', thousands: '.', amount: '1234.50' },
    { price: '99', decimal: '.', thousands: ',', amount: '99' },
  ])('when it is $price then it is $amount', ({ price, decimal, thousands, amount }) => {
    expect(eventsOf(mapped({ amount: { column: 'price', decimal, thousands } }, { price }))).toMatchObject([
      { amount },
    ]);
  });

  it.each(['12,34.5', '1,2345', ',5', '5.', '1e3', '0x10', '1.234.567'])(
    'when it is %s then it is refused',
    (price) => {
      expect(columnsWithProblems(mapped({ amount: { column: 'price', thousands: ',' } }, { price }))).toEqual([
        'price',
      ]);
    },
  );
});

describe('given times as files write them', () => {
  it.each([
    {
      format: 'M/D/YYYY H:mm',
      text: '10/15/2017 0:30',
      at: '2017-10-15T03:30:00Z',
      because: 'the skipped hour moves forward',
    },
    {
      format: 'M/D/YYYY H:mm',
      text: '2/17/2018 23:30',
      at: '2018-02-18T01:30:00Z',
      because: 'of two, the earlier counts',
    },
    { format: 'YYYY-MM-DD', text: '2018-01-14', at: '2018-01-14T02:00:00Z', because: 'a date is its midnight' },
    {
      format: 'DD.MM.YYYY HH:mm:ss',
      text: '14.01.2018 08:00:59',
      at: '2018-01-14T10:00:59Z',
      because: 'days may come first',
    },
    { format: 'YYYYMMDD', text: '20180114', at: '2018-01-14T02:00:00Z', because: 'separators are optional' },
  ])('when $text is read as $format then it is $at: $because', ({ format, text, at }) => {
    const occurredAt = { columns: ['shipped'], format, zone: 'America/Sao_Paulo' };
    expect(eventsOf(mapped({ occurredAt }, { shipped: text }))).toMatchObject([{ occurredAt: at }]);
  });

  it.each([
    { text: '2018-01-14T08:00:00.0Z', at: '2018-01-14T08:00:00Z' },
    { text: '2018-01-14T08:00:00.12+00:00', at: '2018-01-14T08:00:00.12Z' },
    { text: '2018-01-14T08:00:00.1239+05:45', at: '2018-01-14T02:15:00.123Z' },
  ])('when $text has its offset then it needs no zone', ({ text, at }) => {
    const occurredAt = { columns: ['shipped'], format: 'YYYY-MM-DDTHH:mm:ss.SZ' };
    expect(eventsOf(mapped({ occurredAt }, { shipped: text }))).toMatchObject([{ occurredAt: at }]);
  });

  it.each([
    { text: '2018-01-14T08:00:00+99:00', because: 'that offset does not exist' },
    { text: '2018-01-14 08:00:00Z', because: 'the T is missing' },
  ])('when $text is read then it is refused: $because', ({ text }) => {
    const occurredAt = { columns: ['shipped'], format: 'YYYY-MM-DDTHH:mm:ssZ' };
    expect(columnsWithProblems(mapped({ occurredAt }, { shipped: text }))).toEqual(['shipped']);
  });
});

describe('given a mapping document', () => {
  const occurredAt = (format: string, zone?: string) => ({ occurredAt: { columns: ['shipped'], format, zone } });

  it.each([
    {
      change: occurredAt('M/D/YYYY H:MM', 'UTC'),
      fields: ['occurredAt.format'],
      because: 'MM is the month and appears twice',
    },
    { change: occurredAt('M/D/YYYY H:mm'), fields: ['occurredAt.zone'], because: 'a wall time needs its zone' },
    {
      change: occurredAt('YYYY-MM-DDTHH:mmZ', 'UTC'),
      fields: ['occurredAt.zone'],
      because: 'it already has an offset',
    },
    { change: occurredAt('M/D/YYYY H:mm', '+01:00'), fields: ['occurredAt.zone'], because: 'an offset is not a zone' },
    { change: occurredAt('YYYY-MM-DD HH', 'UTC'), fields: ['occurredAt.format'], because: 'the minute is missing' },
    {
      change: occurredAt('DD-MM-YYYY am', 'UTC'),
      fields: ['occurredAt.format'],
      because: 'am is not a token: A is',
    },
    {
      change: { amount: { column: 'price', decimal: ',', thousands: ',' } },
      fields: ['amount'],
      because: 'it is ambiguous',
    },
    { change: { currency: 'BRZ' }, fields: ['currency'], because: 'that currency does not exist' },
    { change: { colour: 'red' }, fields: [''], because: 'a misspelt field would be lost silently' },
    {
      change: { join: { file: '../orders.csv', on: 'order', columns: ['status'] } },
      fields: ['join.file'],
      because: 'it is a path',
    },
  ])('when it is checked then $fields is wrong: $because', ({ change, fields }) => {
    expect(brokenFields(change)).toEqual(fields);
  });
});

describe('given a mapping of refunds that does not say which event they refund', () => {
  it.each([
    { kind: 'refund' },
    { kind: { column: 'type', values: { S: 'sale', R: 'refund' } } },
    { kind: { cases: [{ when: { column: 'price', matches: ['-*'] }, is: 'refund' }], otherwise: 'sale' } },
  ])('then the mapping itself is wrong: $kind', ({ kind }) => {
    expect(brokenFields({ kind })).toEqual(['refundOf']);
    expect(brokenFields({ kind, refundOf: { column: 'order' } })).toBeUndefined();
  });
});
