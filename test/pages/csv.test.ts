import { describe, expect, it } from 'vitest';

import { csvOf } from '../../api/http/csv.ts';

describe('given a table that a spreadsheet opens', () => {
  it.each([
    { cell: '=HYPERLINK("x")', written: `"'=HYPERLINK(""x"")"`, because: 'a formula does not run' },
    { cell: '-cmd', written: "'-cmd", because: 'a text with a minus does not run either' },
    { cell: '-12.50', written: '-12.50', because: 'an amount below zero stays a number' },
    { cell: 'Acme, Inc', written: '"Acme, Inc"', because: 'a comma does not begin a cell' },
  ])('when a cell is $cell then $because', ({ cell, written }) => {
    expect(csvOf(['reason'], [[cell]])).toBe(`reason\n${written}\n`);
  });
});
