import { describe, expect, it } from 'vitest';

import { columnsOf, ImportMapping } from '../../../domain/earnings/import-mapping.ts';
import { compileMapping, type MappedRow } from '../../../domain/earnings/import-row.ts';

const document = {
  source: 'shop',
  program: 'resale',
  partner: { column: 'code' },
  id: { column: 'order' },
  kind: 'sale',
  occurredAt: { columns: ['day'], format: 'YYYY-MM-DD', zone: 'UTC' },
  currency: { column: 'money' },
  amount: { column: 'total' },
};
type Cells = Readonly<Record<string, string>>;
const first: Cells = {
  order: '1',
  code: 'ann',
  day: '2026-03-05',
  money: 'USD',
  total: '10.00',
  state: 'paid',
  back: '',
};

/** Maps the rows of one file, which all have the columns of the first. */
function mapAll(change: object, ...rows: Cells[]): MappedRow[] {
  const files = rows.map((cells) => ({ ...first, ...cells }));
  const map = compileMapping(ImportMapping.parse({ ...document, ...change }), Object.keys(files[0] ?? {}));
  return files.map((file) => map(Object.values(file)));
}
const mapOne = (change: object, cells: Cells = {}) => mapAll(change, cells)[0];
const eventsIn = (result: MappedRow | undefined) => (result && 'events' in result ? result.events : result);
const problemsIn = (result: MappedRow | undefined) =>
  result && 'problems' in result ? result.problems.map(({ column, reason }) => `${column}: ${reason}`) : result;
const whyNot = (change: object) =>
  ImportMapping.safeParse({ ...document, ...change }).error?.issues.map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

describe('given a field that may come from anywhere', () => {
  it.each([
    { change: { partner: 'ann' }, cells: {}, event: { partner: 'ann' }, because: 'the file is about one partner' },
    {
      change: { partner: { columns: ['code', 'state'], separator: '-', prefix: 's.' } },
      cells: {},
      event: { partner: 's.ann-paid' },
      because: 'two columns name the partner',
    },
    {
      change: { partner: { column: 'code', values: { ANN10: 'ann', ANN20: 'ann' } } },
      cells: { code: 'ANN20' },
      event: { partner: 'ann' },
      because: 'a table knows the discount codes',
    },
    {
      change: { partner: { column: 'code', values: { ANN10: 'ann' }, otherwise: 'house' } },
      cells: { code: '' },
      event: { partner: 'house' },
      because: 'everything else belongs to the house',
    },
    {
      change: { currency: { column: 'money', values: { usd: 'USD' } } },
      cells: { money: 'usd' },
      event: { currency: 'USD' },
      because: 'the export writes small letters',
    },
    { change: { quantity: 1 }, cells: {}, event: { quantity: 1 }, because: 'each row is one unit' },
    { change: { quantity: { column: 'n' } }, cells: { n: '3.0' }, event: { quantity: 3 }, because: 'a sheet wrote it' },
    {
      change: { quantity: { column: 'state', values: { paid: '12' } } },
      cells: {},
      event: { quantity: 12 },
      because: 'a table knows the size of the pack',
    },
    { change: { amount: '7.50' }, cells: {}, event: { amount: '7.50' }, because: 'every row has the same amount' },
    {
      change: { amount: { column: 'total', unit: 'minor' } },
      cells: { total: '1050' },
      event: { amount: '10.50' },
      because: 'the file writes cents',
    },
    {
      change: { amount: { column: 'total', unit: 'minor' } },
      cells: { total: '1050', money: 'JPY' },
      event: { amount: '1050' },
      because: 'yen have no smaller unit',
    },
    {
      change: { amount: { column: 'state', values: { paid: '30.00' } } },
      cells: {},
      event: { amount: '30.00' },
      because: 'the price list is in the mapping',
    },
    {
      change: { amount: { columns: ['total', 'back'], separator: '.' } },
      cells: { total: '12', back: '05' },
      event: { amount: '12.05' },
      because: 'units and cents are two columns',
    },
    {
      change: { amounts: { tax: { column: 'back', decimal: ',' }, fee: '1.00' } },
      cells: { back: '0,50' },
      event: { amounts: { tax: '0.50', fee: '1.00' } },
      because: 'other amounts may be constants too',
    },
    {
      change: { occurredAt: { columns: ['day', 'at'], separator: ' ', format: 'YYYY-MM-DD h:mm A', zone: 'UTC' } },
      cells: { at: '1:05 PM' },
      event: { occurredAt: '2026-03-05T13:05:00Z' },
      because: 'date and time are two columns',
    },
  ])('when $because then the event has it', ({ change, cells, event }) => {
    expect(eventsIn(mapOne(change, cells))).toMatchObject([event]);
  });

  it.each([
    {
      change: { partner: { columns: ['code', 'state'] } },
      cells: { code: 'a:b' },
      problem: 'code: contains the separator ":"',
      because: 'two partners would get one code',
    },
    {
      change: { partner: { columns: ['code', 'state'] } },
      cells: { code: '' },
      problem: 'code: is empty',
      because: 'half a code is none',
    },
    {
      change: { partner: { column: 'code', values: { ANN10: 'ann' } } },
      cells: { code: 'BOB' },
      problem: 'code: "BOB" is not one of the mapped values',
      because: 'nobody owns the code',
    },
    {
      change: { amount: { column: 'total', symbols: { $: 'USD', '€': 'EUR' } } },
      cells: { total: '€5.00' },
      problem: 'total: "€5.00" is in EUR, but its row is in USD',
      because: 'one of the two is wrong',
    },
    {
      change: {},
      cells: { total: '10.005' },
      problem: 'total: "10.005" has more than 2 digits after the decimal point',
      because: 'nothing is rounded silently',
    },
    {
      change: {},
      cells: { total: '10.5', money: 'JPY' },
      problem: 'total: "10.5" has digits after the decimal point, and JPY has none',
      because: 'nothing is rounded silently, whatever the currency',
    },
    {
      change: { amount: { column: 'total', unit: 'minor' } },
      cells: { total: '10.50' },
      problem: 'total: "10.50" is not a whole number of minor units',
      because: 'there is no half a cent',
    },
    {
      change: { refund: { amount: { column: 'back' }, afterMinutes: 1 } },
      cells: { back: '1.005' },
      problem: 'back: "1.005" has more than 2 digits after the decimal point',
      because: 'a refund is named by its own column',
    },
  ])('when $because then the row is rejected: $problem', ({ change, cells, problem }) => {
    expect(problemsIn(mapOne(change, cells))).toEqual([problem]);
  });

  it('when the mapping rounds then a row with more digits is taken', () => {
    expect(eventsIn(mapOne({ amount: { column: 'total', round: 'half-even' } }, { total: '10.005' }))).toMatchObject([
      { amount: '10.00' },
    ]);
  });
});

describe('given attributes of an event', () => {
  const change = { attributes: { product: { column: 'sku', values: { 'RX-1': 'router' } }, channel: 'web' } };

  it('when columns and constants name them then the event has them, and an empty cell leaves one out', () => {
    expect(eventsIn(mapOne(change, { sku: 'RX-1' }))).toMatchObject([
      { attributes: { product: 'router', channel: 'web' } },
    ]);
    expect(eventsIn(mapOne(change, { sku: '' }))).toMatchObject([{ attributes: { channel: 'web' } }]);
  });

  it('when a text is not in the table, or too long, then its column is named', () => {
    expect(problemsIn(mapOne(change, { sku: 'RX-2' }))).toEqual(['sku: "RX-2" is not one of the mapped values']);
    const long = { attributes: { note: { column: 'sku' } } };
    expect(problemsIn(mapOne(long, { sku: 'x'.repeat(201) }))).toMatchObject([expect.stringMatching(/^sku: /)]);
    expect(whyNot({ attributes: { 'a b': 'x' } })?.[0]).toContain('attributes.a b');
  });
});

describe('given kinds that a test decides', () => {
  const change = {
    kind: { cases: [{ when: { column: 'total', matches: ['-*', '(*)'] }, is: 'refund' }] },
    amount: { column: 'total', negative: 'absolute' },
    refundOf: { column: 'of' },
  };

  it('when an amount is negative then the row is a refund', () => {
    expect(eventsIn(mapOne(change, { total: '(4.00)', of: '9' }))).toMatchObject([{ kind: 'refund', amount: '4.00' }]);
  });

  it('when a refund has an id of its own then it is that of the row, and the sale keeps the number of the order', () => {
    const own = { ...change, kind: { ...change.kind, otherwise: 'sale' }, refundId: { columns: ['order', 'back'] } };
    const refunded = { ...own, refundOf: { column: 'order' } };
    expect(eventsIn(mapOne(refunded, { total: '-4.00', back: 'r1' }))).toMatchObject([{ id: '1:r1', refundOf: '1' }]);
    expect(eventsIn(mapOne(refunded, { back: '' }))).toMatchObject([{ id: '1', kind: 'sale' }]);
  });

  it('when no case fits then the row is rejected, unless the mapping says otherwise', () => {
    expect(problemsIn(mapOne(change, { of: '' }))).toEqual(['total: fits none of the cases of `kind`']);
    expect(eventsIn(mapOne({ ...change, kind: { ...change.kind, otherwise: 'sale' } }, { of: '' }))).toMatchObject([
      { kind: 'sale' },
    ]);
  });
});

describe('given rows that the mapping leaves out', () => {
  it.each([
    { skip: { column: 'state', values: ['test', 'void'] }, state: 'void', is: true },
    { skip: { column: 'state', values: ['test'] }, state: 'Test', is: false },
    { skip: { column: 'state', notValues: ['paid'] }, state: 'paid', is: false },
    { skip: { column: 'state', notValues: ['paid'] }, state: '', is: true },
    { skip: { column: 'state', empty: true }, state: '  ', is: true },
    { skip: { column: 'state', empty: false }, state: 'x', is: true },
    { skip: { column: 'state', matches: ['Total*'] }, state: 'Total of March', is: true },
    { skip: { column: 'state', matches: ['*a*b*'] }, state: 'xaxbx', is: true },
    { skip: { column: 'state', matches: ['*a*b'] }, state: 'b a', is: false },
    { skip: { column: 'state', matches: ['a*a'] }, state: 'a', is: false },
    { skip: { column: 'state', matches: ['a.c'] }, state: 'abc', is: false },
    { skip: { column: 'state', notMatches: ['p*d'] }, state: 'paid', is: false },
    {
      skip: {
        all: [
          { column: 'state', values: ['a'] },
          { column: 'back', empty: true },
        ],
      },
      state: 'a',
      is: true,
    },
    {
      skip: {
        all: [
          { column: 'state', values: ['a'] },
          { column: 'back', empty: false },
        ],
      },
      state: 'a',
      is: false,
    },
  ])('when the test is $skip and the cell is "$state" then the row is skipped: $is', ({ skip, state, is }) => {
    expect(mapOne({ skip: [skip] }, { state, total: '5' })).toEqual(is ? { skipped: true } : expect.anything());
    if (!is) expect(mapOne({ skip: [skip] }, { state })).not.toEqual({ skipped: true });
  });

  it('when somebody writes a pattern to keep the process busy then it is read in one pass', () => {
    const matches = [`${'*a'.repeat(90)}*b`];
    expect(mapOne({ skip: [{ column: 'state', matches }] }, { state: 'a'.repeat(100_000) })).not.toEqual({
      skipped: true,
    });
  });

  it('when a row has other cells than the header then a title or a total is skipped, and any other is rejected', () => {
    const mapping = ImportMapping.parse({ ...document, skip: [{ column: 'order', matches: ['Total*'] }] });
    const map = compileMapping(mapping, Object.keys(first));
    const problem = { column: '(row)', rule: 'has 2 cells where the header has 7' };
    expect(map(['Total', '99'], problem)).toEqual({ skipped: true });
    expect(problemsIn(map(['7', '99'], problem))).toEqual(['(row): has 2 cells where the header has 7']);
  });
});

describe('given continuation rows', () => {
  const fill = { columns: ['code', 'money'], by: ['order'] };

  it('when the number of the order is the same then empty cells are those of its first row', () => {
    const [, second, third] = mapAll(
      { fill, id: { columns: ['order', 'state'] } },
      {},
      { code: '', money: '', state: 'b' },
      { code: 'bob', money: '', state: 'c' },
    );
    expect(eventsIn(second)).toMatchObject([{ id: '1:b', partner: 'ann', currency: 'USD' }]);
    expect(eventsIn(third)).toMatchObject([{ partner: 'bob', currency: 'USD' }]);
  });

  it('when another order begins with an empty cell then it takes nothing from the order before', () => {
    const results = mapAll({ fill }, {}, { order: '2', code: '' }, { order: '2', code: '' });
    expect(results.map(problemsIn).slice(1)).toEqual([['code: is empty'], ['code: is empty']]);
  });

  it('when two rows have no number then neither takes anything from the other', () => {
    const results = mapAll({ fill, id: { column: 'state' } }, { order: '' }, { order: '', code: '', state: 'b' });
    expect(problemsIn(results[1])).toEqual(['code: is empty']);
  });

  it('when a test says which rows continue then the label above counts', () => {
    const byLabel = { columns: ['code'], where: { column: 'code', empty: true } };
    const results = mapAll(
      { fill: byLabel },
      {},
      { order: '2', code: '' },
      { order: '3', code: 'bob' },
      { order: '4', code: '' },
    );
    expect(results.map(eventsIn)).toMatchObject([
      [{ partner: 'ann' }],
      [{ partner: 'ann' }],
      [{ partner: 'bob' }],
      [{ partner: 'bob' }],
    ]);
  });

  it('when the row that it continues is not there, cannot be read or is of another order then it is rejected', () => {
    const both = { ...fill, where: { column: 'state', empty: true } };
    expect(
      mapAll({ fill: both }, { state: '' }, { order: '2' }, { order: '3', state: '' }).map(problemsIn),
    ).toMatchObject([
      ['(row): continues a row that is not there or cannot be read'],
      { events: {} },
      ['(row): continues a row with another order'],
    ]);
    const mapping = ImportMapping.parse({
      ...document,
      fill: { columns: ['code'], where: { column: 'code', empty: true } },
    });
    const map = compileMapping(mapping, Object.keys(first));
    map(Object.values(first));
    map(['2', 'bob'], { column: '(row)', rule: 'has 2 cells where the header has 7' });
    expect(problemsIn(map(Object.values({ ...first, order: '3', code: '' })))).toEqual([
      '(row): continues a row that is not there or cannot be read',
    ]);
  });

  it('when its first row is skipped then its other rows still take their cells from it', () => {
    const skip = [{ column: 'code', empty: true }];
    expect(mapAll({ fill, skip }, { order: '0' }, { code: '' }, { code: '' })).toMatchObject([
      { events: {} },
      { skipped: true },
      { skipped: true },
    ]);
  });
});

describe('given a column that says how much was refunded', () => {
  const refund = { amount: { column: 'back' }, afterMinutes: 1 };

  it('when it is above zero then the refund is an event of its own, with an id that stays', () => {
    expect(eventsIn(mapOne({ refund }, { back: '4.00' }))).toEqual([
      expect.objectContaining({ id: '1', kind: 'sale', amount: '10.00' }),
      {
        source: 'shop',
        id: '1:refund',
        program: 'resale',
        partner: 'ann',
        kind: 'refund',
        occurredAt: '2026-03-05T00:01:00Z',
        refundOf: '1',
        amount: '4.00',
        currency: 'USD',
      },
    ]);
  });

  it.each(['', '0', '0.00', '-0.00'])('when it is "%s" then there is only the sale', (back) => {
    expect(eventsIn(mapOne({ refund }, { back }))).toHaveLength(1);
  });

  it('when whole and partial refunds stand in one file then the first that fits counts', () => {
    const both = {
      refund: [
        { when: { column: 'state', values: ['refunded'] }, afterMinutes: 1 },
        { ...refund, when: { column: 'state', values: ['partially_refunded'] } },
      ],
    };
    const refundIn = (cells: Cells) => [eventsIn(mapOne(both, cells))].flat()[1];
    expect(refundIn({ state: 'refunded', back: '10.00' })).not.toHaveProperty('amount');
    expect(refundIn({ state: 'partially_refunded', back: '4.00' })).toMatchObject({ amount: '4.00' });
    expect(refundIn({ state: 'paid', back: '4.00' })).toBeUndefined();
    expect(problemsIn(mapOne(both, { state: 'partially_refunded' }))).toEqual([
      'back: is empty, although the row says that its sale was refunded',
    ]);
  });

  it('when columns say which parts went back then only those are in the refund', () => {
    const parts = {
      quantity: { column: 'n' },
      amounts: { tax: { column: 'tax' } },
      refund: {
        amount: { column: 'back' },
        amounts: { tax: { column: 'tax back' } },
        quantity: { column: 'n back' },
        afterMinutes: 1,
      },
    };
    const cells = { n: '3', tax: '2.00', 'tax back': '1.00', 'n back': '1', back: '' };
    const [, refunded] = [eventsIn(mapOne(parts, cells))].flat();
    expect(refunded).toMatchObject({ amounts: { tax: '1.00' }, quantity: 1, currency: 'USD' });
    expect(refunded).not.toHaveProperty('amount');
    expect(eventsIn(mapOne(parts, { ...cells, 'tax back': '0.00', 'n back': '0' }))).toHaveLength(1);
    expect(problemsIn(mapOne(parts, { ...cells, 'tax back': '0.001' }))).toEqual([
      'tax back: "0.001" has more than 2 digits after the decimal point',
    ]);
  });

  it('when a column says when it was taken back then that is the time of the refund', () => {
    const dated = { amount: { column: 'back' }, occurredAt: { columns: ['on'], format: 'D MMM YY', zone: 'UTC' } };
    expect(eventsIn(mapOne({ refund: dated }, { back: '4.00', on: '7 Apr 26' }))).toMatchObject([
      {},
      { occurredAt: '2026-04-07T00:00:00Z' },
    ]);
    expect(problemsIn(mapOne({ refund: dated }, { back: '4.00', on: '' }))).toEqual(['on: is empty']);
    expect(eventsIn(mapOne({ refund: dated }, { back: '0', on: '' }))).toHaveLength(1);
  });
});

describe('given a mapping that cannot be meant', () => {
  it.each([
    { change: { partner: {} }, says: 'partner.column: is needed, or `columns`' },
    { change: { partner: { column: 'a', columns: ['b'] } }, says: 'partner.columns: cannot stand next to `column`' },
    {
      change: { partner: { column: 'a', separator: '-' } },
      says: 'partner.separator: has no use: only one column is named',
    },
    { change: { partner: { column: 'a', otherwise: 'b' } }, says: 'partner.otherwise: has no use without `values`' },
    { change: { partner: 'é' }, says: 'partner: is not a code of 1 to 64 letters, digits and . _ : -' },
    {
      change: { kind: { column: 'a', values: { S: 'Sale!' } } },
      says: 'kind.values.S: is not a kind such as sale: small letters, digits and _',
    },
    {
      change: { currency: { column: 'a', values: { x: 'BRZ' } } },
      says: 'currency: values.x: is not an ISO 4217 currency code such as USD, in capital letters',
    },
    {
      change: { amount: { column: 'a', symbols: { '1': 'USD' } } },
      says: 'amount: symbols.1: is not a currency sign: it has a digit, a space, a sign or a parenthesis',
    },
    { change: { amount: '-1' }, says: 'amount: is not a decimal amount such as 12.34' },
    {
      change: { skip: [{ column: 'a' }] },
      says: 'skip.0: needs exactly one of values, notValues, empty, matches, notMatches',
    },
    { change: { fill: { columns: ['a'] } }, says: 'fill: needs `by`, `where` or both' },
    { change: { refund: { afterMinutes: 1 } }, says: 'refund: needs `when`, or what was taken back, or both' },
    { change: { refund: { amount: { column: 'a' } } }, says: 'refund: needs either `afterMinutes` or `occurredAt`' },
  ])('then it says $says', ({ change, says }) => {
    expect(whyNot(change)).toEqual([says]);
  });

  it('then every column that it reads is needed in the header', () => {
    const mapping = ImportMapping.parse({
      ...document,
      kind: { cases: [{ when: { column: 'k', empty: false }, is: 'sale' }], otherwise: 'visit' },
      fill: { columns: ['f'], by: ['b'], where: { column: 'w', empty: true } },
      skip: [{ column: 's', empty: true }, { all: [{ column: 't', empty: true }] }],
      refund: [
        { when: { column: 'r', values: ['x'] }, amount: { column: 'm' }, occurredAt: { columns: ['d'], format: 'X' } },
      ],
      amounts: { fee: '1.00', tax: { columns: ['x', 'y'] } },
    });
    expect(columnsOf(mapping).join('')).toBe('ordercodekdaymoneytotalxyrmdstfbw');
  });
});
