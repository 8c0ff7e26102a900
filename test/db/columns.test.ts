import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { unnestColumns } from '../../db/columns.ts';
import { RUNS } from '../fixtures/property-runs.ts';
import { openFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const Row = z.object({ text: z.string().nullable(), whole: z.bigint().nullable(), is: z.boolean().nullable() });

/** Texts that PostgreSQL can store, with many of the characters that lists and quotes are made of. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '\\', '\n', '\\n', '{', '}', ',', 'NULL', '\u0001', ' '),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));
const anyRow = fc.record({
  text: fc.option(anyText),
  whole: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  is: fc.option(fc.boolean()),
});

describe('given rows with any texts and numbers', () => {
  it(`when ${RUNS.numRuns} are sent as columns then the database reads the same rows`, async () => {
    const rows = fc.sample(anyRow, RUNS.numRuns);
    const columns = unnestColumns(
      ['text', 'int8', 'bool'],
      rows.map(({ text, whole, is }) => [text, whole, is]),
    );
    const read = await fixture.app.any(
      sql.type(Row)`select text, whole, "is" from ${columns} as given(text, whole, "is")`,
    );
    expect(read).toEqual(rows);
  });
});
