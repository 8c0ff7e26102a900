import { endFailed, endWrongUse, reach, readCommand } from '../command-line.ts';
import { addFirstOperator, addLackingOperator, renewFirstOperator } from '../commands/people/first-operator.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { listActors } from '../db/people/actors.ts';

/** Whether this deployment has no people yet. */
export const isNew = async (db: Database): Promise<boolean> => (await listActors(db, null, 1)).length === 0;

const USAGE = `Usage: npm run bootstrap -- --code olga --name "Olga Operator" [--email olga@example.com] [--database URL]
       npm run bootstrap -- --again [--code oscar --name "Oscar Operator" --email oscar@example.com] [--database URL]

The first form adds the first operator of a new deployment. --again makes a new key for the first operator, and stops the old ones. With
a person, --again makes that person an operator, if fewer than two operators have a key.`;

/** Reads the command line and gives the key. Without DATABASE_URL and --database it takes the local database, if there is one. */
export async function bootstrap(localUrl: () => string | undefined = () => undefined): Promise<void> {
  const { values } = readCommand(USAGE, {
    again: { type: 'boolean', default: false },
    code: { type: 'string' },
    name: { type: 'string' },
    email: { type: 'string' },
    database: { type: 'string', default: process.env['DATABASE_URL'] ?? '' },
  });
  const { again, code, name = '', email = null, database } = values;
  if (again ? (code === undefined) !== (name === '') : !code || !name)
    endWrongUse('Name the person with --code and --name. Nothing was added.', USAGE);
  const address = database || localUrl();
  if (!address) throw new Error('The database is missing: set DATABASE_URL, or add --database URL. Nothing was added.');
  const db = await reach({ what: 'PostgreSQL', variable: 'DATABASE_URL', address }, () =>
    openDatabase(address, { poolSize: 1 }),
  );
  try {
    const given = await giveKey(db, again, code === undefined ? undefined : { code, name, email });
    console.log(`${given.code} is now an operator. The key is shown only once and stored nowhere:\n${given.key}`);
  } finally {
    await db.end();
  }
}

type Person = { code: string; name: string; email: string | null };

async function giveKey(
  db: Database,
  again: boolean,
  person: Person | undefined,
): Promise<{ code: string; key: string }> {
  if (!person) return renewFirstOperator(db);
  const { key } = await (again ? addLackingOperator(db, person) : addFirstOperator(db, person));
  return { code: person.code, key };
}

if (import.meta.main) await bootstrap().catch(endFailed);
