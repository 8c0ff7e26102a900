import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { readKinds } from '../reliability/kinds.ts';

const ROOT = join(import.meta.dirname, '../..');
/** A title in the source stands between quotes, and a template's placeholders stand in it. */
const isIn = (source: string, title: string): boolean => source.replaceAll(String.raw`\'`, "'").includes(title);

it('each fault in the table of kinds names a test that exists', async () => {
  const faults = (await readKinds()).flatMap((kind) => kind.faults);
  const missing = await Promise.all(
    faults.map(async ({ id, test: [file, title] }) => {
      const source = await readFile(join(ROOT, file), 'utf8').catch(() => '');
      return isIn(source, title) ? [] : [`${id}: ${file} › ${title}`];
    }),
  );
  expect(missing.flat()).toEqual([]);
});

it('each fault stands in the table of kinds once', async () => {
  const ids = (await readKinds()).flatMap(({ kind, faults }) =>
    faults.map(({ id }) => (id.startsWith(kind) ? id : `${id} under ${kind}`)),
  );
  expect(ids).toEqual([...new Set(ids)]);
  expect(ids.filter((id) => id.includes(' '))).toEqual([]);
});
