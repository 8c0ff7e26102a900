import { openDatabase } from '../../db/database.ts';
import { freshDatabase, openOwner } from '../support/database.ts';

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** One database seen by two: the app, as it works, and the owner, whom triggers must hold too. Close it when the file is done. */
export async function openStage() {
  const database = await freshDatabase();
  const app = await openDatabase(database.url, { poolSize: 4 });
  const owner = await openOwner(database.url);
  return {
    url: database.url,
    app,
    owner,
    async close() {
      await Promise.all([app.end(), owner.end()]);
      await database.drop();
    },
  };
}
