import { openAsBlob } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { endFailed, endWrongUse, readCommand, reasonOf } from '../command-line.ts';
import { createApiClient, problemIn } from './client.ts';
import { choosePorts } from './stack/ports.ts';

/** `npm run import` streams a file to the API, which imports its rows. Sending the file again changes nothing. */

const USAGE = `npm run import -- FILE --map MAPPING [--join NAME=FILE]… [--preview] [--api URL] --key KEY
  FILE       a CSV file in UTF-8
  --map      the mapping document (JSON) that turns its rows into events
  --join     another file that the mapping joins, under its name without .csv
  --preview  shows what would be taken in and rejected, and writes nothing
  --api      the address of the API; the default is http://127.0.0.1 with API_PORT, or port 4400
  --key      a key with the role operator; the default is BURSAR_KEY`;

const REJECTIONS_SHOWN = 20;
/** A person waits for the answer that the API is away. */
const TRIES_MAX = 3;

const { values, positionals } = readCommand(USAGE, {
  map: { type: 'string' },
  join: { type: 'string', multiple: true, default: [] },
  preview: { type: 'boolean', default: false },
  api: { type: 'string' },
  key: { type: 'string', default: process.env['BURSAR_KEY'] ?? '' },
});
const [file, ...others] = positionals;
const { map, join, key } = values;
if (!file) endWrongUse('Name the file to import. Nothing was sent.', USAGE);
if (others.length > 0) endWrongUse(`Name one file, not also ${others.join(', ')}. Nothing was sent.`, USAGE);
if (!map) endWrongUse('Name the mapping with --map. Nothing was sent.', USAGE);
if (!key) endWrongUse('The key is missing: set BURSAR_KEY, or add --key. Nothing was sent.', USAGE);
const joined = join.map((pair) => {
  const [, name, path] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
  if (!name || !path) endWrongUse(`--join is "${pair}", which is not NAME=FILE. Nothing was sent.`, USAGE);
  return { name, path };
});
const address = values.api ?? addressOf(process.env);
if (!URL.canParse(address)) endWrongUse(`--api is "${address}", which is not an address. Nothing was sent.`, USAGE);
const api = createApiClient(address, key, TRIES_MAX);

function addressOf(environment: NodeJS.ProcessEnv): string {
  try {
    return `http://127.0.0.1:${choosePorts(environment).api}`;
  } catch (error) {
    return endFailed(error);
  }
}

/** Sends the files and prints the result. Returns the exit code. */
async function send(path: string, mapPath: string): Promise<number> {
  const done = await api.postForm('/v1/imports', await formOf(path, mapPath));
  console.log(
    `${path}: ${done.rows} rows: ${done.accepted} accepted, ${done.replayed} already known, ` +
      `${done.quarantined} quarantined, ${done.parked} parked, ${done.rejected} rejected, ${done.skipped} skipped (import ${done.id}, ${done.status})`,
  );
  showWarnings(done);
  await showRejections(done.id);
  return done.status === 'finished' && done.rejected === 0 && done.quarantined === 0 ? 0 : 1;
}

/** Prints what an import would do. Returns the exit code. */
async function preview(path: string, mapPath: string): Promise<number> {
  const seen = await api.postForm('/v1/imports/preview', await formOf(path, mapPath));
  for (const { line, events } of seen.first)
    for (const event of events) console.log(`line ${line}: ${JSON.stringify(event)}`);
  console.log(
    `${path}: ${seen.rows} rows${seen.isWhole ? '' : ' read'}: ${seen.accepted} would be accepted, ${seen.replayed} are already known, ` +
      `${seen.quarantined} would be quarantined, ${seen.parked} parked, ${seen.rejected} rejected, ${seen.skipped} skipped. Nothing was written.`,
  );
  showWarnings(seen);
  if (seen.brokenOff)
    console.error(`  The file cannot be read from line ${seen.brokenOff.line} on: ${seen.brokenOff.reason}`);
  for (const { column, rule, count, examples } of seen.rejections) {
    console.error(`  ${count} × ${column}: ${rule}`);
    for (const { line, reason } of examples) console.error(`    line ${line}: ${reason}`);
  }
  return !seen.brokenOff && seen.rejected === 0 && seen.quarantined === 0 ? 0 : 1;
}

type Warned = { warnings: readonly { line: number | null; detail: string }[]; warningCount: number };

function showWarnings({ warnings, warningCount }: Warned): void {
  for (const { line, detail } of warnings) console.error(`  line ${line}: ${detail}`);
  if (warningCount > warnings.length) console.error(`  There are ${warningCount} such warnings.`);
}

/** The files are streamed from disk, and are never in memory as a whole. */
async function formOf(path: string, mapPath: string): Promise<FormData> {
  const form = new FormData();
  form.set('mapping', await read(mapPath, () => readFile(mapPath, 'utf8')));
  for (const { name, path: joinedPath } of joined)
    form.set(name, await read(joinedPath, () => openAsBlob(joinedPath)), basename(joinedPath));
  form.set('file', await read(path, () => openAsBlob(path)), basename(path));
  return form;
}

const read = async <Content>(path: string, open: () => Promise<Content>): Promise<Content> => {
  try {
    await access(path);
    return await open();
  } catch (error) {
    return endFailed(new Error(`${path} cannot be read: ${reasonOf(error)}. Nothing was sent. Name another file.`));
  }
};

async function showRejections(id: string): Promise<void> {
  const { items, nextCursor } = await api.get('/v1/imports/{id}/rejections', {
    params: { path: { id }, query: { limit: REJECTIONS_SHOWN } },
  });
  for (const { line, column, reason } of items) console.error(`  line ${line}, ${column}: ${reason}`);
  if (nextCursor) console.error(`  There are more: GET /v1/imports/${id}/rejections`);
}

/** Prints why nothing was imported, and returns the exit code. */
function refuse(error: unknown): number {
  const problem = problemIn(error);
  if (problem)
    console.error([problem.detail, ...problem.errors.map(({ field, reason }) => `  ${field} ${reason}`)].join('\n'));
  else console.error(`${reasonOf(error)} Start it, or name its address with API_PORT or --api.`);
  return 1;
}

process.exitCode = await (values.preview ? preview : send)(file, map).catch(refuse);
