import { openDatabase } from '../../db/database.ts';
import { freshDatabase, openOwner } from '../fixtures/database.ts';

export type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** One database with two users: the app, and the owner, who must also obey the triggers. Close it at the end of the file. */
export async function openFixture() {
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
