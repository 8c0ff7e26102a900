import { parseArgs } from 'node:util';

import { addActor } from '../commands/people/actors.ts';
import { type IssuedKey, issueKey } from '../commands/people/keys.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { listActors, type NewActor } from '../db/people/actors.ts';

/** Whether this deployment has no people yet. */
export const isNew = async (db: Database): Promise<boolean> => (await listActors(db, null, 1)).length === 0;

/**
 * Adds the first operator of a new deployment, who then adds everybody else through the API. Throws if the deployment already has
 * people: from then on people add people, and the audit log records it.
 */
export async function bootstrap(db: Database, person: NewActor): Promise<IssuedKey> {
  const [somebody] = await listActors(db, null, 1);
  if (somebody)
    throw new Error(
      `This deployment already has people, such as ${somebody.code}. Nothing was added. Ask an operator.`,
    );
  return db.transaction(async (tx) => {
    const { id } = await addActor(tx, person, null);
    return issueKey(tx, { actorId: id, role: 'operator', partnerId: null, expiresAt: null }, null);
  });
}

const USAGE =
  'Usage: node deploy/bootstrap.ts --code olga --name "Olga Operator" [--email olga@example.com] [--database URL]';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      code: { type: 'string' },
      name: { type: 'string' },
      email: { type: 'string' },
      database: { type: 'string', default: process.env['DATABASE_URL'] ?? '' },
    },
  });
  const { code, name, email = null, database } = values;
  if (!code || !name) throw new Error(USAGE);
  if (!database)
    throw new Error('The database is missing: set DATABASE_URL, or add --database URL. Nothing was added.');
  const db = await openDatabase(database, { poolSize: 1 });
  try {
    const { key } = await bootstrap(db, { code, name, email });
    console.log(`${code} is now an operator. The key is shown only once and stored nowhere:\n${key}`);
  } finally {
    await db.end();
  }
}

if (import.meta.main)
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
