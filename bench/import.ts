import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Client } from 'pg';
import type { DatabasePool } from 'slonik';

import { importFile } from '../commands/earnings/import-file.ts';
import { openDatabase } from '../db/database.ts';
import { ImportMapping } from '../domain/earnings/import-mapping.ts';
import { addCompany, addSellers } from './company.ts';
import { median } from './median.ts';
import { type Bench, withServer } from './server.ts';
import { timed } from './timed.ts';

/**
 * Measures how many rows of a CSV file become events per second. It also measures the limit of this machine: the time in which the same
 * database copies the same events, as finished rows of a file of its own, into a table like that of the events. The two alternate, and the
 * medians count. Run: `npm run bench:import -- --rows 20000 --rounds 5`.
 */

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '5' },
    partners: { type: 'string', default: '200' },
  },
});
const [ROWS, ROUNDS, PARTNERS] = [values.rows, values.rounds, values.partners].map(Number) as [number, number, number];

const MAPPING = ImportMapping.parse({
  source: 'bench',
  program: 'bench',
  partner: { column: 'partner' },
  id: { columns: ['order', 'item'] },
  kind: 'sale',
  occurredAt: { columns: ['sold_at'], format: 'M/D/YYYY H:mm', zone: 'America/Sao_Paulo' },
  currency: 'USD',
  amount: { column: 'price' },
  amounts: { freight: { column: 'freight' } },
});

/** The server may run under an account of its own, and writes the files of the copies here. */
const open = await mkdtemp(join(tmpdir(), 'bursar-copy-'));
await chmod(open, 0o777);
try {
  await withServer('bench-import', measure);
} finally {
  await rm(open, { recursive: true, force: true });
}

async function measure({ folder, newDatabase }: Bench): Promise<void> {
  const url = await newDatabase();
  const db = await openDatabase(url);
  const { by } = await addCompany(db);
  await addSellers(db, by, PARTNERS);
  // The role of the product may create no table.
  const admin = new Client({ connectionString: url });
  await admin.connect();
  admin.on('error', () => undefined); // the server ends first
  await admin.query('create table copied (like event including defaults including indexes)');
  const [imports, copies, cpu]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { ms, cpuMs } = await importRound(db, folder, { round, by });
    imports.push(ms);
    cpu.push(cpuMs);
    copies.push(await copyRound(admin, round));
  }
  const [rows, ceiling] = [ROWS / median(imports), ROWS / median(copies)];
  report('import: rows of a CSV file', rows);
  report('ceiling: COPY of the finished rows', ceiling);
  console.log(
    `ratio ${(rows / ceiling).toFixed(3)}; ${((median(cpu) * 1000) / ROWS).toFixed(0)} µs of this process a row`,
  );
  await admin.end();
  await db.end();
}

/** Imports a file of events that nobody has seen yet. */
async function importRound(
  db: DatabasePool,
  folder: string,
  { round, by }: { round: number; by: string },
): Promise<{ ms: number; cpuMs: number }> {
  const path = join(folder, `${round}.csv`);
  const rows = Array.from(
    { length: ROWS },
    (_none, index) =>
      `${round}-${index},1,p${index % PARTNERS},2/${(index % 28) + 1}/2026 ${index % 24}:05,${100 + (index % 997)}.37,8.${10 + (index % 90)}`,
  );
  await writeFile(path, `order,item,partner,sold_at,price,freight\n${rows.join('\n')}\n`);
  const files = new Map([['file', { path, fileName: 'sales.csv' }]]);
  const before = process.cpuUsage();
  const { ms, value } = await timed(() => importFile(db, files, MAPPING, { by, onPage: async () => undefined }));
  const { user, system } = process.cpuUsage(before);
  if (value.accepted !== BigInt(ROWS)) throw new RangeError(`${value.accepted} of ${ROWS} rows were accepted`);
  return { ms, cpuMs: (user + system) / 1000 };
}

/** Copies the events of a round, as the import wrote them, from a file of the database server. */
async function copyRound(admin: Client, round: number): Promise<number> {
  const path = join(open, `${round}.copy`);
  await admin.query('truncate copied');
  await admin.query(`copy (select * from event where source_id like '${round}-%') to '${path}'`);
  const { ms } = await timed(() => admin.query(`copy copied from '${path}'`));
  return ms;
}

function report(what: string, rowsPerMs: number): void {
  console.log(`${what.padEnd(40)} ${Math.round(rowsPerMs * 1000).toLocaleString('en')} a second`);
}
