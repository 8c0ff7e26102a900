import { endFailed } from '../command-line.ts';
import { bootstrap } from '../deploy/bootstrap.ts';
import { embeddedUrl } from './stack/postgres.ts';

/** `npm run bootstrap` also finds the database of `npm start`. */

await bootstrap(embeddedUrl).catch(endFailed);
