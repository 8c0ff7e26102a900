import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { Problem, problemOf } from '../../api/http/problem.ts';
import { Failure, type FailureCode, FAILURES } from '../../domain/errors.ts';

const PAGE = join(import.meta.dirname, '../../docs/how-to/call-the-api.md');
/** Matches a row: the code, the status, and whether the same call may succeed later. */
const ROW = /^\| `([a-z_]+)` +\| (\d{3}) +\| (yes|no) +\|/gm;

const rowOf = (code: FailureCode): string =>
  [code, problemOf(new Failure(code, ''), '').status, FAILURES[code].retryable ? 'yes' : 'no'].join(' ');

const byName = (a: string, b: string): number => (a < b ? -1 : 1);

describe('given the table of errors that a call can return', () => {
  let rows: string[];
  beforeAll(async () => {
    rows = Array.from((await readFile(PAGE, 'utf8')).matchAll(ROW), (row) => row.slice(1).join(' '));
  });

  it('then each failure has a row with its status and whether the call may be sent again', () => {
    const wanted = (Object.keys(FAILURES) as FailureCode[]).map(rowOf);
    expect(wanted.filter((row) => !rows.includes(row))).toEqual([]);
  });

  it('then it contains exactly the codes that a problem may have, each once', () => {
    expect(rows.map((row) => row.replace(/ .*/, '')).toSorted(byName)).toEqual(
      Problem.shape.code.options.toSorted(byName),
    );
  });
});

describe('given the runbook of failures', () => {
  it('then every failure has a row there, or one in the table of calls, so that nobody meets a code without a page', async () => {
    const page = await readFile(join(PAGE, '../../runbooks/failures.md'), 'utf8');
    const codes = (text: string) => new Set(Array.from(text.matchAll(/^\| `([a-z_]+)`/gm), ([, code]) => code));
    const [atPayments, atCalls] = [codes(page), codes(await readFile(PAGE, 'utf8'))];
    const failures = Object.keys(FAILURES);
    expect(failures.filter((code) => !atPayments.has(code) && !atCalls.has(code))).toEqual([]);
    expect([...atPayments].filter((code) => code === undefined || !failures.includes(code))).toEqual([]);
    expect(failures.filter((code) => code.startsWith('gateway_') && !atPayments.has(code))).toEqual([]);
  });
});
