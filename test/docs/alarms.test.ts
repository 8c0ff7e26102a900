import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const CODE = await Array.fromAsync(
  glob('{activities,api,commands,db,gateways,worker,workflows}/**/*.ts', { cwd: ROOT }),
);
const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');

/** Matches a call that raises an alarm, and the kind if it is a literal. */
const RAISES = /(?<!function )\braiseAlarm\((?:\s*tx,\s*'([a-z_]+)')?/g;
const ROW = /^\| `([a-z_]+)` +\|/gm;

describe('given the runbook of alarms', () => {
  it('then it has exactly one row for each kind that the code raises', async () => {
    const texts = await Promise.all(CODE.map(read));
    const raised = texts.flatMap((text) => Array.from(text.matchAll(RAISES), ([, kind]) => kind ?? 'not written out'));
    const rows = Array.from((await read('docs/runbooks/alarm.md')).matchAll(ROW), ([, kind]) => kind ?? '');
    expect(rows.toSorted()).toEqual([...new Set(raised)].toSorted());
  });
});
