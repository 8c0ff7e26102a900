import { parseArgs } from 'node:util';

import { openDatabase } from '../db/database.ts';
import { bootstrap, isNew } from '../deploy/bootstrap.ts';
import { startStack } from './stack/index.ts';

/** `npm start` runs the whole product on this machine until Ctrl-C. */

const { values } = parseArgs({
  options: { reset: { type: 'boolean', default: false }, verbose: { type: 'boolean', default: false } },
});

try {
  const stack = await startStack({ reset: values.reset });
  await greet(stack.environment.DATABASE_URL ?? '');
  console.log(`\nReady. Open http://127.0.0.1:${stack.ports.api}/docs. Ctrl-C stops everything.`);
  if (values.verbose)
    for (const { name, pid } of stack.servers) console.log(`  ${name}: process ${pid}, log .data/logs/${name}.log`);
  throw new Error(await stack.broken);
} catch (error) {
  console.error(values.verbose ? error : (error as Error).message);
  process.exit(1);
}

/** Nobody can use a new deployment yet, so this adds the first operator and prints the key once. */
async function greet(databaseUrl: string): Promise<void> {
  const db = await openDatabase(databaseUrl, { poolSize: 1 });
  try {
    if (!(await isNew(db))) return;
    const { key } = await bootstrap(db, { code: 'operator', name: 'First operator', email: null });
    console.log(`\nThe first operator's key, shown only once and stored nowhere:\n${key}`);
  } finally {
    await db.end();
  }
}
