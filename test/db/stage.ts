import { openDatabase } from '../../db/database.ts';
import { freshDatabase, openOwner } from '../support/database.ts';

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** One database with two users: the app, and the owner, who must also obey the triggers. Close it at the end of the file. */
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
