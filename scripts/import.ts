import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

import { createApiClient, problemIn } from './client.ts';

/** `npm run import` streams a file to the API, which imports its rows. Sending the file again changes nothing. */

const USAGE = `npm run import -- FILE --map MAPPING [--join NAME=FILE]… [--api URL] --key KEY
  FILE       a CSV file in UTF-8
  --map      the mapping document (JSON) that turns its rows into events
  --join     another file that the mapping joins, under its name without .csv
  --api      the address of the API (http://127.0.0.1:4400)
  --key      a key with the role operator; the default is BURSAR_KEY`;

const REJECTIONS_SHOWN = 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    map: { type: 'string' },
    join: { type: 'string', multiple: true, default: [] },
    api: { type: 'string', default: 'http://127.0.0.1:4400' },
    key: { type: 'string', default: process.env['BURSAR_KEY'] ?? '' },
  },
});
const [file, ...others] = positionals;
if (!file || others.length > 0 || !values.map || !values.key) {
  console.error(USAGE);
  process.exit(2);
}
const api = createApiClient(values.api, values.key);

/** Sends the files and prints the result. Returns the exit code. */
async function send(path: string, mapPath: string): Promise<number> {
  const done = await api.postForm('/v1/imports', await formOf(path, mapPath));
  console.log(
    `${path}: ${done.rows} rows: ${done.accepted} accepted, ${done.replayed} already known, ` +
      `${done.quarantined} quarantined, ${done.rejected} rejected (import ${done.id}, ${done.status})`,
  );
  await showRejections(done.id);
  return done.status === 'finished' && done.rejected === 0 && done.quarantined === 0 ? 0 : 1;
}

/** The files are streamed from disk, and are never in memory as a whole. */
async function formOf(path: string, mapPath: string): Promise<FormData> {
  const form = new FormData();
  form.set('mapping', await readFile(mapPath, 'utf8'));
  for (const joined of values.join) {
    const [name = '', joinedPath = ''] = joined.split(/=(.*)/s);
    form.set(name, await openAsBlob(joinedPath), basename(joinedPath));
  }
  form.set('file', await openAsBlob(path), basename(path));
  return form;
}

async function showRejections(id: string): Promise<void> {
  const { items, nextCursor } = await api.get('/v1/imports/{id}/rejections', {
    params: { path: { id }, query: { limit: REJECTIONS_SHOWN } },
  });
  for (const { line, column, reason } of items) console.error(`  line ${line}, ${column}: ${reason}`);
  if (nextCursor) console.error(`  There are more: GET /v1/imports/${id}/rejections`);
}

/** Prints why the API refused the files, and returns the exit code. Rethrows every other error. */
function refuse(error: unknown): number {
  const problem = problemIn(error);
  if (!problem) throw error;
  console.error([problem.detail, ...problem.errors.map(({ field, reason }) => `  ${field} ${reason}`)].join('\n'));
  return 1;
}

process.exitCode = await send(file, values.map).catch(refuse);
