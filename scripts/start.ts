import { readCommand } from '../command-line.ts';
import { openDatabase } from '../db/database.ts';
import { isNew } from '../deploy/bootstrap.ts';
import { signInLines } from './demo/links.ts';
import { welcomePeople } from './demo/people.ts';
import type { Environment } from './stack/environment.ts';
import { startStack } from './stack/index.ts';

/** `npm start` runs the whole product on this machine until Ctrl-C. */

const USAGE = `npm start -- [--reset] [--verbose]
  --reset    deletes the data of .data/ first
  --verbose  names the processes and their logs
Each port has a variable, such as API_PORT: see scripts/stack/ports.ts.`;

const { values } = readCommand(USAGE, {
  reset: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
});

try {
  const stack = await startStack({ reset: values.reset });
  await greet(stack.environment, stack.ports.mail);
  console.log(`\nReady. Open ${stack.environment.PUBLIC_URL}/docs. Ctrl-C stops everything.`);
  if (values.verbose)
    for (const { name, pid } of stack.servers) console.log(`  ${name}: process ${pid}, log .data/logs/${name}.log`);
  throw new Error(await stack.broken);
} catch (error) {
  console.error(values.verbose ? error : (error as Error).message);
  process.exit(1);
}

/** Nobody can use a new deployment yet, so this adds people who can try it, and prints their keys once. */
async function greet(environment: Environment, mailPort: number): Promise<void> {
  const { DATABASE_URL = '', PUBLIC_URL = '' } = environment;
  const db = await openDatabase(DATABASE_URL, { poolSize: 1 });
  try {
    if (!(await isNew(db))) return;
    const people = await welcomePeople(db, PUBLIC_URL, { url: `http://127.0.0.1:${mailPort}` });
    console.log('\nInvented people can use it. Their keys are shown only once and stored nowhere:');
    console.log(`  Otto, operator, does the daily work       ${people.operator.key}`);
    console.log(`  Petra, preparer, requests runs            ${people.preparer.key}`);
    console.log(`  Anna, approver, decides them              ${people.approver.key}`);
    console.log(`  Olga, operator, proposes roles            ${people.givesRoles.key}`);
    console.log(`  Oscar, operator, confirms roles           ${people.confirmsRoles.key}`);
    console.log('\nEach of these links lets one of them into the console, once:');
    for (const line of await signInLines(db, environment)) console.log(line);
  } finally {
    await db.end();
  }
}
